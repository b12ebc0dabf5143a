"""Files for encrypted objects on their way to a store, which takes files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

SMALL = 8 * 1024 * 1024
"""Bytes of a file up to which it is not written to a disk on its way: making and removing a file costs more
than encrypting an image."""
_MEMORY_FILES = hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd")


class Scratch(NamedTuple):
    """An open file, and the path by which a store reads it."""

    file: IO[bytes]
    path: Path


@contextmanager
def scratch(size: int, folder: Path | None) -> Iterator[Scratch]:
    """A file for the encrypted object of a file of `size` bytes; small ones stay in memory (Linux)."""
    if size <= SMALL and _MEMORY_FILES:
        with open(os.memfd_create("pixcrawler-encrypted"), "wb") as memory:
            yield Scratch(memory, Path(f"/proc/self/fd/{memory.fileno()}"))
        return
    with tempfile.NamedTemporaryFile(dir=folder, prefix="pixcrawler-encrypted-") as file:
        yield Scratch(file, Path(file.name))
