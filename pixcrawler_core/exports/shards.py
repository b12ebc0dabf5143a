"""A TAR file that is written in constant memory, with the same bytes for the same members."""

from __future__ import annotations

import errno
import os
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

MODE = 0o644
_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1024 * 1024
_NAME = tarfile.LENGTH_NAME
_LARGEST = 8**11
"""From so many bytes on, a size needs a header of its own."""


class Shard:
    """One TAR file (POSIX.1-2001) in the making: fixed times, owners and permissions. Raises OSError."""

    def __init__(self, path: Path, number: int) -> None:
        self.number = number
        self.samples = 0
        self.size = 0
        """Bytes of the members so far, with their headers."""
        self._file = path.open("xb")

    def copy(self, path: Path, name: str) -> None:
        """Add a file."""
        with path.open("rb", buffering=0) as source:
            size = left = os.fstat(source.fileno()).st_size
            self._write(header(name, size))
            while left and (data := source.read(min(_CHUNK, left))):
                self._write(data)
                left -= len(data)
        if left:
            raise OSError(errno.EIO, "it changed while it was read", str(path))
        self._write(bytes(-size % _BLOCK))

    def write(self, data: bytes, name: str) -> None:
        """Add a member with these bytes."""
        self._write(b"".join((header(name, len(data)), data, bytes(-len(data) % _BLOCK))))

    def close(self) -> None:
        """Finish the file and have it written to the disk."""
        if self._file.closed:
            return
        end = 2 * _BLOCK
        self._file.write(bytes(end + -(self.size + end) % tarfile.RECORDSIZE))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abort(self) -> None:
        """Close the file, which is to go."""
        with suppress(OSError):
            self._file.close()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self.size += len(data)


def add_member(tar: tarfile.TarFile, name: str, size: int, source: BinaryIO) -> None:
    """Add a file of so many bytes to a TAR file, with nothing of this machine; nothing stays in memory."""
    tar.addfile(_member(name, size), source)
    vars(tar)["members"].clear()  # they serve reading only, and would grow with the file


def header(name: str, size: int) -> bytes:
    """What stands before a member of so many bytes: what `tarfile` writes, which takes ten times as long."""
    if len(name) > _NAME or not name.isascii() or size >= _LARGEST:
        return _member(name, size).tobuf(tarfile.PAX_FORMAT)
    letters, digits = name.encode(), b"%011o" % size
    total = _EMPTY_SUM + sum(letters) + sum(digits)
    return b"".join((letters, bytes(_NAME - len(letters)), _OWNER, digits, _TIME, b"%06o" % total, _REST))


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, MODE
    return info


_EMPTY = _member("", 0).tobuf(tarfile.PAX_FORMAT)
"""The header of an empty file without a name, in which only name, size and checksum are to be put."""
_OWNER, _TIME, _REST = _EMPTY[100:124], _EMPTY[135:148], _EMPTY[154:]
"""What stands between and behind them (`ustar` of POSIX.1-2001)."""
_EMPTY_SUM = sum(_EMPTY[:148]) + 8 * ord(" ") + sum(_EMPTY[156:]) - 11 * ord("0")
"""The checksum without name and size: of all bytes, as if its own eight were spaces."""
