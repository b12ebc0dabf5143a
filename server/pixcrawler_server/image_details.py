"""All that is known of an image: its row of the ledger, what checks measured, consent, licence, decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pixcrawler_core.catalog import statements
from pixcrawler_core.catalog.columns import flat_row
from pixcrawler_core.catalog.models import Image, ImageSplit, Review
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.licences import Rights, allows
from pixcrawler_core.licensing.readings import spdx_of
from pixcrawler_server.bodies import View

ROW = (
    f"SELECT s.engine, s.query, {', '.join(f'r.{name}' for name in statements.ROW)} FROM ledger_row r "  # noqa: S608
    "JOIN stream s ON s.id = r.stream_id WHERE r.id = ?"
)
NAMES = ("engine", "query", *statements.ROW)
RIGHTS: tuple[Rights, ...] = ("public-domain", "commercial", "modification")
APART = ("consent", "scores", "sha256", "url_key", "meta")
"""What is not told with the row, since it is told elsewhere, or says nothing to a client."""


class CheckView(View):
    """What a check found."""

    name: str
    score: float | None
    """0 to 1, higher is better; None where the check only answers yes or no."""
    threshold: float | None
    """The score below which it rejects; 0 if it never does."""
    measures: dict[str, Any]


class LicenceView(View):
    """Under which terms an image stands."""

    code: str | None
    spdx: str | None
    url: str | None
    creator: str | None
    creator_url: str | None
    allows: list[str]
    """Of `public-domain`, `commercial` and `modification`, what is known to be allowed."""


class DecisionView(View):
    """What a reviewer decided."""

    decision: str
    category: str | None
    note: str | None
    reviewer: str | None
    decided_at: datetime


class ImageDetails(View):
    """An image, and all that is known of it."""

    id: int
    dataset_id: str
    category: str
    number: int
    path: str
    sha256: str | None
    bytes: int | None
    format: str | None
    width: int | None
    height: int | None
    quality: float | None
    split: str | None
    labels: list[dict[str, Any]]
    label_errors: dict[str, str]
    checks: list[CheckView]
    consent: dict[str, Any] | None
    """What the host said about being crawled, as it was when the image was fetched."""
    licence: LicenceView
    decision: DecisionView | None
    row: dict[str, Any]
    """The row of the ledger: the URL, the page, the query, and how it was fetched and judged."""
    created_at: datetime


def details_of(sql: Sql, image: Image) -> ImageDetails:
    """All that is known of an image."""
    found = sql.first(ROW, (image.row,))
    row = flat_row(dict(zip(NAMES, found, strict=True))) if found else {}
    placed = ImageSplit.get_or_none(ImageSplit.row == image.row)
    return ImageDetails(
        id=image.id,
        dataset_id=image.dataset_id,
        category=image.category,
        number=image.number,
        path=image.filename,
        sha256=image.hash,
        bytes=image.file_size,
        format=image.format,
        width=image.width,
        height=image.height,
        quality=image.quality,
        split=placed.split if placed else None,
        labels=image.labels,
        label_errors=image.metadata.get("label_errors", {}),
        checks=checks_of(image.metadata.get("scores")),
        consent=json.loads(row.get("consent") or "null"),
        licence=_licence(row),
        decision=_decision(image),
        row={name: value for name, value in row.items() if name not in APART},
        created_at=image.created_at,
    )


def checks_of(scores: Mapping[str, Any] | None) -> list[CheckView]:
    """What checks found, of the scores that a row has."""
    return [_check(name, told) for name, told in (scores or {}).items()]


def _check(name: str, told: Any) -> CheckView:
    measures = dict(told) if isinstance(told, Mapping) else {"score": told}
    return CheckView(
        name=name,
        score=measures.pop("score", None),
        threshold=measures.pop("threshold", None),
        measures=measures,
    )


def _licence(row: Mapping[str, Any]) -> LicenceView:
    code = row.get("license")
    return LicenceView(
        code=code,
        spdx=spdx_of({"licence": code, "licence_url": row.get("license_url")}),
        url=row.get("license_url"),
        creator=row.get("creator"),
        creator_url=row.get("creator_url"),
        allows=[right for right in RIGHTS if allows(code, right)],
    )


def _decision(image: Image) -> DecisionView | None:
    found = Review.get_or_none((Review.dataset == image.dataset_id) & (Review.sha256 == image.hash))
    if found is None:
        return None
    return DecisionView(
        decision=found.decision,
        category=found.category,
        note=found.note,
        reviewer=found.reviewer,
        decided_at=found.decided_at,
    )
