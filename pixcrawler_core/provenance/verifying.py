"""Verifies a dataset's folder: every file against the manifest and the lock, and these against each other."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from pixcrawler_core.assembly.dataset import EXTRAS, REPORT
from pixcrawler_core.assembly.label_files import SINGLE
from pixcrawler_core.assembly.label_forms import FORMS
from pixcrawler_core.errors import DatasetError
from pixcrawler_core.exports.names import CATEGORIES
from pixcrawler_core.provenance.derived import derived_problems
from pixcrawler_core.provenance.inside import Inside, NotAFile
from pixcrawler_core.provenance.promises import Problem, Promise, promises_of

BATCH = 32
"""Files that a thread hashes before it tells of them."""
AHEAD = 4
"""Batches a thread that are on their way: bounds memory."""


class Hashed(NamedTuple):
    """A file that was looked at: how many of its bytes were read, and what is wrong with it."""

    size: int
    problem: Problem | None


class Verification:
    """One look at a folder. The constructor reads manifest and lock; raises DatasetError where that fails.

    In memory are the path, digest and size of each image, and the problems.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.promises = promises_of(self.folder)
        self.problems = list(self.promises.problems)
        self.bytes = 0
        self._inside = Inside(self.folder)
        if self.promises.images > self.promises.left_out and not self._inside.has(CATEGORIES.rstrip("/")):
            raise DatasetError(
                f"{self.folder} has no folder {CATEGORIES} as a dataset has: an export in folders of its own "
                "cannot be verified; verify the dataset, or an archive of it, unpacked"
            )

    @property
    def total(self) -> int:
        """Number of files that are to be hashed."""
        return len(self.promises.files)

    def check(self, threads: int) -> Iterator[Hashed]:
        """Look at all files, in their order; tells of each when it is done."""
        for found in self._hashed(threads):
            self.bytes += found.size
            if found.problem is not None:
                self.problems.append(found.problem)
            yield found
        for name in self.promises.listed:
            self.problems += self._absent(name)
        self.problems += derived_problems(self._inside, part=self.promises.part)
        self.problems += self._strays()

    def _hashed(self, threads: int) -> Iterator[Hashed]:
        waiting: deque[Future[list[Hashed]]] = deque()
        files = iter(self.promises.files.items())
        with ThreadPoolExecutor(threads, thread_name_prefix="verify") as pool:
            try:
                while batch := list(itertools.islice(files, BATCH)):
                    waiting.append(pool.submit(self._look, batch))
                    if len(waiting) >= AHEAD * threads:
                        yield from waiting.popleft().result()
                while waiting:
                    yield from waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _look(self, batch: Iterable[tuple[str, Promise]]) -> list[Hashed]:
        return [self._hash(path, promise) for path, promise in batch]

    def _hash(self, path: str, promise: Promise) -> Hashed:
        try:
            with self._inside.opened(path) as file:
                size = os.fstat(file.fileno()).st_size
                if size != promise.size:
                    told = f"it has {size} bytes, and should have {promise.size}"
                    return Hashed(0, Problem("changed", path, told))
                digest = hashlib.file_digest(file, "sha256").digest()
        except (OSError, NotAFile) as error:
            return Hashed(0, _unopened(path, error))
        if digest == promise.sha256:
            return Hashed(size, None)
        told = f"its sha256 is {digest.hex()}, and should be {promise.sha256.hex()}"
        return Hashed(size, Problem("changed", path, told))

    def _absent(self, name: str) -> Iterator[Problem]:
        """What is wrong with a file of which nothing is known but that it is there."""
        try:
            self._inside.opened(name).close()
        except (OSError, NotAFile) as error:
            yield _unopened(name, error)

    def _strays(self) -> Iterator[Problem]:
        """Files of which neither manifest nor lock knows, and links."""
        known = {*EXTRAS, REPORT, *self.promises.listed}
        labelled: set[str] | None = None
        for path in _below(self.folder):
            name = path.relative_to(self.folder).as_posix()
            if name in self.promises.files or name in known:
                continue
            if name.startswith(f"{SINGLE}/") and path.suffix[1:] in FORMS and not path.is_symlink():
                labelled = labelled or {_own(image, SINGLE) for image in self.promises.files}
                if name.removesuffix(path.suffix) in labelled:
                    continue
            yield Problem("extra", name, "neither the manifest nor the lock knows it")


def _own(image: str, folder: str) -> str:
    """`labels/red-panda/image_001` for `categories/red-panda/image_001.jpg`."""
    return f"{folder}/{image.partition('/')[2].rpartition('.')[0]}"


def _below(folder: Path) -> Iterator[Path]:
    """Everything in a folder but folders, in order."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        links = (name for name in folders if os.path.islink(os.path.join(place, name)))
        yield from (Path(place, name) for name in sorted([*names, *links]))


def _unopened(path: str, error: Exception) -> Problem:
    if isinstance(error, FileNotFoundError):
        return Problem("missing", path, "it is not there")
    if isinstance(error, NotAFile):
        return Problem("not-a-file", path, str(error))
    told = error.strerror if isinstance(error, OSError) else None
    return Problem("unreadable", path, f"it cannot be read: {told or error}")
