"""Vectors on disk: rows of numbers in one file, each in a slot, and a database of which key has which."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.indexfile import IndexFile

Rows = npt.NDArray[np.int16]
Keys = npt.NDArray[np.int64]
SCALE = 32767
"""What 1.0 is on disk. In two bytes a number whole numbers keep cosines as well as float16 does (to 0.00002),
and numpy turns them into float32 twenty times as fast, which would be most of the time of a search."""
LENGTH = 0.01
"""How far the square of a vector's length may be from 1."""
SCHEMA = (
    "CREATE TABLE item (key INTEGER PRIMARY KEY, slot INTEGER NOT NULL UNIQUE)",
    "CREATE TABLE used (slots INTEGER NOT NULL)",
    "INSERT INTO used VALUES (0)",
)
KEYS_OF = "SELECT slot, key FROM item WHERE slot IN"
SLOTS_OF = "SELECT key, slot FROM item WHERE key IN"
PAGE_OF_KEYS = "SELECT key FROM item WHERE key > ? ORDER BY key LIMIT ?"


class Slots:
    """Rows of `width` numbers, in a folder; each written once, into the next slot, and never changed.

    So a reader needs no lock, and what the end of a process left half written is in slots that no key has:
    the next writer takes them. A slot whose key got another row, or none, stays empty. Used by one thread at
    a time. All methods raise WorkspaceError when disk or files fail them.
    """

    def __init__(self, folder: Path, width: int) -> None:
        self._file = IndexFile(folder / "vectors.db", SCHEMA)
        self._path = folder / f"vectors-{width}.i16"
        self._width = width
        self._checked = 0
        with self._reported():
            self._data: int | None = _opened(self._path)

    def write(self, keys: list[int], rows: Rows) -> None:
        """Give each key (each once) its row instead of any other."""
        with self._file.writing():
            begin = self.used()
            self._append(begin, rows)
            self._file.change("INSERT OR REPLACE INTO item VALUES (?, ?)", zip(keys, count(begin)))
            self._file.change("UPDATE used SET slots = ?", [(begin + len(keys),)])

    def erase(self, key: int) -> None:
        """Forget a key; harmless for one that is not there."""
        self._file.change("DELETE FROM item WHERE key = ?", [(key,)])

    def used(self) -> int:
        """How many slots were given so far."""
        told = list(self._file.whole(self._file.query("SELECT slots FROM used")))
        if len(told) != 1:
            raise self._file.damaged("it does not say how many slots were given")
        return int(told[0][0])

    def read(self, begin: int, into: Rows) -> None:
        """Fill an array with the rows from a slot on. Those that were not read before are checked."""
        with self._reported():
            done = os.preadv(self._open, [into.data.cast("B")], begin * self._bytes)
        if done != into.nbytes:
            raise self._file.damaged(f"{self._path.name} ends before slot {begin + len(into)}")
        if begin + len(into) > self._checked:
            self._check(begin, into)
        if begin <= self._checked:
            self._checked = max(self._checked, begin + len(into))

    def keys_of(self, slots: Keys) -> Keys:
        """The key of each of these ascending slots; -1 for a slot that no key has."""
        found = np.full(len(slots), -1)
        rows = np.fromiter(self._file.whole(self._file.rows_of(KEYS_OF, slots)), np.dtype((np.int64, 2)))
        found[np.searchsorted(slots, rows[:, 0])] = rows[:, 1]
        return found

    def slots_of(self, keys: Keys) -> dict[int, int]:
        """The slots of those of these keys that are there."""
        return dict(self._file.whole(self._file.rows_of(SLOTS_OF, keys)))

    def keys(self, after: int, most: int) -> list[int]:
        """Up to `most` keys greater than `after`, in order."""
        return [key for (key,) in self._file.query(PAGE_OF_KEYS, (after, most))]

    def close(self) -> None:
        """Let go of the files; harmless when closed already."""
        data, self._data = self._data, None
        if data is not None:
            os.close(data)
        self._file.close()

    @property
    def _bytes(self) -> int:
        return 2 * self._width

    @property
    def _open(self) -> int:
        if self._data is None:
            raise WorkspaceError(f"cannot use {self._path}: it was closed")
        return self._data

    def _append(self, begin: int, rows: Rows) -> None:
        """Write rows from a slot on, to the disk itself, before the database tells of them."""
        with self._reported():
            offset = begin * self._bytes
            if os.fstat(self._open).st_size < offset:
                raise self._file.damaged(f"{self._path.name} ends before slot {begin}")
            left = rows.data.cast("B")
            while left:
                done = os.pwrite(self._open, left, offset)
                left, offset = left[done:], offset + done
            os.fdatasync(self._open)

    def _check(self, begin: int, rows: Rows) -> None:
        squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float32) / np.float32(SCALE**2)
        wrong = np.flatnonzero((np.abs(squares - 1) > LENGTH) & (squares > 0))
        if len(wrong):
            raise self._file.damaged(f"slot {begin + wrong[0]} of {self._path.name} holds no unit vector")

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise WorkspaceError(f"cannot use {self._path}: {error.strerror or error}") from error


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
