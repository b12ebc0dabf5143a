"""Collections of files whose duplicates a dataset must not have: an evaluation set, say."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from pixcrawler_core.dedup.against import possible
from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.dedup.description import described
from pixcrawler_core.dedup.files import FileTable
from pixcrawler_core.dedup.looking import Looker

if TYPE_CHECKING:
    from pixcrawler_core.dedup.methods import Method
    from pixcrawler_core.dedup.recogniser import Study
    from pixcrawler_core.image import Image

logger = logging.getLogger(__name__)


class References:
    """The collections at `folders`, asked by these methods. Nothing in them is changed. Threads may share it.

    What cannot be looked at is told once. The constructor raises ConfigError for a collection that lacks a
    method; all raise WorkspaceError.
    """

    def __init__(self, folders: Iterable[Path], methods: Sequence[Method]) -> None:
        with ExitStack() as stack:
            self._collections = [
                stack.enter_context(Collection(folder, methods, changing=False)) for folder in folders
            ]
            self._closing = stack.pop_all()
        self._methods = methods
        self._versions = [method.version for method in methods]
        self._looker = Looker()
        self._told = False
        self._lock = Lock()

    def find(self, image: Image, study: Study) -> str | None:
        """What the image duplicates, in words: the first of `possible` that is one. None if nothing."""
        prints = {method.version: study.prints[method.name] for method in self._methods}
        with self._lock:
            found = list(possible(prints, self._versions, self._collections, self._looker))
        for each in found:
            method = self._methods[each.method]
            if each.sure or self._looker.like(image, each.file, method):
                return f"the same as {each.file.path} ({method.name}, distance {each.distance:g})"
        self._warn()
        return None

    def close(self) -> None:
        """Let go of the files."""
        self._closing.close()

    def _warn(self) -> None:
        with self._lock:
            if self._told or not self._looker.failures:
                return
            self._told = True
        failure = next(iter(self._looker.failures.values()))
        logger.warning(
            "%s, which is in a collection of [dedup] against, cannot be compared: %s; what duplicates it, or "
            "others that cannot be, may come into the dataset; run pixcrawler dedup --index on them again",
            failure.path,
            failure.detail,
        )


def digest_of(folder: Path) -> str:
    """Hex digits that are others when the files of a collection are. Raises WorkspaceError."""
    described(folder)
    with closing(FileTable(folder / "files.db")) as files:
        return files.digest()
