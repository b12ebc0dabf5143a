"""Finds the images of a dataset page by page, each order along an index, at any depth alike.

One filter goes into the query, where an index has its images in order; the others are looked at row by row,
for as many rows as a page may read (`pixcrawler_server.scanning`).
"""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import Field

from pixcrawler_core.catalog.fields import from_sql_time, to_json
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_server.bodies import Input
from pixcrawler_server.pages import PageQuery

COLUMNS = (
    "i.id, i.category, i.number, i.filename, i.width, i.height, i.file_size, i.format, i.hash, i.quality, "
    "i.licence, i.engine, i.host, i.original_url, i.labels, i.created_at, "
    "p.split, v.decision, i.ledger_row"
)
SELECT = (
    f"SELECT {COLUMNS} FROM image i LEFT JOIN image_split p ON p.ledger_row = i.ledger_row "  # noqa: S608
    "LEFT JOIN review v ON v.dataset_id = i.dataset_id AND v.sha256 = i.hash WHERE i.dataset_id = ?"
)
INDEXED = ("host", "licence", "engine")
"""Filters that an index serves in the order of places; the first one that is given, since hosts are many."""


class Order(enum.StrEnum):
    """In which order images are listed."""

    PLACE = "place"
    """By category, and within it by number."""
    BEST = "best"
    """By falling quality; images of which it is not known are left out."""
    WORST = "worst"
    """By rising quality, likewise."""


class ImagesFilters(Input):
    """Which images are wanted, and in which order."""

    order: Order = Field(
        default=Order.PLACE,
        description="`place`: by category and number. `best`, `worst`: by quality, without images of which "
        "it is not known.",
    )
    category: str | None = Field(default=None, max_length=1000)
    split: str | None = Field(default=None, max_length=100, description="`train`, `val` or `test`.")
    label: str | None = Field(default=None, max_length=200, description="Name of a label that they have.")
    licence: str | None = Field(default=None, max_length=200, description="Code, such as `cc-by-4.0`.")
    engine: str | None = Field(default=None, max_length=100, description="The source that found them.")
    host: str | None = Field(default=None, max_length=255, description="Host of their URLs.")
    decision: str | None = Field(
        default=None,
        pattern="^(accept|move)$",
        description="What a reviewer decided: `accept` or `move`. Images that were rejected are no images of "
        "the dataset any more: `/datasets/{id}/review` lists them.",
    )
    quality_min: float | None = Field(default=None, ge=0, le=1)
    quality_max: float | None = Field(default=None, ge=0, le=1)

    @property
    def name(self) -> str:
        """The list with all its filters."""
        return to_json({name: getattr(self, name) for name in ImagesFilters.model_fields})

    @property
    def driving(self) -> str | None:
        """The filter that goes into the query beside the category."""
        if self.order is not Order.PLACE:
            return None
        return next((name for name in INDEXED if getattr(self, name) is not None), None)

    @property
    def rest(self) -> list[str]:
        """The filters that are looked at row by row."""
        names = ("split", "label", "licence", "engine", "host", "decision")
        found = [name for name in names if getattr(self, name) is not None and name != self.driving]
        by_place = self.order is Order.PLACE
        found += ["quality_min"] * (by_place and self.quality_min is not None)
        found += ["quality_max"] * (by_place and self.quality_max is not None)
        return found


class ImagesQuery(ImagesFilters, PageQuery):
    """Which page of which images is wanted."""


class Row(NamedTuple):
    """An image as the list reads it."""

    id: int
    category: str
    number: int
    filename: str
    width: int | None
    height: int | None
    size: int | None
    format: str | None
    sha256: str | None
    quality: float | None
    licence: str | None
    engine: str | None
    host: str | None
    url: str
    labels_json: str
    created: Any
    split: str | None
    decision: str | None
    ledger_row: int

    @property
    def created_at(self) -> datetime:
        """When it was kept."""
        return from_sql_time(self.created)

    @property
    def labels(self) -> list[str]:
        """Names of its labels, each once."""
        return list(dict.fromkeys(each["name"] for each in json.loads(self.labels_json)))

    def place(self, order: Order) -> list[Any]:
        """Where it stands in an order."""
        return [self.category, self.number] if order is Order.PLACE else [self.quality, self.ledger_row]


def statement(
    dataset_id: str, query: ImagesQuery, place: Sequence[Any] | None, read: int
) -> tuple[str, list[Any]]:
    """The query for the next `read` images after a place, and its values."""
    parts, values = [SELECT], list[Any]([dataset_id])
    for name in ("category", query.driving):
        if name is not None and getattr(query, name) is not None:
            parts.append(f"AND i.{name} = ?")
            values.append(getattr(query, name))
    if query.order is Order.PLACE:
        category, number = place or ("", 0)
        if query.category is None:
            parts.append("AND (i.category, i.number) > (?, ?)")
            values += [category, number]
        else:
            parts.append("AND i.number > ?")
            values.append(number)
        parts.append("ORDER BY i.category, i.number LIMIT ?")
        return " ".join(parts), [*values, read]
    return _by_quality(query, place, read, parts, values)


def _by_quality(
    query: ImagesQuery, place: Sequence[Any] | None, read: int, parts: list[str], values: list[Any]
) -> tuple[str, list[Any]]:
    best = query.order is Order.BEST
    sign, way = ("<", "DESC") if best else (">", "ASC")
    if place is not None:
        parts.append(f"AND (i.quality, i.ledger_row) {sign} (?, ?)")
        values += place
    else:
        begin = (query.quality_max, 1.0) if best else (query.quality_min, 0.0)
        parts.append(f"AND i.quality {sign}= ?")
        values.append(begin[1] if begin[0] is None else begin[0])
    parts.append(f"ORDER BY i.quality {way}, i.ledger_row {way} LIMIT ?")
    return " ".join(parts), [*values, read]


def found(sql: Sql, dataset_id: str, query: ImagesQuery, place: Sequence[Any] | None, read: int) -> list[Row]:
    """The next images after a place, before those filters that are looked at row by row.

    In an order of quality, what lies behind the other end of the range is cut off here: a second condition
    on the quality would keep SQLite from beginning right at the place, among others of the same quality.
    """
    rows = [Row(*row) for row in sql.all(*statement(dataset_id, query, place, read))]
    match query.order:
        case Order.BEST:
            return [row for row in rows if (row.quality or 0.0) >= (query.quality_min or 0.0)]
        case Order.WORST if query.quality_max is not None:
            return [row for row in rows if (row.quality or 0.0) <= query.quality_max]
    return rows


def fits(row: Row, query: ImagesQuery, rest: Sequence[str]) -> bool:
    """Whether an image passes the filters that are left."""
    return all(_passes(row, name, getattr(query, name)) for name in rest)


def _passes(row: Row, name: str, wanted: Any) -> bool:
    match name:
        case "label":
            return to_json(wanted) in row.labels_json and wanted in row.labels
        case "quality_min":
            return row.quality is not None and row.quality >= wanted
        case "quality_max":
            return row.quality is not None and row.quality <= wanted
        case _:
            return bool(getattr(row, name) == wanted)
