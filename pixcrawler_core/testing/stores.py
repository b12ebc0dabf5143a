"""A store in memory: for tests of what uses stores, and the shortest example of one."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from pixcrawler_core.storage.bodies import Body, Opened, bytes_of, named
from pixcrawler_core.storage.errors import ObjectArchived, ObjectDamaged, ObjectMissing, StoreRefused
from pixcrawler_core.storage.keys import check_key, check_metadata, check_range
from pixcrawler_core.storage.protocols import Availability, Priority, Rehydration, Stat, StorageTier

CHUNK = 65536


def _now() -> datetime:
    return datetime.now(UTC)


class MemoryStore:
    """Objects in a dictionary, gone when it is.

    What is rehydrated can be read after `wait`, by the given clock; with `Priority.HIGH` at once.
    """

    def __init__(self, clock: Callable[[], datetime] = _now, wait: timedelta = timedelta(0)) -> None:
        self._clock, self._wait = clock, wait
        self._objects: dict[str, tuple[Stat, bytes]] = {}
        self._ready: dict[str, datetime] = {}
        self._lock = threading.RLock()

    def put(
        self,
        key: str,
        body: Body,
        *,
        sha256: str | None = None,
        tier: StorageTier = StorageTier.HOT,
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> Stat:
        """Keep a file's bytes, or bytes."""
        check_key(key)
        check_metadata(metadata)
        data = bytes_of(body)
        digest = hashlib.sha256(data).hexdigest()
        if sha256 not in (None, digest):
            raise ObjectDamaged(f"{named(body)} has SHA-256 {digest}, not {sha256}; nothing was stored")
        with self._lock:
            old = self.stat(key)
            if old and (old.sha256, old.tier, old.metadata) == (digest, tier, metadata):
                return old
            stat = Stat(
                key=key,
                size=len(data),
                sha256=digest,
                tier=tier,
                availability=_availability(tier),
                modified_at=self._clock(),
                metadata=MappingProxyType(dict(metadata)),
            )
            self._ready.pop(key, None)
            self._objects[key] = stat, data
            return stat

    @contextmanager
    def get(self, key: str, begin: int = 0, length: int | None = None) -> Iterator[Opened]:
        """The bytes of an object."""
        check_range(begin, length)
        with self._lock:
            stat = self._there(key)
            if stat.availability is not Availability.READY:
                raise ObjectArchived(f"the object {key!r} is {stat.availability}; rehydrate it and wait")
            data = self._objects[key][1]
        end = len(data) if length is None else min(len(data), begin + length)
        yield Opened(_chunks(stat, data, begin, end), stat.metadata)

    def spoil(self, key: str) -> None:
        """Change the bytes of an object without a word, as a failing disk does."""
        stat, data = self._objects[key]
        self._objects[key] = stat, bytes([data[0] ^ 1]) + data[1:]

    def stat(self, key: str) -> Stat | None:
        """What is known of an object."""
        check_key(key)
        with self._lock:
            if key not in self._objects:
                return None
            stat = self._objects[key][0]
            if key not in self._ready:
                return stat
            if self._ready[key] > self._clock():
                return replace(stat, availability=Availability.REHYDRATING)
            return self._moved(key, StorageTier.HOT)

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """All objects under a prefix."""
        for key in sorted(self._objects):
            stat = self.stat(key) if key.startswith(prefix) else None
            if stat:
                yield stat

    def delete(self, keys: Sequence[str]) -> int:
        """Forget objects."""
        for key in keys:
            check_key(key)
        with self._lock:
            return sum(self._objects.pop(key, None) is not None for key in keys)

    def copy(self, source: str, target: str) -> Stat:
        """Keep an object under another key too."""
        check_key(target)
        with self._lock:
            stat = replace(self._there(source), key=target, modified_at=self._clock())
            self._ready.pop(target, None)
            self._objects[target] = stat, self._objects[source][1]
            return stat

    def set_tier(self, keys: Sequence[str], tier: StorageTier) -> None:
        """Say that objects are in a tier."""
        with self._lock:
            for stat in [self._there(key) for key in keys]:
                if stat.availability is Availability.READY and stat.tier is not tier:
                    self._moved(stat.key, tier)
                elif stat.availability is Availability.ARCHIVED and tier is not StorageTier.COLD:
                    self.rehydrate([stat.key])

    def rehydrate(self, keys: Sequence[str], priority: Priority = Priority.STANDARD) -> Sequence[Rehydration]:
        """Begin to wait for archived objects."""
        now = self._clock()
        ready = now if priority is Priority.HIGH else now + self._wait
        with self._lock:
            for stat in [self._there(key) for key in keys]:
                if stat.availability is not Availability.READY:
                    self._ready[stat.key] = min(ready, self._ready.get(stat.key, ready))
            waits = [(key, self._ready.get(key, now)) for key in keys]
            return [Rehydration(key=key, priority=priority, ready_at=_later(at, now)) for key, at in waits]

    def url(self, key: str, lifetime: timedelta) -> str:
        """Refused: nobody else can read this memory."""
        raise StoreRefused(f"the object {key!r} has no address: it is in memory; read it with get")

    def close(self) -> None:
        """Nothing is to be let go of."""

    def _there(self, key: str) -> Stat:
        stat = self.stat(key)
        if stat is None:
            raise ObjectMissing(f"there is no object {key!r} in memory")
        return stat

    def _moved(self, key: str, tier: StorageTier) -> Stat:
        stat, data = self._objects[key]
        self._ready.pop(key, None)
        stat = replace(stat, tier=tier, availability=_availability(tier), modified_at=self._clock())
        self._objects[key] = stat, data
        return stat


def _chunks(stat: Stat, data: bytes, begin: int, end: int) -> Iterator[bytes]:
    for at in range(begin, end, CHUNK):
        yield data[at : min(end, at + CHUNK)]
    if begin == 0 and end == len(data) and hashlib.sha256(data).hexdigest() != stat.sha256:
        raise ObjectDamaged(f"the object {stat.key!r} has other bytes than were put; put it again")


def _availability(tier: StorageTier) -> Availability:
    return Availability.ARCHIVED if tier is StorageTier.COLD else Availability.READY


def _later(at: datetime, now: datetime) -> datetime | None:
    return at if at > now else None
