"""What is told when something has happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

KINDS: Mapping[str, str] = {
    "run started": "job.started",
    "stored": "dataset.stored",
    "tier changed": "storage.moved",
    "storage swept": "storage.swept",
    "rehydration begun": "storage.rehydrating",
    "rehydrated": "storage.rehydrated",
    "garbage collected": "storage.collected",
    "taken down": "storage.taken-down",
}
"""Kinds of events, by the actions in the log of which they tell; other actions are not told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that has happened. Raises ValueError for a time without a zone."""

    id: str
    """One of its own, by which a receiver knows that it came twice."""
    kind: str
    """What has happened: `storage.rehydrated`, say."""
    at: datetime
    """When; aware, UTC."""
    subject: str
    """To what: the id of a dataset, or the name of what is stored."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """JSON values."""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"the time of an event needs a zone: {self.at.isoformat()}")

    def as_json(self) -> dict[str, Any]:
        """The same for a program; the time as in RFC 3339, in UTC, to the millisecond."""
        at = self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "id": self.id,
            "kind": self.kind,
            "at": at,
            "subject": self.subject,
            "details": dict(self.details),
        }
