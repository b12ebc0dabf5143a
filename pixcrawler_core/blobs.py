"""Keeps bytes under the name of their SHA-256, written once and never changed."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import BinaryIO

from pixcrawler_core.errors import WorkspaceError

MEMORY = 1024 * 1024
"""Bytes of a body that are held in memory before it goes to a temporary file."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in the store: their SHA-256 in hex, how many there are, and the file they lie in."""

    sha256: str
    size: int
    path: Path


class BlobStore:
    """A folder of blobs at `ab/<sha256>`, to be used from any thread.

    A blob is written under a temporary name and renamed, so that it is there whole or not at all when the
    process is killed. It is not synced: a power cut may lose the blobs of the last seconds, or leave them
    short, which the next `put` of the same bytes repairs and `verify` finds. Disk errors are raised as
    WorkspaceError.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.temporary = root / "tmp"
        self._prefix = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._numbers = count()
        self._made: set[Path] = set()

    def put(self, chunks: Iterable[bytes]) -> Blob:
        """Store the bytes of all chunks, in order, as one blob."""
        writer = self.spool()
        try:
            for chunk in chunks:
                writer.write(chunk)
            return writer.commit()
        finally:
            writer.discard()

    def spool(self) -> BlobWriter:
        """Start a blob whose bytes come bit by bit."""
        return BlobWriter(self)

    def path(self, sha256: str) -> Path:
        """Where a blob lies, or would. Raises ValueError for anything but 64 lower-case hex digits."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256 in lower-case hex: {sha256[:80]!r}")
        return self.root / sha256[:2] / sha256

    def has(self, sha256: str, size: int | None = None) -> bool:
        """Whether the blob is there, with `size` bytes if that is given: a power cut can leave it short."""
        try:
            found = self.path(sha256).stat()
        except FileNotFoundError:
            return False
        return stat.S_ISREG(found.st_mode) and size in (None, found.st_size)

    def open(self, sha256: str) -> BinaryIO:
        """The blob for reading; WorkspaceError if it is not there."""
        path = self.path(sha256)
        with _reported(f"cannot read the blob {sha256}"):
            return path.open("rb")

    def remove(self, sha256: str) -> None:
        """Remove a blob; harmless for one that is not there."""
        with _reported(f"cannot remove the blob {sha256}"):
            self.path(sha256).unlink(missing_ok=True)

    def verify(self, sha256: str) -> bool:
        """Whether the blob is there with the very bytes that its name stands for."""
        if not self.has(sha256):
            return False
        with _reported(f"cannot read the blob {sha256}"), self.path(sha256).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256

    def clean(self, min_age: float = 0.0) -> int:
        """Remove temporary files at least `min_age` seconds old and return how many.

        With the default it takes the files of running writers too: call it where there can be none.
        """
        newest = time.time() - min_age
        removed = 0
        with _reported(f"cannot clean {self.temporary}"):
            for entry in os.scandir(self.temporary) if self.temporary.is_dir() else ():
                if entry.stat().st_mtime <= newest:
                    Path(entry).unlink(missing_ok=True)
                    removed += 1
        return removed

    def start_file(self) -> tuple[Path, BinaryIO]:
        """A new temporary file within the store, open for writing."""
        self._make(self.temporary)
        path = self.temporary / f"{self._prefix}-{next(self._numbers)}"
        return path, path.open("xb", buffering=0)

    def move_in(self, temporary: Path, target: Path) -> None:
        """Give a finished temporary file its final name."""
        self._make(target.parent)
        temporary.replace(target)

    def _make(self, folder: Path) -> None:
        if folder not in self._made:
            folder.mkdir(parents=True, exist_ok=True)
            self._made.add(folder)


class BlobWriter:
    """Takes the bytes of one blob; up to `MEMORY` of them stay in memory, more go to a temporary file.

    Used by one thread at a time. After an error, and after `commit`, nothing temporary is left.
    """

    def __init__(self, store: BlobStore) -> None:
        self.size = 0
        self._store = store
        self._hash = hashlib.sha256()
        self._chunks: list[bytes] = []
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    def write(self, chunk: bytes) -> None:
        """Add bytes. Raises WorkspaceError when the disk refuses them; the blob is then discarded."""
        self._hash.update(chunk)
        self.size += len(chunk)
        if self._file is None and self.size <= MEMORY:
            self._chunks.append(chunk)
            return
        with self._discarding():
            self._to_file(chunk)

    def commit(self) -> Blob:
        """Put the blob into the store, unless it is there already, and say where it is."""
        sha256 = self._hash.hexdigest()
        target = self._store.path(sha256)
        with self._discarding():
            if not self._is_stored(target):
                self._to_file()
                self._close()
                if self._path is not None:
                    self._store.move_in(self._path, target)
                    self._path = None
        self.discard()
        return Blob(sha256, self.size, target)

    def discard(self) -> None:
        """Forget the bytes and remove what was written of them; harmless when there is nothing left."""
        self._chunks.clear()
        self._close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def _to_file(self, chunk: bytes = b"") -> None:
        if self._file is None:
            self._path, self._file = self._store.start_file()
        waiting = memoryview(b"".join((*self._chunks, chunk)))
        self._chunks.clear()
        while waiting:
            waiting = waiting[self._file.write(waiting) :]

    def _is_stored(self, target: Path) -> bool:
        try:
            return target.stat().st_size == self.size
        except FileNotFoundError:
            return False

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    @contextmanager
    def _discarding(self) -> Iterator[None]:
        with _reported(f"cannot write to {self._store.root}"):
            try:
                yield
            except OSError:
                self.discard()
                raise


@contextmanager
def _reported(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WorkspaceError(
            f"{what}: {error.strerror or error}; what is recorded is safe: "
            "mend that (a body may need as much room as max_bytes), and run the same command again"
        ) from error
