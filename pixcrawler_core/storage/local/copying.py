"""Takes the bytes of files into a store, and computes their digests on the way."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pixcrawler_core.storage.bodies import Body, named
from pixcrawler_core.storage.errors import ObjectDamaged

CHUNK = 256 * 1024
"""Bytes that are read at once: much larger ones come from the system anew each time, which costs as much as
the digest."""
CLONE = 0x40049409
"""The request FICLONE, by which btrfs and XFS share the blocks of a file until one of both is changed:
https://man7.org/linux/man-pages/man2/ioctl_ficlone.2.html."""


def taken(file: BinaryIO, target: Path, *, durable: bool = False) -> tuple[int, str]:
    """Copy a file, open without a buffer, to a new one; returns size and SHA-256.

    `durable` has it on the disk. The blocks are shared where the file system can do that. Raises OSError.
    """
    with target.open("x+b", buffering=0) as copy:
        chunk = file.read(CHUNK)
        if len(chunk) == CHUNK and _cloned(file, copy):  # one that is smaller has been read by now
            digest = hashlib.file_digest(copy, "sha256")
        else:
            digest = hashlib.sha256()
            while chunk:
                digest.update(chunk)
                _write(copy, chunk)
                chunk = file.read(CHUNK)
        if durable:
            os.fsync(copy.fileno())
        return os.fstat(copy.fileno()).st_size, digest.hexdigest()


def written(chunks: Iterable[bytes], target: Path, *, durable: bool = False) -> None:
    """Write chunks to a new file. Raises OSError, and what the chunks raise."""
    with target.open("xb", buffering=0) as file:
        for chunk in chunks:
            _write(file, chunk)
        if durable:
            os.fsync(file.fileno())


def on_disk(paths: Sequence[Path]) -> None:
    """Have files on the disk. Raises OSError.

    All at once first, for one by one each may wait for a commit of the file system's journal; then each by
    itself, which alone tells errors.
    """
    os.sync()
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())


def chunks_of(file: BinaryIO, end: int | None = None) -> Iterator[bytes]:
    """What a file has from where it stands, up to the byte `end`."""
    at = file.tell()
    while end is None or at < end:
        chunk = file.read(CHUNK if end is None else min(CHUNK, end - at))
        if not chunk:
            return
        at += len(chunk)
        yield chunk


def check_digest(body: Body, digest: str, wanted: str | None) -> None:
    """Raise ObjectDamaged if what is to be stored has another digest than it must have."""
    if wanted is not None and digest != wanted.lower():
        raise ObjectDamaged(
            f"{named(body)} has SHA-256 {digest}, not {wanted[:64]}; nothing was stored: fetch it anew"
        )


def _cloned(file: BinaryIO, copy: BinaryIO) -> bool:
    with contextlib.suppress(OSError):  # another file system, or one that cannot do it
        fcntl.ioctl(copy.fileno(), CLONE, file.fileno())
        return True
    return False


def _write(file: BinaryIO, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]
