"""Counts what a list would give, and where each so-many-th item stands: any page is reached at once.

Unlike the pages themselves, this goes through all rows: some 100 ms for 100,000.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.fields import to_json
from pixcrawler_server.bodies import View
from pixcrawler_server.image_queries import ImagesFilters, Order

if TYPE_CHECKING:
    from pixcrawler_core.catalog.sql import Sql
    from pixcrawler_server.cursors import Cursors

EVERY = 100
"""Items between two marks: as many as the largest page has."""
ORDERS = {
    Order.PLACE: ("i.category, i.number", "i.category, i.number"),
    Order.BEST: ("i.quality, i.ledger_row", "i.quality DESC, i.ledger_row DESC"),
    Order.WORST: ("i.quality, i.ledger_row", "i.quality, i.ledger_row"),
}
"""What a cursor holds, and by what it is ordered."""
EQUAL = {
    "category": "i.category",
    "split": "p.split",
    "licence": "i.licence",
    "engine": "i.engine",
    "host": "i.host",
    "decision": "v.decision",
}
JOINS = {
    "split": "LEFT JOIN image_split p ON p.ledger_row = i.ledger_row",
    "decision": "LEFT JOIN review v ON v.dataset_id = i.dataset_id AND v.sha256 = i.hash",
}
"""What these filters need beside the images: without, an index alone answers."""
CANDIDATES = "ledger_row r JOIN crawl_job j ON j.id = r.job_id JOIN stream s ON s.id = r.stream_id"


class MarksView(View):
    """How long a list is, and where its pages begin."""

    count: int
    every: int
    """Items of a page between two cursors."""
    cursors: list[str]
    """Of the second page, the third, and so on: what the list itself takes as `cursor`."""


def image_marks(sql: Sql, cursors: Cursors, dataset_id: str, query: ImagesFilters) -> MarksView:
    """The marks of a list of images."""
    place, order = ORDERS[query.order]
    where, values = _images_where(dataset_id, query)
    joins = [join for name, join in JOINS.items() if getattr(query, name) is not None]
    of = f"{' '.join(['image i', *joins])} WHERE {' AND '.join(where)}"
    return _view(sql, cursors, f"images:{dataset_id}:{query.name}", (place, order, of), values)


def candidate_marks(
    sql: Sql, cursors: Cursors, name: str, dataset_id: str, filters: dict[str, Any]
) -> MarksView:
    """The marks of a list of the ledger, whose `name` its cursors have."""
    columns = {"engine": "s.engine"}
    where = ["j.dataset_id = ?", *(f"{columns.get(each, f'r.{each}')} = ?" for each in filters)]
    values = [dataset_id, *filters.values()]
    of = f"{CANDIDATES} WHERE {' AND '.join(where)}"
    return _view(sql, cursors, name, ("r.job_id, r.id", "r.job_id, r.id", of), values)


def _view(
    sql: Sql, cursors: Cursors, name: str, asked: tuple[str, str, str], values: Sequence[Any]
) -> MarksView:
    """The marks of what was asked: places, their order, and of which rows."""
    place, order, of = asked
    inner = f"SELECT {place}, ROW_NUMBER() OVER (ORDER BY {order}) AS n FROM {of}"  # noqa: S608
    names = place.replace("i.", "").replace("r.", "")
    # No % here, which the drivers of both databases read in their own ways.
    places = sql.all(f"SELECT {names} FROM ({inner}) t WHERE n / {EVERY} * {EVERY} = n ORDER BY n", values)  # noqa: S608
    count = sql.all(f"SELECT COUNT(*) FROM {of}", values)[0][0]  # noqa: S608
    pages = places[: max(0, count - 1) // EVERY]
    return MarksView(count=count, every=EVERY, cursors=[cursors.write(name, each) for each in pages])


def _images_where(dataset_id: str, query: ImagesFilters) -> tuple[list[str], list[Any]]:
    where, values = ["i.dataset_id = ?"], list[Any]([dataset_id])
    for name, column in EQUAL.items():
        if (wanted := getattr(query, name)) is not None:
            where.append(f"{column} = ?")
            values.append(wanted)
    if query.quality_min is not None or query.order is not Order.PLACE:
        where.append("i.quality >= ?")
        values.append(query.quality_min or 0.0)
    if query.quality_max is not None or query.order is not Order.PLACE:
        where.append("i.quality <= ?")
        values.append(1.0 if query.quality_max is None else query.quality_max)
    if query.label is not None:
        # LIKE would not tell capitals from small letters on SQLite.
        where.append("REPLACE(i.labels, ?, '') <> i.labels")
        values.append(f'"name":{to_json(query.label)}')
    return where, values
