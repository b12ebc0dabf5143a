"""The store in folders."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.storage.bodies import Body, Opened
from pixcrawler_core.storage.errors import ObjectDamaged, StoreRefused
from pixcrawler_core.storage.keys import check_key, check_metadata, check_range
from pixcrawler_core.storage.local.changes import Changes
from pixcrawler_core.storage.local.checking import Checker
from pixcrawler_core.storage.local.folders import TEMPORARY, Folders
from pixcrawler_core.storage.local.index import ObjectIndex
from pixcrawler_core.storage.local.moving import Mover
from pixcrawler_core.storage.local.putting import Putter
from pixcrawler_core.storage.local.reading import Reader
from pixcrawler_core.storage.local.rows import Row, micros, packed, unpacked
from pixcrawler_core.storage.local.telling import reported, unless_forbidden
from pixcrawler_core.storage.protocols import Priority, Problem, Rehydration, Stat, StorageTier

INDEX = "index"
READ_EVERY = 3600 * 1_000_000
"""Microseconds: when an object was read is noted once an hour, so that reading hardly ever writes."""

Sign = Callable[[str, datetime], str]
"""Makes an address of a key that is valid until a time."""


def _now() -> datetime:
    return datetime.now(UTC)


class LocalStore:
    """Objects in a folder. HOT ones are plain files under their keys, below `hot/`; WARM and COLD ones lie in
    packs of compressed objects, below `warm/` and `cold/`, or in the folder `cold`.

    `level` is Zstandard's for packs. What is rehydrated can be read after `wait`, with `Priority.HIGH` at
    once. With `durable`, an object is on the disk before `put` returns; otherwise a power cut may cost those
    of the last seconds. `sign` makes addresses; there are none without.
    """

    def __init__(
        self,
        root: Path,
        *,
        cold: Path | None = None,
        level: int = 3,
        wait: timedelta = timedelta(0),
        durable: bool = False,
        clock: Callable[[], datetime] = _now,
        sign: Sign | None = None,
    ) -> None:
        self.root = root
        self._clock, self._sign = clock, sign
        with reported(root):
            root.mkdir(parents=True, exist_ok=True)
            self._index = ObjectIndex(root / INDEX)
            self._check_archive(cold)
            self._folders = Folders(root, cold)
        self._changes = Changes(self._index, self._folders, durable=durable)
        self._reader = Reader(self._index, self._folders, self._changes)
        self._mover = Mover(self._index, self._folders, self._changes, self._moment, level=level, wait=wait)
        self._putter = Putter(
            self._index, self._folders, self._changes, self._moment, level=level, durable=durable
        )
        self._checker = Checker(self._index, self._folders, self._changes, self._reader, self._moment)
        with reported(root):
            self._begin()

    def put(
        self,
        key: str,
        body: Body,
        *,
        sha256: str | None = None,
        tier: StorageTier = StorageTier.HOT,
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> Stat:
        """Copy a file, or bytes, into the store."""
        check_key(key)
        check_metadata(metadata)
        with reported(self.root):
            row = self._putter.put(key, body, sha256, tier, packed(metadata))
        return row.stat(self._moment())

    @contextmanager
    def get(self, key: str, begin: int = 0, length: int | None = None) -> Iterator[Opened]:
        """The bytes of an object."""
        check_key(key)
        check_range(begin, length)
        with reported(self.root):
            row, file = self._opened(key)
        with file:
            chunks = self._told(self._reader.chunks(row, file, begin, length))
            yield Opened(chunks, unpacked(row.metadata))

    def stat(self, key: str) -> Stat | None:
        """What is known of an object."""
        check_key(key)
        with reported(self.root):
            row = self._index.row(key)
        return row.stat(self._moment()) if row else None

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """All objects under a prefix."""
        if any("\ud800" <= letter <= "\udfff" for letter in prefix):
            return
        after = ""
        with reported(self.root):
            self._changes.settle()
        while True:
            with reported(self.root):
                rows = self._index.page(after, prefix)
            now = self._moment()
            for row in rows:
                if not row.key.startswith(prefix):
                    return
                yield row.stat(now)
            if not rows:
                return
            after = rows[-1].key

    def delete(self, keys: Sequence[str]) -> int:
        """Remove objects; what packs have of them is overwritten."""
        for key in keys:
            check_key(key)
        with reported(self.root):
            return self._changes.remove(list(dict.fromkeys(keys)))

    def copy(self, source: str, target: str) -> Stat:
        """Copy an object within the store, an archived one too, which stays archived."""
        check_key(source)
        check_key(target)
        with reported(self.root):
            row = self._putter.copy(source, target)
        return row.stat(self._moment())

    def set_tier(self, keys: Sequence[str], tier: StorageTier) -> None:
        """Move objects to a tier: into a pack or out of it."""
        for key in keys:
            check_key(key)
        with reported(self.root):
            self._mover.set_tier(keys, tier)

    def rehydrate(self, keys: Sequence[str], priority: Priority = Priority.STANDARD) -> Sequence[Rehydration]:
        """Begin to bring archived objects back."""
        for key in keys:
            check_key(key)
        with reported(self.root):
            return self._mover.rehydrate(keys, priority)

    def url(self, key: str, lifetime: timedelta) -> str:
        """A signed address below the store's `base_url`."""
        check_key(key)
        if self._sign is None:
            raise StoreRefused(
                f"the object {key!r} has no address: the store {self.root} has no base_url and no signing key"
            )
        return self._sign(key, self._clock() + lifetime)

    def check(self, *, full: bool = False) -> Iterator[Problem]:
        """Objects without their bytes, and files without an object; with `full`, all bytes are read."""
        with reported(self.root):
            yield from self._checker.check(full=full)

    def repair(self) -> Sequence[Problem]:
        """Bring index and files together, and make packs small that are mostly empty; what is left over.

        A file without an object becomes one, under its path as key; so does what a pack has that no object
        stands for. An object whose bytes are lost stays, as damaged, until it is deleted or put again.
        """
        with reported(self.root):
            self._checker.repair()
            damaged: dict[str | None, Problem] = {}
            for place, tier in self._checker.sparse():
                try:
                    self._mover.repack(place, tier)
                except ObjectDamaged:
                    damaged.update((each.key, each) for each in self._checker.unreadable(place))
            left = list(self._checker.check())
            seen = {each.key for each in left}
            return [*left, *(each for key, each in damaged.items() if key not in seen)]

    def close(self) -> None:
        """Close the index."""
        with reported(self.root):
            self._index.close()

    def _check_archive(self, cold: Path | None) -> None:
        """Raise StoreRefused if something is archived, and not in the folder for that."""
        if cold is None or (cold / TEMPORARY).is_dir() or not self._index.has_tier(StorageTier.COLD):
            return
        self._index.close()
        raise StoreRefused(
            f"what {self.root} has archived is not in {cold}: is its disk mounted, "
            "and cold_path the right one?"
        )

    def _begin(self) -> None:
        self._changes.settle()
        self._folders.clean(self._clock().timestamp())
        if self._index.is_complete():
            return
        self._checker.repair()
        self._index.completed()

    def _opened(self, key: str) -> tuple[Row, BinaryIO]:
        now = self._moment()
        row = self._reader.row(key)
        if row.ready_at is not None and row.is_ready(now):
            with unless_forbidden():  # it is read in its pack then
                self._mover.unpack([row])
        row, file = self._reader.opened(key, now)
        if row.accessed_at is None or now - row.accessed_at >= READ_EVERY:
            with contextlib.suppress(WorkspaceError):  # an object can be read from a disk that is full
                self._index.touch(key, now)
        return row, file

    def _told(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        with reported(self.root):
            yield from chunks

    def _moment(self) -> int:
        return micros(self._clock())
