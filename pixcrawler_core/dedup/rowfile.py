"""A file of rows of numbers: vectors of length 1, or 0, as whole numbers of two bytes."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pixcrawler_core.errors import WorkspaceError

Rows = npt.NDArray[np.int16]
Sync = Callable[[int], None]
SCALE = 32767
"""What 1.0 is on disk. In two bytes a number whole numbers keep cosines as well as float16 does (to 0.00002),
and numpy turns them into float32 twenty times as fast, which would be most of the time of a search."""
LENGTH = 0.01
"""How far the square of a vector's length may be from 1."""
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
"""Of a file, or the folder in which it is to be made."""


class RowFile:
    """The rows of `width` numbers at `path`, in slots from 0 on; an empty file is made if need be.

    `damaged` makes the error for a file that cannot be right; `sync` has what was written to a descriptor on
    the disk itself. All methods raise that, and WorkspaceError when
    the disk fails them.
    """

    def __init__(
        self, path: Path, width: int, damaged: Callable[[str], WorkspaceError], sync: Sync = os.fdatasync
    ) -> None:
        self.path = path
        self._sync = sync
        self._bytes = 2 * width
        self._damaged = damaged
        self._checked = 0
        with self._reported():
            self._data: int | None = opened(path)

    def read(self, begin: int, into: Rows) -> None:
        """Fill an array with the rows from a slot on. Those that were not read before are checked."""
        with self._reported():
            done = os.preadv(self._open, [into.data.cast("B")], begin * self._bytes)
        if done != into.nbytes:
            raise self._damaged(f"{self.path.name} ends before slot {begin + len(into)}")
        if begin + len(into) > self._checked:
            self._check(begin, into)
        if begin <= self._checked:
            self._checked = max(self._checked, begin + len(into))

    def write(self, begin: int, rows: Rows) -> None:
        """Write rows from a slot on, over what is there; the slots before must be there."""
        with self._reported():
            offset = begin * self._bytes
            if os.fstat(self._open).st_size < offset:
                raise self._damaged(f"{self.path.name} ends before slot {begin}")
            left = rows.data.cast("B")
            while left:
                done = os.pwrite(self._open, left, offset)
                left, offset = left[done:], offset + done

    def sync(self) -> None:
        """Have what was written on the disk itself."""
        with self._reported():
            self._sync(self._open)

    def close(self) -> None:
        """Let go of the file; harmless when closed already."""
        data, self._data = self._data, None
        if data is not None:
            os.close(data)

    @property
    def _open(self) -> int:
        if self._data is None:
            raise WorkspaceError(f"cannot use {self.path}: it was closed")
        return self._data

    def _check(self, begin: int, rows: Rows) -> None:
        squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float32) / np.float32(SCALE**2)
        wrong = np.flatnonzero((np.abs(squares - 1) > LENGTH) & (squares > 0))
        if len(wrong):
            raise self._damaged(f"slot {begin + wrong[0]} of {self.path.name} holds no unit vector")

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise WorkspaceError(f"cannot use {self.path}: {error.strerror or error}") from error


def opened(path: Path) -> int:
    """A descriptor of a file that is made if need be, to read only if nothing else is allowed."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
