"""What the images of a dataset can be told apart by, and how many there are of each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcrawler_core.assembly.statistics import SIDES
from pixcrawler_server.bodies import View

if TYPE_CHECKING:
    from pixcrawler_core.catalog.sql import Sql

MOST = 200
"""Values that are told of each, the most frequent first."""
BINS = 20
"""Classes of quality."""
SIDE = "CASE WHEN i.width < i.height THEN i.width ELSE i.height END"
SIZES = [f"<{bound}" for bound in SIDES] + [f">={SIDES[-1]}"]
OF = "FROM image i WHERE i.dataset_id = ?"
REVIEWED = (
    "FROM image i JOIN review v ON v.dataset_id = i.dataset_id AND v.sha256 = i.hash WHERE i.dataset_id = ?"
)
PLACED = "FROM image i JOIN image_split p ON p.ledger_row = i.ledger_row WHERE i.dataset_id = ?"


REASONS = (
    "SELECT r.state, COALESCE(r.reason, ''), COUNT(*) FROM ledger_row r "  # noqa: S608
    "JOIN crawl_job j ON j.id = r.job_id WHERE j.dataset_id = ? "
    "AND r.state IN ('rejected', 'duplicate', 'failed', 'refused') "
    f"GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT {MOST}"
)


class FacetView(View):
    """A value, and how many images have it."""

    name: str
    images: int


class LabelFacetView(FacetView):
    """A label, and who gives it."""

    labeler: str


class ReasonView(FacetView):
    """Why URLs did not become images."""

    state: str
    """`rejected`, `duplicate`, `failed` or `refused`."""


class FacetsView(View):
    """What images can be told apart by; of each the 200 most frequent values."""

    images: int
    bytes: int
    categories: list[FacetView]
    licences: list[FacetView]
    engines: list[FacetView]
    hosts: list[FacetView]
    formats: list[FacetView]
    splits: list[FacetView]
    decisions: list[FacetView]
    labels: list[LabelFacetView]
    days: list[FacetView]
    """When they were kept, in UTC, by their order in time."""
    sides: list[FacetView]
    """Classes of the shorter side in pixels, such as `<512`."""
    quality: list[int]
    """Images whose quality is under 0.05, under 0.1, and so on to 1; those without are left out."""
    reasons: list[ReasonView]
    """Of URLs that did not become images."""


def facets_of(sql: Sql, dataset_id: str) -> FacetsView:
    """Count the images of a dataset by all that they can be told apart by."""
    images, size = sql.all(f"SELECT COUNT(*), COALESCE(SUM(i.file_size), 0) {OF}", (dataset_id,))[0]
    days = _values(sql, dataset_id, "substr(CAST(i.created_at AS TEXT), 1, 10)")
    return FacetsView(
        images=images,
        bytes=size,
        categories=_values(sql, dataset_id, "i.category"),
        licences=_values(sql, dataset_id, "i.licence"),
        engines=_values(sql, dataset_id, "i.engine"),
        hosts=_values(sql, dataset_id, "i.host"),
        formats=_values(sql, dataset_id, "i.format"),
        splits=_values(sql, dataset_id, "p.split", PLACED),
        decisions=_values(sql, dataset_id, "v.decision", REVIEWED),
        labels=_labels(sql, dataset_id),
        days=sorted(days, key=lambda each: each.name),
        sides=_sides(sql, dataset_id),
        quality=_quality(sql, dataset_id),
        reasons=list(_reasons(sql, dataset_id)),
    )


def _values(sql: Sql, dataset_id: str, column: str, of: str = OF) -> list[FacetView]:
    """The values of a column, one of ours."""
    statement = (
        f"SELECT {column}, COUNT(*) {of} AND {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST}"
    )
    return [FacetView(name=name, images=images) for name, images in sql.all(statement, (dataset_id,))]


def _sides(sql: Sql, dataset_id: str) -> list[FacetView]:
    classes = " ".join(f"WHEN {SIDE} < {bound} THEN {place}" for place, bound in enumerate(SIDES))
    statement = f"SELECT CASE {classes} ELSE {len(SIDES)} END, COUNT(*) {OF} AND i.width > 0 GROUP BY 1"
    found = dict(sql.all(statement, (dataset_id,)))
    return [FacetView(name=name, images=found[place]) for place, name in enumerate(SIZES) if place in found]


def _quality(sql: Sql, dataset_id: str) -> list[int]:
    # Half a class is taken off, since casts round on PostgreSQL and cut off on SQLite.
    place = f"CAST(ROUND(CAST(i.quality * {BINS} AS NUMERIC) - 0.5) AS INTEGER)"
    statement = f"SELECT {place}, COUNT(*) {OF} AND i.quality IS NOT NULL GROUP BY 1"
    counts: Counter[int] = Counter()
    for found, images in sql.all(statement, (dataset_id,)):
        counts[max(0, min(BINS - 1, found))] += images
    return [counts[place] for place in range(BINS)]


def _labels(sql: Sql, dataset_id: str) -> list[LabelFacetView]:
    counts: Counter[tuple[str, str]] = Counter()
    rows = sql.all(f"SELECT i.labels {OF} AND i.labels <> '[]'", (dataset_id,))
    for (text,) in rows:
        counts.update({(str(each["name"]), str(each.get("source", ""))) for each in json.loads(text)})
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:MOST]
    return [LabelFacetView(name=name, labeler=labeler, images=images) for (name, labeler), images in ordered]


def _reasons(sql: Sql, dataset_id: str) -> Iterator[ReasonView]:
    rows = sql.all(REASONS, (dataset_id,))
    for state, reason, images in rows:
        yield ReasonView(state=state, name=reason, images=images)
