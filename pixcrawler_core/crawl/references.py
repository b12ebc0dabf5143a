"""Collections of files whose duplicates a dataset must not have: an evaluation set, say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import Image

if TYPE_CHECKING:
    from pixcrawler_core.dedup.methods import Method
    from pixcrawler_core.dedup.recogniser import Study
    from pixcrawler_core.records import Match


class References:
    """The collections at `folders`, asked by these methods. Nothing in them is changed. Threads may share it.

    The constructor raises ConfigError for a collection that lacks a method; all raise WorkspaceError.
    """

    def __init__(self, folders: Iterable[Path], methods: Sequence[Method]) -> None:
        with ExitStack() as stack:
            self._collections = [
                stack.enter_context(Collection(folder, methods, changing=False)) for folder in folders
            ]
            self._closing = stack.pop_all()
        self._methods = methods
        self._lock = Lock()

    def find(self, image: Image, study: Study) -> str | None:
        """What the image duplicates, in words; None if nothing."""
        for collection in self._collections:
            for method in self._methods:
                with self._lock:
                    matches = collection.find(method.version, study.prints[method.name])
                for match in matches:
                    path = self._duplicated(collection, method, image, match)
                    if path is not None:
                        return f"the same as {path} ({method.name}, distance {match.distance:g})"
        return None

    def close(self) -> None:
        """Let go of the files."""
        self._closing.close()

    def _duplicated(self, collection: Collection, method: Method, image: Image, match: Match) -> Path | None:
        """The file that an image duplicates. One that is gone, or another one by now, is not looked at."""
        with self._lock:
            file = collection.files(np.array([match.key], np.int64)).get(match.key)
        if file is None or match.sure:
            return file.path if file else None
        try:
            other = Image.open(file.path, detailed=True)
            same = other.sha256 == file.sha256 and method.matcher.same(image, other)
        except (DecodeError, OSError):
            return None
        return file.path if same else None
