"""What people decided on the images of a dataset; it holds for all later runs."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import CompositeKey, Database, ForeignKeyField, TextField

from pixcrawler_core.catalog.datasets import Dataset
from pixcrawler_core.catalog.fields import CatalogModel, UtcField, from_sql_time, utc_now
from pixcrawler_core.catalog.sql import Sql

REVIEWED = "reviewed"
"""Reason of a row that a person's decision keeps out."""
_ALL = (
    "SELECT sha256, decision, category, note, reviewer, decided_at FROM review WHERE dataset_id = ? "
    "ORDER BY decided_at, sha256"
)


class Review(CatalogModel):
    """A decision on the image with these bytes in one dataset; a later one takes its place."""

    dataset = ForeignKeyField(Dataset, backref="reviews", on_delete="CASCADE", index=False)
    sha256 = TextField()
    decision = TextField()
    """A `Verb`."""
    category = TextField(null=True)
    """Where it was moved."""
    note = TextField(null=True)
    reviewer = TextField(null=True)
    decided_at = UtcField(default=utc_now)

    class Meta:
        primary_key = CompositeKey("dataset", "sha256")


class Verb(enum.StrEnum):
    """What a person decides."""

    ACCEPT = "accept"
    """It belongs to the dataset, whatever checks, filters and the comparison with others say."""
    REJECT = "reject"
    """It does not, nor does any copy of its bytes."""
    MOVE = "move"
    """It belongs to the dataset, in a category that is named."""
    LABEL = "label"
    """It has, or has not, a label of a labeler: see `pixcrawler_core.catalog.label_reviews`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What a person decided on the image with these bytes."""

    sha256: str
    verb: Verb
    category: str | None = None
    """Where it belongs; for MOVE alone."""
    note: str | None = None
    reviewer: str | None = None
    decided_at: datetime | None = None
    """None before it is kept."""

    @property
    def keeps(self) -> bool:
        """Whether the image belongs to the dataset."""
        return self.verb is not Verb.REJECT

    def refusal(self, category: str) -> str | None:
        """Why a file with these bytes that was found for a category stays out; None if it comes in."""
        if self.verb is Verb.MOVE and category != self.category:
            return f"a reviewer moved this image to the category {self.category!r}"
        return None if self.keeps else "a reviewer rejected this image"

    def as_json(self) -> dict[str, Any]:
        """The decision for a program."""
        return {
            "sha256": self.sha256,
            "decision": self.verb.value,
            "category": self.category,
            "note": self.note,
            "reviewer": self.reviewer,
            "decided_at": self.decided_at and f"{self.decided_at:%Y-%m-%dT%H:%M:%SZ}",
        }


def decisions_of(database: Database, dataset: str) -> dict[str, Decision]:
    """All decisions on a dataset's images by their digests, the oldest first. Raises WorkspaceError."""
    return {
        sha256: Decision(
            sha256=sha256,
            verb=Verb(verb),
            category=category,
            note=note,
            reviewer=reviewer,
            decided_at=from_sql_time(moment),
        )
        for sha256, verb, category, note, reviewer, moment in Sql(database).all(_ALL, (dataset,))
    }
