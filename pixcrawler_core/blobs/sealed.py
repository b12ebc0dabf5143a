"""A blob that lies encrypted on the disk. It is never written decrypted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.blobs.reporting import reported
from pixcrawler_core.errors import BlobLocked, WorkspaceError
from pixcrawler_core.storage.encryption.format import MOST_HEADER, Header, read_header

if TYPE_CHECKING:
    from pixcrawler_core.blobs.cipher import BlobCipher

ENDING = ".sealed"
"""Of the file's name: by it, never by its bytes, an encrypted blob is told from a plain one."""
BLOCK = 1024 * 1024
"""Bytes that are read at once."""


@dataclass(frozen=True, slots=True)
class SealedBlob:
    """An encrypted file, or where it would lie; `cipher` is None where no keys are named.

    Reading raises BlobLocked, BlobDamaged, and WorkspaceError where the disk fails.
    """

    path: Path
    sha256: str
    """Of the plain bytes."""
    cipher: BlobCipher | None

    def chunks(self) -> Iterator[bytes]:
        """The plain bytes."""
        if self.cipher is None:
            raise BlobLocked(
                f"the blob {self.sha256} is encrypted, and no keys are named: name them as [storage] keys in "
                "storage.toml in the workspace"
            )
        with reported(f"cannot read the blob {self.sha256}"), self.path.open("rb", buffering=0) as file:
            yield from self.cipher.decrypt(iter(lambda: file.read(BLOCK), b""), self.sha256)

    def read_bytes(self) -> bytes:
        """All plain bytes."""
        return b"".join(self.chunks())

    def memory_file(self) -> int:
        """The descriptor of a file in memory with the plain bytes, to be closed; WorkspaceError without."""
        if not hasattr(os, "memfd_create") or not os.path.isdir("/proc/self/fd"):
            raise WorkspaceError(
                f"the blob {self.sha256} is encrypted, and this system has no files in memory to give it a "
                "path: read image.file.read_bytes() instead of image.path"
            )
        plain = self.read_bytes()
        descriptor = os.memfd_create("pixcrawler-blob")
        with open(descriptor, "wb", closefd=False) as file:
            file.write(plain)
        return descriptor

    def header(self) -> Header | None:
        """The header; None if there is no such file, or its beginning is damaged."""
        return found[0] if (found := self._begin()) else None

    def size(self) -> int | None:
        """Plain bytes, by the size of the file; None as for `header`, and for a file that is cut short."""
        if (found := self._begin()) is None:
            return None
        try:
            return found[0].plain(found[1])
        except ValueError:
            return None

    def _begin(self) -> tuple[Header, int] | None:
        """The header, and the bytes of the file."""
        with reported(f"cannot read the blob {self.sha256}"):
            try:
                with self.path.open("rb", buffering=0) as file:
                    return read_header(file.read(MOST_HEADER)), os.fstat(file.fileno()).st_size
            except (FileNotFoundError, ValueError):
                return None
