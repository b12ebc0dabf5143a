"""Pages of lists whose filters no index serves: so many rows are looked at, and then the page is as it is.

However few rows fit, a page takes no longer: it has then fewer items than asked, or none, and says where to
go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pixcrawler_server.bodies import View
from pixcrawler_server.cursors import Cursors
from pixcrawler_server.pages import Page, PageQuery

R = TypeVar("R")
V = TypeVar("V", bound=View)
MOST = 1000
"""Rows that are looked at for a page: about ten milliseconds."""


def looked_at(query: PageQuery, *, filtered: bool) -> int:
    """How many rows are to be read for a page."""
    return MOST if filtered else query.limit + 1


def scanned(
    cursors: Cursors,
    name: str,
    rows: Sequence[R],
    query: PageQuery,
    *,
    read: int,
    fits: Callable[[R], bool],
    view: Callable[[R], V],
    place: Callable[[R], Sequence[Any]],
) -> Page[V]:
    """The page that rows make, of which `read` were asked for; `name` and `place` as in `page_of`."""
    items, last = list[V](), None
    for row in rows:
        if len(items) == query.limit:
            break
        last = row
        if fits(row):
            items.append(view(row))
    more = last is not None and (last is not rows[-1] or len(rows) == read)
    following = cursors.write(name, place(last)) if more and last is not None else None
    return Page[V](items=items, has_more=more, next_cursor=following)
