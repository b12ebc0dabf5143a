"""Puts files into a store in folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pixcrawler_core.storage.bodies import Body, digest_of, opened, size_of
from pixcrawler_core.storage.local.changes import Changes
from pixcrawler_core.storage.local.copying import check_digest, chunks_of, taken, written
from pixcrawler_core.storage.local.folders import Folders
from pixcrawler_core.storage.local.index import ObjectIndex
from pixcrawler_core.storage.local.packs import PackWriter
from pixcrawler_core.storage.local.reading import Reader
from pixcrawler_core.storage.local.rows import Row, about, new_row
from pixcrawler_core.storage.protocols import StorageTier


class Putter:
    """Copies files into places. Raises errors of stores, OSError and WorkspaceError.

    `now` tells microseconds, `level` is Zstandard's for packs, `durable` says whether files are to be on the
    disk at once.
    """

    def __init__(
        self,
        index: ObjectIndex,
        folders: Folders,
        changes: Changes,
        now: Callable[[], int],
        *,
        level: int,
        durable: bool,
    ) -> None:
        self._index, self._folders, self._changes = index, folders, changes
        self._reader = Reader(index, folders, changes)
        self._now = now
        self._level, self._durable = level, durable

    def put(self, key: str, body: Body, sha256: str | None, tier: StorageTier, metadata: str) -> Row:
        """Store a file or bytes, unless the object is there as it would be then; returns its row."""
        there = self._same(key, body, sha256, tier, metadata)
        if there:
            return there
        temporary = self._folders.temporary()
        try:
            with opened(body, buffering=0) as file:
                size, digest = taken(file, temporary, durable=self._durable)
            check_digest(body, digest, sha256)
            return self._place(new_row(key, size, digest, tier, metadata, self._now()), temporary)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def copy(self, source: str, target: str) -> Row:
        """Store an object under another key, unless it is there; returns the row of that."""
        row, file = self._reader.opened(source, None)
        temporary = self._folders.temporary()
        with file:
            try:
                self._take_object(row, file, temporary)
                tier = row.state(self._now())[0]
                fresh = new_row(target, row.size, row.sha256, tier, row.metadata, self._now())
                return self._place(fresh, temporary)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise

    def _same(self, key: str, body: Body, sha256: str | None, tier: StorageTier, metadata: str) -> Row | None:
        """The object that is there already, if it is whole, as far as sizes tell."""
        row = self._index.row(key)
        if row is None or row.metadata != metadata or row.state(self._now())[0] is not tier:
            return None
        if size_of(body) != row.size or sha256 not in (None, row.sha256):
            return None
        there = self._folders.size(row.place)
        if there is None or (row.begin is None and there != row.size):
            return None
        return row if digest_of(body) == row.sha256 else None

    def _place(self, row: Row, temporary: Path) -> Row:
        if row.tier == StorageTier.HOT.value:
            return self._changes.install(row, temporary)
        return self._place_packed(row, temporary)

    def _place_packed(self, row: Row, source: Path) -> Row:
        """Write a file into a pack of its own."""
        tier = StorageTier(row.tier)
        writer = PackWriter(self._folders.temporary(tier.value), self._level)
        try:
            with source.open("rb", buffering=0) as file:
                begin, length = writer.add(about(row), chunks_of(file))
            writer.finish()
            row = row._replace(begin=begin, length=length)
            self._changes.place_pack(writer.path, tier, [(row, None)])
        finally:
            writer.discard()
            source.unlink(missing_ok=True)
        return row

    def _take_object(self, row: Row, file: BinaryIO, temporary: Path) -> None:
        if row.begin is None:
            _, digest = taken(file, temporary, durable=self._durable)
            if digest == row.sha256:
                return
            temporary.unlink()
        written(self._reader.chunks(row, file), temporary, durable=self._durable)
