"""Tells files that can be read to their end from all else that a path may lead to."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def check_regular(path: Path, found: os.stat_result) -> None:
    """Raise OSError with a reason in words unless what was found at a path is a regular file."""
    if stat.S_ISDIR(found.st_mode):
        listed = os.access(path, os.R_OK | os.X_OK)
        raise OSError(None, "it is a folder" if listed else "it is a folder that may not be listed")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(None, "it is no regular file")
