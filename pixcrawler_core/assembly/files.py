"""Writes files that are there whole or not at all, and links images from the blob store."""

from __future__ import annotations

import contextlib
import filecmp
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pixcrawler_core.assembly.entries import EXTENSIONS
from pixcrawler_core.blobs.sealed import SealedBlob

if TYPE_CHECKING:
    from collections.abc import Sequence

NUMBERED = re.compile(r"image_\d{3,}")
"""Names, without their ending, of the files that belong to an image."""
OURS = re.compile(rf"{NUMBERED.pattern}\.(?:{'|'.join(sorted({*EXTENSIONS.values(), 'bin'}))})")


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[IO[str]]:
    """A text file that takes its name only when it was written without an error.

    Halves of surrogate pairs, which JSON can bring from the web and UTF-8 cannot hold, become `?`.
    """
    part = part_of(path)
    try:
        with part.open("w", encoding="utf-8", errors="replace") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def part_of(path: Path) -> Path:
    """Temporary name of a file that is being written, beside it."""
    return path.with_name(f".{path.name}.part")


def link(blob: Path | SealedBlob, path: Path) -> None:
    """Make `path` the same file as `blob`, or a copy where the file system knows no hard links.

    Of an encrypted blob it is a decrypted copy. Raises OSError, BlobLocked and BlobDamaged.
    """
    if isinstance(blob, SealedBlob):
        _decrypt(blob, path)
        return
    try:
        os.link(blob, path)
    except FileExistsError:
        if not path.samefile(blob) and not filecmp.cmp(path, blob, shallow=False):
            _replace(blob, path)
    except OSError:
        _replace(blob, path)


def _decrypt(blob: SealedBlob, path: Path) -> None:
    """Write the plain bytes, unless the file has them: then no key is needed."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() == blob.sha256:
            return
    part = part_of(path)
    try:
        with part.open("wb") as file:
            file.writelines(blob.chunks())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _replace(blob: Path, path: Path) -> None:
    part = part_of(path)
    shutil.copyfile(blob, part)
    part.replace(path)


def remove_strays(folder: Path, kept: Sequence[str]) -> None:
    """Remove images of earlier runs that the dataset has no longer; only files that we named ourselves."""
    wanted = set(kept)
    for path in folder.glob("categories/*/image_*"):
        ours = OURS.fullmatch(path.name) and path.is_file()
        if ours and path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
