"""Writes one blob whose bytes come bit by bit."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.blobs.reporting import reported
from pixcrawler_core.errors import BlobLocked

if TYPE_CHECKING:
    from pixcrawler_core.blobs.store import BlobStore

MEMORY = 1024 * 1024
"""Bytes of a body that are held in memory before it goes to a temporary file."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in the store: their SHA-256 in hex, how many there are, and the file in which they lie."""

    sha256: str
    size: int
    path: Path


class BlobWriter:
    """Takes the bytes of one blob; up to `MEMORY` of them stay in memory, more go to a temporary file.

    Used by one thread at a time. After an error, and after `commit`, nothing temporary is left. Where the
    store encrypts, no plain byte goes to the disk.
    """

    def __init__(self, store: BlobStore) -> None:
        self.size = 0
        self._store = store
        self._hash = hashlib.sha256()
        self._chunks: list[bytes] = []
        self._path: Path | None = None
        self._file: FileIO | None = None
        self._cipher = store.cipher if store.cipher and store.cipher.encrypts else None
        self._sealing = self._cipher.begin() if self._cipher else None

    @property
    def sha256(self) -> str:
        """Of the bytes until now, in hex."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Add bytes. Raises WorkspaceError when the disk refuses them; the blob is then discarded."""
        self._hash.update(chunk)
        self.size += len(chunk)
        if self._file is None and self.size <= MEMORY:
            self._chunks.append(chunk)
            return
        with self._discarding():
            self._to_file(chunk)

    def commit(self, *, anew: bool = False) -> Blob:
        """Put the blob into the store, unless it is there already, and say where it is.

        With `anew` it is written in any case, and is on the disk before it takes the place of what was there.
        """
        sha256 = self.sha256
        with self._discarding():
            path = None if anew else self._store.kept(sha256, self.size)
            if path is None:
                path = self._stored(sha256, durable=anew)
        self.discard()
        return Blob(sha256, self.size, path)

    def discard(self) -> None:
        """Forget the bytes and remove what was written of them; harmless when there is nothing left."""
        self._chunks.clear()
        self._close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def _stored(self, sha256: str, *, durable: bool) -> Path:
        sealing = self._sealing
        rest = self._taken() + (sealing.end() if sealing else b"")
        header = self._cipher.header(sealing, sha256) if self._cipher and sealing else b""
        if self._file is None or self._path is None:
            self._path, self._file = self._store.start_file()
            self._write(self._file, header + rest)
        else:
            self._write(self._file, rest)
            self._file.seek(0)
            self._write(self._file, header)
        if durable:
            os.fsync(self._file.fileno())
        self._close()
        path = self._store.move_in(self._path, sha256, sealed=sealing is not None)
        self._path = None
        return path

    def _to_file(self, chunk: bytes) -> None:
        taken = self._taken(chunk)
        if self._file is None:
            self._path, self._file = self._store.start_file()
            taken = (self._sealing.begin() if self._sealing else b"") + taken
        self._write(self._file, taken)

    def _taken(self, chunk: bytes = b"") -> bytes:
        """What waits in memory and a chunk, as it is to be written."""
        waiting = b"".join((*self._chunks, chunk))
        self._chunks.clear()
        return waiting if self._sealing is None else self._sealing.add(waiting)

    def _write(self, file: FileIO, data: bytes) -> None:
        waiting = memoryview(data)
        while waiting:
            waiting = waiting[file.write(waiting) :]

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    @contextmanager
    def _discarding(self) -> Iterator[None]:
        with reported(f"cannot write to {self._store.root}"):
            try:
                yield
            except (OSError, BlobLocked):
                self.discard()
                raise
