"""The files that others are compared with, which are never changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import lru_cache
from itertools import chain
from pathlib import Path

from pixcrawler_core.dedup.description import described, is_collection
from pixcrawler_core.dedup.files import FileTable


class Reserved:
    """The files of `references`: all below a folder, and all that a collection names, there or not.

    Of a collection only those below `roots`, which are true paths, are asked for, and held. Raises
    WorkspaceError for a collection that cannot be read.
    """

    def __init__(self, references: Iterable[Path], roots: Iterable[Path]) -> None:
        named, own = list(references), tuple(map(str, roots))
        self._folders = [Path(os.path.realpath(path)) for path in named]
        noted = chain.from_iterable(_noted(folder) for folder in named if is_collection(folder))
        self._files = {path for path in noted if path.startswith(own)}

    def has(self, path: Path) -> bool:
        """Whether a true path is that of a reference's file."""
        return str(path) in self._files or any(path.is_relative_to(folder) for folder in self._folders)


def _noted(folder: Path) -> Iterator[str]:
    """The true paths of a collection's files, also where a folder is reached through a link by now."""
    described(folder)
    true = lru_cache(os.path.realpath)
    with closing(FileTable(folder / "files.db")) as files:
        for path in files.paths():
            parent, name = os.path.split(path)
            yield os.path.join(true(parent), name)
