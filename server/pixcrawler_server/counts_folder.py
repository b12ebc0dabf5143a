"""The folder in which the processes of a server count together, which goes with the server."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "pixcrawler-metrics-"


def make_counts_folder() -> Path:
    """A new folder, locked as long as a process lives that began here; those of servers that are gone go."""
    place = Path(tempfile.gettempdir())
    for left in place.glob(f"{PREFIX}*"):
        lock = _locked(left)
        if lock is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)
    new = Path(tempfile.mkdtemp(prefix=f".{PREFIX}"))
    _locked(new)
    return new.rename(place / new.name.removeprefix("."))


def _locked(folder: Path) -> int | None:
    """The lock of a folder, which others do not take meanwhile; None where another process has it, or none
    can be had."""
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # another user's, or removed meanwhile
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        return None
    return opened
