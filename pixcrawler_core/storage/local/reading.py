"""Reads objects of a store in folders, whatever happens to them meanwhile."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO

from pixcrawler_core.storage.errors import ObjectArchived, ObjectDamaged, ObjectMissing, StoreUnavailable
from pixcrawler_core.storage.local.changes import Changes
from pixcrawler_core.storage.local.copying import chunks_of
from pixcrawler_core.storage.local.folders import Folders
from pixcrawler_core.storage.local.index import ObjectIndex
from pixcrawler_core.storage.local.packs import DamagedPack, unpacked
from pixcrawler_core.storage.local.rows import Row, moment
from pixcrawler_core.storage.protocols import Availability

TRIES = 100
"""An object that changes between each two looks is not waited for any longer."""


class Reader:
    """Opens the files of objects. Raises errors of stores, OSError and WorkspaceError."""

    def __init__(self, index: ObjectIndex, folders: Folders, changes: Changes) -> None:
        self._index, self._folders, self._changes = index, folders, changes

    def row(self, key: str) -> Row:
        """An object that must be there; ObjectMissing if it is not."""
        if self._index.is_coming(key):
            self._changes.settle()
        row = self._index.row(key)
        if row is None:
            raise missing(self._folders, key)
        return row

    def opened(self, key: str, now: int | None) -> tuple[Row, BinaryIO]:
        """An object and its open file, which nobody changes while it is open.

        It must be readable at the time `now`; an archived one is opened too if that is None.
        """
        for _ in range(TRIES):
            row = self.row(key)
            if now is not None and not row.is_ready(now):
                raise archived(row, now)
            file = self._file(row)
            again = self._index.row(key)
            if again and again.mark == row.mark and not self._index.is_coming(key):
                if file is None:
                    raise damaged(row, f"{self._folders.path(row.place)} is not there")
                return row, file
            if file:
                file.close()
        raise StoreUnavailable(f"the object {key!r} changes all the time; try again later")

    def pack(self, place: str) -> BinaryIO | None:
        """An open pack, of which no part is blanked while it is open; None if it is not there.

        What rows say that are read after this can be read from it.
        """
        file = self._plain_file(place)
        if file:
            fcntl.flock(file, fcntl.LOCK_SH)
        return file

    def chunks(self, row: Row, file: BinaryIO, begin: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of an object from its open file; all of them prove the digest. Raises ObjectDamaged."""
        end = row.size if length is None else min(row.size, begin + length)
        digest = hashlib.sha256() if begin == 0 and end == row.size else None
        read = 0
        try:
            for chunk in self._pieces(row, file, begin, end):
                read += len(chunk)
                if digest:
                    digest.update(chunk)
                yield chunk
        except DamagedPack as error:
            raise damaged(row, f"{self._folders.path(row.place)}: {error}") from error
        if read != max(0, end - begin):
            raise damaged(row, f"{self._folders.path(row.place)} ends too early")
        if digest and digest.hexdigest() != row.sha256:
            raise damaged(row, f"its SHA-256 is {digest.hexdigest()}, not {row.sha256}")

    def _pieces(self, row: Row, file: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
        if row.begin is not None and row.length is not None:
            yield from unpacked(file, row.begin, row.length, row.size, begin, end)
            return
        size = os.fstat(file.fileno()).st_size
        if size != row.size:
            raise damaged(row, f"{self._folders.path(row.place)} has {size} bytes, not {row.size}")
        file.seek(begin)
        yield from chunks_of(file, end)

    def _file(self, row: Row) -> BinaryIO | None:
        return self._plain_file(row.place) if row.begin is None else self.pack(row.place)

    def _plain_file(self, place: str) -> BinaryIO | None:
        try:
            return self._folders.path(place).open("rb", buffering=0)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None


def missing(folders: Folders, key: str) -> ObjectMissing:
    """The error for a key without an object."""
    return ObjectMissing(f"there is no object {key!r} in the store {folders.root}")


def damaged(row: Row, why: str) -> ObjectDamaged:
    """The error for an object whose bytes are not those that were put."""
    return ObjectDamaged(f"the object {row.key!r} is damaged: {why}; delete it, and put it again")


def archived(row: Row, now: int) -> ObjectArchived:
    """The error for an object that cannot be read yet."""
    if row.state(now)[1] is Availability.REHYDRATING and row.ready_at is not None:
        return ObjectArchived(
            f"the object {row.key!r} is on its way out of the archive; it can be read from "
            f"{moment(row.ready_at):%Y-%m-%d %H:%M:%S} UTC on"
        )
    return ObjectArchived(f"the object {row.key!r} is archived; rehydrate it, or move it to the hot tier")
