"""Objects in a file system of fsspec: each has a folder, with its bytes and a pointer to them.

`red-panda/1.jpg` is `red-panda/1.jpg/<random>.jpg` and `red-panda/1.jpg/.pixcrawler.json`. Bytes are never
changed once they are there, and the pointer is written last, in one step. So a key may be the beginning of
another, and readers see an object whole, old or new, however many write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import MappingProxyType

from pixcrawler_core.storage.bodies import Body, Opened, digest_of, named, size_of
from pixcrawler_core.storage.errors import (
    ObjectDamaged,
    ObjectMissing,
    StoreError,
    StoreRefused,
)
from pixcrawler_core.storage.keys import check_metadata, check_range
from pixcrawler_core.storage.protocols import Priority, Rehydration, Stat, StorageTier
from pixcrawler_plugins.stores.fsspec_place import Place
from pixcrawler_plugins.stores.fsspec_pointer import DATA, POINTER, Pointer, check_own, pointer
from pixcrawler_plugins.stores.fsspec_reading import Reader

THREADS = 16
"""Requests under way at once, for lists and deletions."""
AT_ONCE = 1000
"""Pointers of a list that are read ahead at most."""
ORPHANED = timedelta(days=1)
"""Age from which on bytes without a pointer are nobody's: what a killed `put` left."""


def _now() -> datetime:
    return datetime.now(UTC)


class FsspecStore:
    """Objects at a place that fsspec reaches. It has no tiers: all is hot."""

    def __init__(self, place: Place, clock: Callable[[], datetime] = _now) -> None:
        self._place, self._reader, self._clock = place, Reader(place), clock

    def put(
        self,
        key: str,
        body: Body,
        *,
        sha256: str | None = None,
        tier: StorageTier = StorageTier.HOT,
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> Stat:
        """See `Store`. Raises StoreRefused for another tier than HOT."""
        check_own(key)
        check_metadata(metadata)
        self._check_tier(tier)
        digest = digest_of(body)
        if sha256 not in (None, digest):
            raise ObjectDamaged(f"{named(body)} has the SHA-256 {digest}, not {sha256}; make the file anew")
        old = self._old(key)
        if old and old.is_of(digest, metadata):
            return old.stat(key)
        new = pointer(key, size_of(body), digest, self._clock(), metadata)
        return self._replaced(key, old, new, lambda: self._fill(key, new, body))

    @contextmanager
    def get(self, key: str, begin: int = 0, length: int | None = None) -> Iterator[Opened]:
        """See `Store`. Raises StoreUnavailable if the object is replaced while a large part is read."""
        check_own(key)
        check_range(begin, length)
        yield self._reader.opened(key, begin, length)

    def stat(self, key: str) -> Stat | None:
        """See `Store`."""
        check_own(key)
        found = self._reader.pointer(key)
        return found.stat(key) if found else None

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """See `Store`. All keys are held in memory, to be sorted."""
        folder = prefix.rpartition("/")[0]
        if folder and not _is_key(folder):
            return
        found = self._place.keys(folder, POINTER)
        keys = iter(sorted(key for key in found if key.startswith(prefix) and _is_key(key)))
        with ThreadPoolExecutor(THREADS) as pool:
            while some := list(islice(keys, AT_ONCE)):
                for key, each in zip(some, pool.map(self._reader.pointer, some), strict=True):
                    if each is not None:
                        yield each.stat(key)

    def delete(self, keys: Sequence[str]) -> int:
        """See `Store`."""
        for key in keys:
            check_own(key)
        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(self._deleted, dict.fromkeys(keys)))

    def copy(self, source: str, target: str) -> Stat:
        """See `Store`. The bytes do not leave the file system."""
        check_own(source)
        check_own(target)
        found, old = self._reader.there(source), self._old(target)
        if old and old.is_of(found.sha256, found.metadata):
            return old.stat(target)
        new = pointer(target, found.size, found.sha256, self._clock(), found.metadata)
        return self._replaced(
            target, old, new, lambda: self._place.copy(source, found.data, target, new.data)
        )

    def set_tier(self, keys: Sequence[str], tier: StorageTier) -> None:
        """See `Store`. Raises StoreRefused for another tier than HOT."""
        self._check_tier(tier)
        self.rehydrate(keys)

    def rehydrate(self, keys: Sequence[str], priority: Priority = Priority.STANDARD) -> Sequence[Rehydration]:
        """See `Store`: all objects can be read."""
        for key in keys:
            check_own(key)
            self._reader.there(key)
        return [Rehydration(key=key, priority=priority, ready_at=None) for key in keys]

    def url(self, key: str, lifetime: timedelta) -> str:
        """See `Store`: signed by the file system, where it can."""
        check_own(key)
        return self._place.sign(key, self._reader.there(key).data, lifetime)

    def close(self) -> None:
        """See `Store`: the file system closes its connections by itself."""

    def _check_tier(self, tier: StorageTier) -> None:
        if tier is not StorageTier.HOT:
            raise StoreRefused(
                f"{self._place.name} has no tier {tier.value}; the store fsspec knows hot alone"
            )

    def _old(self, key: str) -> Pointer | None:
        """What is to be replaced; a damaged pointer is, too."""
        try:
            return self._reader.pointer(key)
        except ObjectDamaged:
            return None

    def _fill(self, key: str, new: Pointer, body: Body) -> None:
        """Upload a file, which must not change meanwhile, or bytes."""
        if isinstance(body, bytes):
            self._place.write(key, new.data, body)
            return
        before = body.stat()
        self._place.upload(key, new.data, body)
        after = body.stat()
        if (after.st_size, after.st_mtime_ns) != (new.size, before.st_mtime_ns):
            raise ObjectDamaged(f"{body} was changed while it was stored; store it again")

    def _replaced(self, key: str, old: Pointer | None, new: Pointer, fill: Callable[[], None]) -> Stat:
        """Have an object with the bytes that `fill` puts under the new name; the old ones go."""
        try:
            fill()
            self._place.write(key, POINTER, new.packed())
        except ObjectMissing as error:
            raise StoreRefused(f"{self._place.name} is not there, or {key!r} was removed: {error}") from error
        except StoreError:
            with suppress(StoreError):
                self._place.remove(key, new.data)
            raise
        if old is not None:
            with suppress(StoreError):  # the object is there; what stays is removed by the next put or delete
                self._clean(key, old)
        return new.stat(key)

    def _deleted(self, key: str) -> bool:
        try:
            old = self._reader.pointer(key)
        except ObjectDamaged:
            return self._place.remove(key, POINTER)
        if old is None or not self._place.remove(key, POINTER):
            return False
        self._clean(key, old)
        return True

    def _clean(self, key: str, old: Pointer) -> None:
        """Remove the bytes that a pointer had, and those that nobody has come back for."""
        self._place.remove(key, old.data)
        orphans = [name for name in self._place.names(key, ORPHANED) if DATA.fullmatch(name)]
        now = self._reader.pointer(key) if orphans else None
        for name in orphans:
            if now is None or name != now.data:
                self._place.remove(key, name)


def _is_key(text: str) -> bool:
    try:
        check_own(text)
    except ValueError:
        return False
    return True
