"""Keeps bytes under the name of their SHA-256, written once and never changed."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.blobs.reporting import reported
from pixcrawler_core.blobs.sealed import ENDING, SealedBlob
from pixcrawler_core.blobs.writer import Blob, BlobWriter
from pixcrawler_core.errors import BlobDamaged

if TYPE_CHECKING:
    from pixcrawler_core.blobs.cipher import BlobCipher

_SHA256 = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """A folder of blobs at `ab/<sha256>`, encrypted at `ab/<sha256>.sealed`, to be used from any thread.

    A blob is written under a temporary name and renamed, so that it is there whole or not at all when the
    process is killed. It is not synced: a power cut may lose the blobs of the last seconds, or leave them
    short, which the next `put` of the same bytes repairs and `verify` finds. Disk errors are raised as
    WorkspaceError.

    With a `cipher`, new blobs are encrypted if that says so, and either kind is read. An encrypted one whose
    key is missing is there all the same: reading it raises BlobLocked, and putting its bytes replaces it.
    """

    def __init__(self, root: Path, cipher: BlobCipher | None = None) -> None:
        self.root = root
        self.temporary = root / "tmp"
        self.cipher = cipher
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

    def file(self, sha256: str) -> Path | SealedBlob:
        """The file of a blob, or where that would lie; one that is encrypted is decrypted as it is read.

        Raises ValueError for anything but 64 lower-case hex digits.
        """
        plain, sealed = self._files(sha256)
        return sealed if not os.path.exists(plain) and os.path.exists(sealed.path) else plain

    def has(self, sha256: str, size: int | None = None) -> bool:
        """Whether the blob is there, with `size` bytes if that is given: a power cut can leave it short.

        No key is needed for that.
        """
        plain, sealed = self._files(sha256)
        found = _size(plain)
        if found is not None and size in (None, found):
            return True
        return os.path.isfile(sealed.path) if size is None else sealed.size() == size

    def open(self, sha256: str) -> io.BytesIO | io.BufferedReader:
        """The blob for reading; WorkspaceError if it is not there."""
        file = self.file(sha256)
        if isinstance(file, SealedBlob):
            return io.BytesIO(file.read_bytes())
        with reported(f"cannot read the blob {sha256}"):
            return file.open("rb")

    def remove(self, sha256: str) -> None:
        """Remove a blob; harmless for one that is not there."""
        plain, sealed = self._files(sha256)
        with reported(f"cannot remove the blob {sha256}"):
            plain.unlink(missing_ok=True)
            sealed.path.unlink(missing_ok=True)

    def verify(self, sha256: str) -> bool:
        """Whether the blob is there with the very bytes that its name stands for."""
        if not self.has(sha256):
            return False
        try:
            with self.open(sha256) as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except BlobDamaged:
            return False

    def stored(self) -> Iterator[Blob]:
        """All blobs by ascending digest, each with the bytes that its file has."""
        for path in sorted(self.root.glob("??/*")):
            sha256 = path.name.removesuffix(ENDING)
            if _SHA256.fullmatch(sha256) and (size := _size(path)) is not None:
                yield Blob(sha256, size, path)

    def sealed(self) -> Iterator[SealedBlob]:
        """All encrypted blobs by ascending digest."""
        for path in sorted(self.root.glob(f"??/*{ENDING}")):
            if _SHA256.fullmatch(sha256 := path.name.removesuffix(ENDING)):
                yield SealedBlob(path, sha256, self.cipher)

    def clean(self, min_age: float = 0.0) -> int:
        """Remove temporary files at least `min_age` seconds old and return how many.

        With the default it takes the files of running writers too: call it where there can be none.
        """
        newest = time.time() - min_age
        removed = 0
        with reported(f"cannot clean {self.temporary}"):
            for entry in os.scandir(self.temporary) if self.temporary.is_dir() else ():
                if entry.stat().st_mtime <= newest:
                    Path(entry).unlink(missing_ok=True)
                    removed += 1
        return removed

    def kept(self, sha256: str, size: int) -> Path | None:
        """The file of a blob that need not be written when its bytes come again; None if there is none."""
        plain, sealed = self._files(sha256)
        if _size(plain) == size:
            return plain
        if self.cipher is None or sealed.size() != size:
            return None
        header = sealed.header()
        return sealed.path if header and self.cipher.suits(header, sha256) else None

    def start_file(self) -> tuple[Path, io.FileIO]:
        """A new temporary file within the store, open for writing."""
        self._make(self.temporary)
        path = self.temporary / f"{self._prefix}-{next(self._numbers)}"
        return path, path.open("xb", buffering=0)

    def move_in(self, temporary: Path, sha256: str, *, sealed: bool) -> Path:
        """Give a finished temporary file its final name, which is returned; the other kind's file goes."""
        plain, encrypted = self._files(sha256)
        target, other = (encrypted.path, plain) if sealed else (plain, encrypted.path)
        self._make(target.parent)
        temporary.replace(target)
        other.unlink(missing_ok=True)
        return target

    def _files(self, sha256: str) -> tuple[Path, SealedBlob]:
        """Where a blob lies plain, or would, and where encrypted."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256 in lower-case hex: {sha256[:80]!r}")
        plain = self.root / sha256[:2] / sha256
        return plain, SealedBlob(plain.with_name(sha256 + ENDING), sha256, self.cipher)

    def _make(self, folder: Path) -> None:
        if folder not in self._made:
            folder.mkdir(parents=True, exist_ok=True)
            self._made.add(folder)


def _size(path: Path) -> int | None:
    """Bytes of a regular file; None if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None
