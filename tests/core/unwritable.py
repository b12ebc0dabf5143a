"""A folder in which nothing can be written, for tests of what only reads."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def enterable() -> Iterator[Path]:
    """A temporary folder that everybody can enter."""
    with tempfile.TemporaryDirectory(prefix="pixcrawler-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def locked_up(folder: Path) -> Iterator[None]:
    """Let nothing be written in a folder and those below, by the superuser neither: he is somebody else."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    root = os.geteuid() == 0
    for each in folders:
        each.chmod(0o555)
    try:
        if root:
            os.seteuid(NOBODY)
        yield
    finally:
        if root:
            os.seteuid(0)
        for each in folders:
            each.chmod(0o755)
