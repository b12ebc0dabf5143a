"""The place of an export: a hidden name beside the final one, which it takes when it is complete."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pixcrawler_core.exports.hold import Hold
from pixcrawler_core.exports.names import check_dataset


class Place:
    """A file or folder in the making, `part`, and the path `final` that it takes when it is complete.

    One process at a time writes an export: from `clear` or `take` to `release` a lock keeps others out. What
    an earlier one left unfinished is removed. Raises ValueError for a dataset's name that could lead
    elsewhere; the methods raise OSError.
    """

    def __init__(self, folder: Path, dataset: str, suffix: str) -> None:
        check_dataset(dataset)
        self.final = folder / f"{dataset}{suffix}"
        self.part = folder / f".{self.final.name}.part"
        self._earlier = folder / f".{self.final.name}.earlier"
        self._hold: Hold | None = None

    def clear(self) -> None:
        """Do as `take`, and remove what a killed export left of its part."""
        self.take()
        self.remove()

    def take(self) -> None:
        """Keep others out. What a killed export had set aside comes back, or goes if there is a new one.

        Raises HeldError while another one is written under this name.
        """
        self._hold = Hold(self.final.with_name(f".{self.final.name}.lock"))
        if self._earlier.exists() and not self.final.exists():
            self._earlier.replace(self.final)
        _remove(self._earlier)

    def release(self) -> None:
        """Let the next one write this export; harmless when that is so already."""
        hold, self._hold = self._hold, None
        if hold is not None:
            hold.release()

    def remove(self) -> None:
        """Remove what was written so far; nothing of another export's, before `clear` and after `release`."""
        if self._hold is None:
            return
        for path in (self.part, self._earlier):
            _remove(path)

    def put(self, path: Path, name: str, *, own: bool) -> None:
        """Add a file to the folder in the making; one that is the dataset's `own` as a hard link if possible.

        Raises ValueError for a name that is taken.
        """
        target = self.part / name
        if target.exists():
            raise ValueError(f"the name {name!r} was added already")
        target.parent.mkdir(parents=True, exist_ok=True)
        if own and _linked(path, target):
            return
        shutil.copyfile(path, target)

    def finish(self) -> Path:
        """Give what was written its final name, in the place of an earlier export; returns it."""
        if self.final.is_dir() and not self.final.is_symlink():
            self.final.replace(self._earlier)
        try:
            self.part.replace(self.final)
        except OSError:
            if self._earlier.exists():
                self._earlier.replace(self.final)
            raise
        _remove(self._earlier)
        sync(self.final.parent)
        return self.final


def sync(path: Path) -> None:
    """Have a file or a folder's names written to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _linked(path: Path, target: Path) -> bool:
    try:
        os.link(path, target)
    except OSError:  # another disk, or a file system without hard links: the copy tells what is wrong
        return False
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
