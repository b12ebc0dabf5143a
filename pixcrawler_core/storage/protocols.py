"""What a store of objects is: the one small protocol that all of them speak."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from pixcrawler_core.storage.bodies import Body, Opened


class StorageTier(enum.StrEnum):
    """How dear an object is to keep, and how quickly it is at hand."""

    HOT = "hot"
    """At hand at once; dearest to keep."""
    WARM = "warm"
    """At hand at once, at a price or a little slower; cheaper to keep."""
    COLD = "cold"
    """Archived: cannot be read before it is rehydrated; cheapest to keep."""


class Availability(enum.StrEnum):
    """Whether an object can be read."""

    READY = "ready"
    ARCHIVED = "archived"
    REHYDRATING = "rehydrating"


class Refusal(enum.StrEnum):
    """Why a store that encrypts does not give the bytes of an object."""

    PLAIN = "not_encrypted"
    KEYLESS = "without_key"
    """Its key is lost, or its owner was erased."""
    DAMAGED = "damaged"
    """What stands beside it does not fit it."""


class Priority(enum.StrEnum):
    """How urgent a rehydration is; `HIGH` costs more where the store charges for it."""

    STANDARD = "standard"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stat:
    """What a store knows of an object."""

    key: str
    size: int
    """Bytes, as they were put."""
    sha256: str
    """Of the bytes as they were put, hex digits."""
    tier: StorageTier = StorageTier.HOT
    availability: Availability = Availability.READY
    modified_at: datetime
    """When it was put or its tier was changed last; aware, UTC."""
    accessed_at: datetime | None = None
    """When it was read last; None where the store does not tell. Aware, UTC."""
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """As it was put: short text under names of letters, digits and underscores."""
    refused: Refusal | None = None
    """Why its bytes cannot be had, though it is there; None for all that can be, once it is rehydrated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehydration:
    """How far an object's way out of the archive is."""

    key: str
    priority: Priority
    ready_at: datetime | None
    """When it can be read, as far as that can be estimated; None if it can be read now. Aware, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something that a store's own index and its files do not agree on."""

    place: str
    """File or pack: `hot/red-pandas/image_001.jpg`."""
    key: str | None
    """The object; None for a file without one."""
    why: str
    """A sentence."""


@runtime_checkable
class Checkable(Protocol):
    """A store that can find out what it has lost or gained behind its back, and put that in order."""

    def check(self, *, full: bool = False) -> Iterator[Problem]:
        """What does not fit: by key, then files without an object. With `full`, all bytes are read.

        What others do meanwhile is no problem.
        """
        ...

    def repair(self) -> Sequence[Problem]:
        """Put in order what can be; returns what is left over, such as objects whose bytes are lost."""
        ...


class Store(Protocol):
    """Objects under keys. Plain and synchronous; any number of threads and processes may use one place.

    A key is a plain relative path with forward slashes (`pixcrawler_core.exports.names.check_name`); each
    method raises ValueError for another. They raise the errors of `pixcrawler_core.storage.errors`:
    ObjectMissing, ObjectArchived, ObjectDamaged, StoreRefused (credentials, a container that is not there;
    asking again is of no use) and StoreUnavailable (asking again later may help).
    """

    def put(
        self,
        key: str,
        body: Body,
        *,
        sha256: str | None = None,
        tier: StorageTier = StorageTier.HOT,
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> Stat:
        """Store a file, or bytes, under a key, in the place of any other object.

        Nothing is visible under the key before it is complete. An object that has these bytes, this tier and
        this metadata already is left as it is. What a killed `put` of the same file left is taken up where
        the store can. Raises ObjectDamaged if they do not have the given digest.
        """
        ...

    def get(self, key: str, begin: int = 0, length: int | None = None) -> AbstractContextManager[Opened]:
        """The bytes from `begin` on, in chunks; all of them, or at most `length`; and their metadata.

        There are none from the end on; ValueError for a negative number. ObjectMissing and ObjectArchived are
        raised when the context is entered, and what else fails then or while the chunks are read.
        A read from the first byte to the last proves the digest, and raises ObjectDamaged at its end if it is
        another one.
        """
        ...

    def stat(self, key: str) -> Stat | None:
        """What is known of an object; None if there is none."""
        ...

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """All objects whose keys begin with a prefix, by ascending key (by code points)."""
        ...

    def delete(self, keys: Sequence[str]) -> int:
        """Remove objects; keys that are not there are passed over. Returns how many there were."""
        ...

    def copy(self, source: str, target: str) -> Stat:
        """Store the bytes, tier and metadata of an object under another key, within the store.

        Raises ObjectArchived for one that cannot be read, unless the store can copy it all the same.
        """
        ...

    def set_tier(self, keys: Sequence[str], tier: StorageTier) -> None:
        """Move objects to a tier; those that are there already are left alone.

        Out of COLD it only begins a rehydration, as `rehydrate` does. Killed on the way, each object is whole
        in the old tier or the new one. Raises ObjectMissing for a key that is not there, and ObjectDamaged
        for an object that is; whether others are moved then is not said. A store without tiers raises
        StoreRefused, also for no keys, which so asks whether it has the tier.
        """
        ...

    def rehydrate(self, keys: Sequence[str], priority: Priority = Priority.STANDARD) -> Sequence[Rehydration]:
        """Begin to bring archived objects back to HOT; harmless for those that are on their way or there.

        Raises ObjectMissing for a key that is not there.
        """
        ...

    def url(self, key: str, lifetime: timedelta) -> str:
        """An address at which anybody can read the object for a time. Raises StoreRefused if it has none."""
        ...

    def close(self) -> None:
        """Let go of connections and files; harmless when closed already."""
        ...
