"""What the index of a store in folders knows of an object."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType, NoneType
from typing import NamedTuple

from pixcrawler_core.storage.protocols import Availability, Stat, StorageTier

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
TIERS = frozenset(tier.value for tier in StorageTier)
PLACES = ("hot/", "odd/", "warm/", "cold/")
"""How places begin: a folder each."""
NOTHING: Mapping[str, str] = MappingProxyType({})


class Row(NamedTuple):
    """An object; times are microseconds since 1970."""

    key: str
    size: int
    sha256: str
    tier: str
    place: str
    """Path of its file or pack, below the folder of its tier: `hot/red-pandas/image_001.jpg`."""
    begin: int | None
    """Where it begins in its pack; None for a file of its own."""
    length: int | None
    """Bytes that it takes in its pack."""
    modified_at: int
    accessed_at: int | None
    ready_at: int | None
    """When an archived object that was asked for can be read."""
    metadata: str
    """JSON."""
    mark: int
    """Another number after each change of bytes, place or metadata."""

    def stat(self, now: int) -> Stat:
        """What the store tells of it."""
        tier, availability = self.state(now)
        return Stat(
            key=self.key,
            size=self.size,
            sha256=self.sha256,
            tier=tier,
            availability=availability,
            modified_at=moment(self.modified_at),
            accessed_at=None if self.accessed_at is None else moment(self.accessed_at),
            metadata=unpacked(self.metadata),
        )

    def state(self, now: int) -> tuple[StorageTier, Availability]:
        """Its tier, and whether it can be read: what is rehydrated counts as hot from its time on."""
        tier = StorageTier(self.tier)
        if tier is not StorageTier.COLD:
            return tier, Availability.READY
        if self.ready_at is None:
            return tier, Availability.ARCHIVED
        if self.ready_at > now:
            return tier, Availability.REHYDRATING
        return StorageTier.HOT, Availability.READY

    def is_ready(self, now: int) -> bool:
        """Whether it can be read."""
        return self.state(now)[1] is Availability.READY


KINDS = frozenset(
    (str, int, str, str, str, *part, int, accessed, ready, str, int)
    for part in ((int, int), (NoneType, NoneType))
    for accessed in (int, NoneType)
    for ready in (int, NoneType)
)
"""The types of a row's values."""


def is_sound(row: Row) -> bool:
    """Whether a row of the index has what rows are written with: others may have changed the file.

    One of a file of its own has no `begin` and no `length`.
    """
    return (
        tuple(map(type, row)) in KINDS
        and row.size >= 0
        and 0 <= row.modified_at <= LATEST
        and 0 <= (row.accessed_at or 0) <= LATEST
        and 0 <= (row.ready_at or 0) <= LATEST
        and (row.begin or 0) >= 0
        and row.tier in TIERS
        and row.place.startswith(PLACES)
        and "/../" not in f"{row.place}/"
        and "\0" not in row.place
        and (row.metadata == "{}" or _is_metadata(row.metadata))
    )


def _is_metadata(text: str) -> bool:
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and all(isinstance(value, str) for value in found.values())


def micros(time: datetime) -> int:
    """An aware time as microseconds since 1970."""
    return (time - EPOCH) // MICROSECOND


def moment(time: int) -> datetime:
    """Microseconds since 1970 as an aware time in UTC."""
    return EPOCH + time * MICROSECOND


def packed(metadata: Mapping[str, str]) -> str:
    """Metadata as JSON, the same for the same metadata."""
    return "{}" if not metadata else json.dumps(dict(metadata), sort_keys=True, ensure_ascii=False)


def unpacked(text: str) -> Mapping[str, str]:
    """Metadata of a sound row."""
    return NOTHING if text == "{}" else MappingProxyType(json.loads(text))


def new_row(key: str, size: int, sha256: str, tier: StorageTier, metadata: str, now: int) -> Row:
    """The row of an object that has no place yet."""
    return Row(
        key=key,
        size=size,
        sha256=sha256,
        tier=tier.value,
        place="",
        begin=None,
        length=None,
        modified_at=now,
        accessed_at=None,
        ready_at=None,
        metadata=metadata,
        mark=new_mark(),
    )


def about(row: Row) -> dict[str, object]:
    """What a pack tells of an object in its list, so that the index can be made anew."""
    names = ("key", "size", "sha256", "modified_at", "metadata")
    return {name: getattr(row, name) for name in names}


def new_mark() -> int:
    """A number that no other state of an object has."""
    return secrets.randbits(62)
