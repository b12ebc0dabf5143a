"""A collection: image files on disk, and what methods need to recognise them, in a folder of its own.

In the folder are `collection.json` (which methods there are), `files.db` (which files, with their
fingerprints) and a folder for the index of each method.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.dedup.description import describe, described, locked
from pixcrawler_core.dedup.files import File, FileTable, Note
from pixcrawler_core.dedup.grouping import Matches
from pixcrawler_core.dedup.lacking import check_lacking
from pixcrawler_core.dedup.reading import FLEETING, Failure, Problem, Reading, read, stamp_of, unreadable
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.threads import Known, in_threads

if TYPE_CHECKING:
    from pixcrawler_core.dedup.methods import Method
    from pixcrawler_core.dedup.protocols import Index
    from pixcrawler_core.records import Match

Look = tuple[Path, Callable[[], Reading | Failure]]
"""A file and the reading of it, which is yet to be done."""
Looked = tuple[Path, "Seen | Reading | Failure"]
NOTED = 200
"""Files that are noted in one transaction; as many are read again at most when the process was killed."""


class Seen(NamedTuple):
    """What became of a file that was added."""

    path: Path
    key: int | None
    """Under which the methods know it; None for a failure."""
    failure: Failure | None = None
    read: bool = False
    """Whether it had to be read, since it was new or changed or a method did not know it."""


class Collection:
    """The collection in `folder`, to be used by one thread, with these methods.

    With `changing` it is made if need be, taken for oneself until `close`, and brought to agree with itself:
    the process may be killed at any moment, and the next one goes on from the files that were noted last.
    Without, it must be there, and nothing is added or removed; a warning tells of files that a method never
    studied, which it cannot find.

    All methods raise WorkspaceError when the folder cannot be used, is in use, or is found damaged. The
    constructor raises ConfigError for a collection that is not to be changed and lacks one of the methods.
    """

    def __init__(self, folder: Path, methods: Sequence[Method], *, changing: bool = True) -> None:
        self.folder = folder
        self.methods = tuple(methods)
        self._notes: dict[Path, Note] = {}
        with ExitStack() as stack:
            if changing:
                stack.callback(locked(folder).release)
            versions = self._versions(changing)
            self._total = len(versions)
            self._numbers = {each.version: versions.index(each.version) for each in methods}
            self._files = FileTable(folder / "files.db")
            stack.callback(self._files.close)
            if not changing:
                check_lacking(folder, methods, self._numbers, self._files)
            self._indexes: dict[str, Index] = {}
            for method in methods:
                self._indexes[method.version] = method.matcher.open(folder / method.folder)
                stack.callback(self._indexes[method.version].close)
            if changing:
                self._settle()
            self._next_key = self._files.last_key() + 1
            self._closing = stack.pop_all()

    def add(self, paths: Iterable[Path], threads: int) -> Generator[Seen, None, None]:
        """Add files, which are read in so many threads; tells of each in the order of the absolute `paths`.

        A file that is known to all methods, with the same size and time, is not read again. What cannot be
        read or compared is a failure. What was told may be lost until the generator is exhausted or closed.
        """
        try:
            with closing(in_threads(_looked, map(self._look, paths), threads)) as found:
                for path, seen in found:
                    yield self._seen(path, seen)
        finally:
            self._write()

    def remove(self, keys: Iterable[int]) -> None:
        """Forget files."""
        gone = list(keys)
        self._files.remove(gone, self._total)
        for index in self._indexes.values():
            for key in gone:
                index.remove(key)

    def remove_gone(self, folder: Path) -> int:
        """Forget all files below a folder that are there no longer; how many."""
        gone = [file.key for file in self._files.below(folder) if not os.path.lexists(file.path)]
        self.remove(gone)
        return len(gone)

    def files(self, keys: NDArray[np.int64]) -> dict[int, File]:
        """The files with these keys, by their keys; those that are not there are left out."""
        return {file.key: file for file in self._files.of(keys)}

    def is_empty(self) -> bool:
        """Whether no method knows any file."""
        return all(next(self._files.sound(number), None) is None for number in self._numbers.values())

    def matches(self) -> Matches:
        """Which files match each other, or may; the methods are numbered in the order of `methods`."""
        return Matches([self._indexes[each.version].pairs() for each in self.methods])

    def prints(self, key: int) -> dict[str, Mapping[str, Any]]:
        """The fingerprints of a file, by the method's version; of those methods that could make one."""
        sound = (version for version, problem in self._studied(key).items() if problem is None)
        return {version: self._files.print_of(key, self._numbers[version]) for version in sound}

    def trusted(self) -> AbstractContextManager[None]:
        """What is raised inside at fingerprints of this collection is told as its damage."""
        return self._files.trusted()

    def find(self, version: str, fingerprint: Mapping[str, Any]) -> Sequence[Match]:
        """The files that an image with this fingerprint by a method duplicates, or may; the nearest first.

        Keys that the index has and the notes have not are left out: their files are gone.
        """
        found = self._indexes[version].find(fingerprint)
        keys = np.array([match.key for match in found], np.int64)
        sound = self._files.sound_of(self._numbers[version], keys)
        return [match for match in found if match.key in sound]

    def close(self) -> None:
        """Let go of the folder; harmless when closed already."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _versions(self, changing: bool) -> list[str]:
        if changing:
            return describe(self.folder, self.methods)
        there = described(self.folder)
        if lacking := [each.version for each in self.methods if each.version not in there]:
            raise ConfigError(
                f"the collection {self.folder} has no fingerprints of {', '.join(lacking)} (it has: "
                f"{', '.join(there) or 'none'}); ask other methods, or make it with the same ones and options"
            )
        return there

    def _settle(self) -> None:
        """Let the indexes know the files that are noted, and nothing else."""
        for version, number in self._numbers.items():
            index = self._indexes[version]
            held = np.fromiter(index.keys(), np.int64)
            noted = np.fromiter(self._files.sound(number), np.int64)
            for key in np.setdiff1d(held, noted, assume_unique=True).tolist():
                index.remove(key)
            with self._files.trusted():
                for key in np.setdiff1d(noted, held, assume_unique=True).tolist():
                    index.add(key, self._files.print_of(key, number))
                index.flush()

    def _look(self, path: Path) -> Known[Looked] | Look:
        """What is known of a file if that is all, else the reading of it."""
        try:
            stamp = stamp_of(path)
        except OSError as error:
            return Known((path, Seen(path, None, unreadable(path, error))))
        file = self._files.at(path)
        if file is None:
            return path, partial(read, path, self.methods)
        studied = self._studied(file.key)
        if file.stamp == stamp and len(studied) == len(self.methods):
            return Known((path, _told(path, file.key, studied.values())))
        return path, partial(read, path, self.methods, file.sha256, studied)

    def _seen(self, path: Path, found: Seen | Reading | Failure) -> Seen:
        if isinstance(found, Failure):
            return Seen(path, None, found, read=True)
        return found if isinstance(found, Seen) else self._noted(path, found)

    def _noted(self, path: Path, reading: Reading) -> Seen:
        if path in self._notes or len(self._notes) >= NOTED:
            self._write()
        before = self._files.at(path)
        same = before is not None and before.sha256 == reading.sha256
        key = before.key if before and same else self._next_key
        self._next_key = max(self._next_key, key + 1)
        for version, fingerprint in reading.prints.items():
            self._indexes[version].add(key, fingerprint)
        lasting = {each: why for each, why in reading.problems.items() if why.reason != FLEETING}
        self._notes[path] = Note(
            file=File(key, path, reading.stamp, reading.sha256, reading.width, reading.height),
            prints={self._numbers[each]: json.dumps(told) for each, told in reading.prints.items()},
            problems={self._numbers[each]: why for each, why in lasting.items()},
            replaced=before.key if before and not same else None,
        )
        known = self._studied(key) if same else {}
        return _told(path, key, [*reading.problems.values(), *known.values()], read=True)

    def _studied(self, key: int) -> dict[str, Problem | None]:
        """By the versions of the methods that know a file: why they cannot, or None."""
        found = self._files.studied(key, list(self._numbers.values()))
        return {version: found[number] for version, number in self._numbers.items() if number in found}

    def _write(self) -> None:
        """Note what was read; after the indexes have it, since these are brought to agree with the notes."""
        if not self._notes:
            return
        notes = list(self._notes.values())
        self._notes.clear()
        for index in self._indexes.values():
            index.flush()
        self._files.write(notes, self._total)
        for note in notes:
            if note.replaced is not None:
                for index in self._indexes.values():
                    index.remove(note.replaced)


def _looked(look: Look) -> Looked:
    path, reading = look
    return path, reading()


def _told(path: Path, key: int, problems: Iterable[Problem | None], *, read: bool = False) -> Seen:
    problem = next((each for each in problems if each), None)
    if problem is None:
        return Seen(path, key, read=read)
    return Seen(path, None, Failure(path, *problem), read=read)
