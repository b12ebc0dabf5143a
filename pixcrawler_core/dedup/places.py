"""Finds the image files to be compared: each once, by its true path, and shown as the user named it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.examining import files_below

Reserving = Callable[[Path], bool]
"""Whether the file with a true path is one of others, which is never changed."""


class GivenFiles:
    """The files and folders that a user named, but for those below the folders `without`.

    Nor do those count whose true paths are `reserved`. Raises ConfigError for one that is not there.
    """

    def __init__(
        self, paths: Iterable[Path], without: Iterable[Path] = (), reserved: Reserving = lambda _: False
    ) -> None:
        self._roots = {_true(path): path for path in paths}
        self._without = [Path(os.path.realpath(path)) for path in without]
        self.reserved = reserved

    def files(self) -> Iterator[Path]:
        """The true paths of all files, each once, as `examining.files_below` finds them.

        Without symbolic links in folders, that is: else a file could be taken for a duplicate of itself.
        """
        told: set[Path] = set()
        for root in self._roots:
            for path in files_below([root]):
                if path in told or not self._counts(path):
                    continue
                if len(self._roots) > 1:
                    told.add(path)
                yield path

    @property
    def roots(self) -> list[Path]:
        """The true paths of what was named."""
        return list(self._roots)

    def __contains__(self, path: Path) -> bool:
        """Whether a true path is named, or below a folder that is, and counts."""
        return _below(path, self._roots) and self._counts(path)

    def shown(self, path: Path) -> Path:
        """A true path in the words of the user; as it is, if it is not below what was named."""
        if path in self._roots:
            return self._roots[path]
        for root, named in self._roots.items():
            if path.is_relative_to(root):
                return named / path.relative_to(root)
        return path

    def _counts(self, path: Path) -> bool:
        return not _below(path, self._without) and not self.reserved(path)


def _true(path: Path) -> Path:
    """The path without symbolic links on the way; the last part of a file's path may be one."""
    if not os.path.lexists(path):
        raise ConfigError(f"{path}: there is no such file or folder")
    if path.is_dir():
        return Path(os.path.realpath(path))
    return Path(os.path.realpath(path.parent), path.name)


def _below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)
