"""Opens files of a folder by names that a stranger gave, and never one that lies elsewhere."""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path


class NotAFile(Exception):
    """At a path is no regular file, or the way to it leads over a link; says what is there."""


class Inside:
    """A folder whose files are opened without following a link in it. Threads may share it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._plain: set[Path] = {root}

    def opened(self, path: str) -> FileIO:
        """The regular file at a path that was checked (`reading.checked_path`).

        Raises FileNotFoundError, NotAFile, and OSError for one that cannot be read.
        """
        place = self.root / path
        self._walk(place.parent)
        if stat.S_ISLNK(os.lstat(place).st_mode):
            raise NotAFile("a symbolic link is there")
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotAFile("what is there is no regular file")
        return FileIO(descriptor)

    def has(self, path: str) -> bool:
        """Whether anything is at a path."""
        return os.path.lexists(self.root / path)

    def _walk(self, folder: Path) -> None:
        """See that a folder and all above it are folders, up to the root. Raises as `opened`."""
        if folder in self._plain:
            return
        self._walk(folder.parent)
        mode = os.lstat(folder).st_mode
        if stat.S_ISLNK(mode):
            raise NotAFile(f"{folder.relative_to(self.root)} is a symbolic link")
        if not stat.S_ISDIR(mode):
            raise FileNotFoundError(folder)
        self._plain.add(folder)
