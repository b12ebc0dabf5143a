"""A TAR file that is written in constant memory, with the same bytes for the same members."""

from __future__ import annotations

import io
import os
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

MODE = 0o644
_BLOCK = tarfile.BLOCKSIZE


class Shard:
    """One TAR file (POSIX.1-2001) in the making: fixed times, owners and permissions. Raises OSError."""

    def __init__(self, path: Path, number: int) -> None:
        self.number = number
        self.samples = 0
        self.size = 0
        """Bytes of the members so far, with their headers."""
        self._file = path.open("xb")
        self._tar = tarfile.open(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def copy(self, path: Path, name: str) -> None:
        """Add a file."""
        with path.open("rb") as source:
            self._add(name, os.fstat(source.fileno()).st_size, source)

    def write(self, data: bytes, name: str) -> None:
        """Add a member with these bytes."""
        self._add(name, len(data), io.BytesIO(data))

    def close(self) -> None:
        """Finish the file and have it written to the disk."""
        if self._file.closed:
            return
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abort(self) -> None:
        """Close the file, which is to go."""
        with suppress(OSError):
            self._file.close()

    def _add(self, name: str, size: int, source: BinaryIO) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, MODE
        self._tar.addfile(info, source)
        vars(self._tar)["members"].clear()  # they serve reading only, and would grow with the shard
        self.size += _BLOCK + -(-size // _BLOCK) * _BLOCK
