"""Lists that are read page by page, by a cursor: none is slower at its end than at its beginning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from pydantic import Field

from pixcrawler_server.bodies import Input, View
from pixcrawler_server.cursors import Cursors

MOST = 100
"""Items of a page at most, as in Stripe's API."""
R = TypeVar("R")
V = TypeVar("V", bound=View)


class PageQuery(Input):
    """Which page of a list is wanted."""

    limit: int = Field(default=20, ge=1, le=MOST, description="Items of a page.")
    cursor: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="`next_cursor` of the page before; none for the first page.",
    )


class Page(View, Generic[V]):
    """A page of a list."""

    items: list[V]
    has_more: bool
    next_cursor: str | None


def page_of(
    cursors: Cursors,
    name: str,
    rows: Sequence[R],
    query: PageQuery,
    view: Callable[[R], V],
    place: Callable[[R], Sequence[Any]],
) -> Page[V]:
    """The page of rows that were asked for with one more than `query.limit`.

    `name` is the list with all its filters, `place` the values by which a row is ordered.
    """
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    following = cursors.write(name, place(shown[-1])) if more else None
    return Page[V](items=[view(row) for row in shown], has_more=more, next_cursor=following)
