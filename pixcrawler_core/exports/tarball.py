"""A TAR file that is compressed while it is written: in constant memory but for the names of its members."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

from pixcrawler_core.exports.archive import CHUNK, ArchiveWriter
from pixcrawler_core.exports.shards import add_member
from pixcrawler_core.exports.volumes import Volumes

Compress = Callable[[Volumes], AbstractContextManager[Any]]
"""Opens a file for writing (`write` and `tell`) whose compressed form goes to a stream."""


class TarballWriter(ArchiveWriter):
    """A compressed TAR file (POSIX.1-2001) in the making: fixed times, owners and permissions."""

    def __init__(
        self, folder: Path, dataset: str, suffix: str, *, volume: int | None, compress: Compress
    ) -> None:
        self._compress = compress
        super().__init__(folder, dataset, suffix, volume)

    def begin(self) -> None:
        """Begin the file."""
        super().begin()
        packed = self.files.enter_context(self._compress(self.stream))
        self._tar = self.files.enter_context(
            tarfile.TarFile(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, copybufsize=CHUNK)
        )

    def member(self, source: BinaryIO, size: int, name: str) -> None:
        """Add a file."""
        add_member(self._tar, name, size, source)
