"""What people decided on the labels of images; it holds whatever labelers say in later runs."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import BooleanField, CompositeKey, Database, ForeignKeyField, TextField

from pixcrawler_core.catalog.datasets import Dataset
from pixcrawler_core.catalog.fields import CatalogModel, UtcField, from_sql_time, utc_now
from pixcrawler_core.catalog.sql import Sql

VERSION = "review"
"""What stands as `version` of a label that a person gave."""
_ALL = (
    "SELECT sha256, labeler, label, holds, note, reviewer, decided_at FROM label_review "
    "WHERE dataset_id = ? ORDER BY decided_at, sha256, labeler, label"
)
Corrections = Mapping[tuple[str, str], bool]
"""Whether an image has a label, by labeler and label."""


class LabelReview(CatalogModel):
    """A decision on one label of the image with these bytes in one dataset; a later one takes its place."""

    dataset = ForeignKeyField(Dataset, backref="label_reviews", on_delete="CASCADE", index=False)
    sha256 = TextField()
    labeler = TextField()
    label = TextField()
    holds = BooleanField()
    note = TextField(null=True)
    reviewer = TextField(null=True)
    decided_at = UtcField(default=utc_now)

    class Meta:
        primary_key = CompositeKey("dataset", "sha256", "labeler", "label")


class Holds(enum.StrEnum):
    """What a person decides on a label."""

    YES = "yes"
    """The image has it, whether or not the labeler says so."""
    NO = "no"
    """It has not."""
    OPEN = "open"
    """The labeler decides again, as if nobody had."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelDecision:
    """What a person decided on one label of the image with these bytes."""

    sha256: str
    labeler: str
    label: str
    holds: Holds
    note: str | None = None
    reviewer: str | None = None
    decided_at: datetime | None = None
    """None before it is kept."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is about."""
        return self.sha256, self.labeler, self.label

    def as_json(self) -> dict[str, Any]:
        """The decision for a program."""
        return {
            "sha256": self.sha256,
            "decision": "label",
            "labeler": self.labeler,
            "label": self.label,
            "holds": self.holds.value,
            "note": self.note,
            "reviewer": self.reviewer,
            "decided_at": self.decided_at and f"{self.decided_at:%Y-%m-%dT%H:%M:%SZ}",
        }


def label_decisions_of(database: Database, dataset: str) -> list[LabelDecision]:
    """All decisions on labels of a dataset's images, the oldest first. Raises WorkspaceError."""
    return [
        LabelDecision(
            sha256=sha256,
            labeler=labeler,
            label=label,
            holds=Holds.YES if holds else Holds.NO,
            note=note,
            reviewer=reviewer,
            decided_at=from_sql_time(moment),
        )
        for sha256, labeler, label, holds, note, reviewer, moment in Sql(database).all(_ALL, (dataset,))
    ]


def corrections_of(database: Database, dataset: str) -> dict[str, Corrections]:
    """All decisions on labels of a dataset's images, by their digests. Raises WorkspaceError."""
    found: defaultdict[str, dict[tuple[str, str], bool]] = defaultdict(dict)
    for each in label_decisions_of(database, dataset):
        found[each.sha256][each.labeler, each.label] = each.holds is Holds.YES
    return dict(found)


def corrected(labels: Iterable[Mapping[str, Any]], said: Corrections) -> Sequence[Mapping[str, Any]]:
    """What labelers said of an image, as people corrected it."""
    kept = [label for label in labels if said.get((label["source"], label["name"]), True)]
    there = {(label["source"], label["name"]) for label in kept}
    missing = sorted(key for key, holds in said.items() if holds and key not in there)
    return [*kept, *({"name": name, "source": source, "version": VERSION} for source, name in missing)]
