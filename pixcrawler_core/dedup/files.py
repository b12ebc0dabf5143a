"""What a collection has noted of files: where they are, how large, and what each method knows of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.dedup.reading import Problem, Stamp
from pixcrawler_core.errors import PixCrawlerError, told
from pixcrawler_core.indexfile import IndexFile

VERSION = 2
SCHEMA = (
    "CREATE TABLE file (key INTEGER PRIMARY KEY AUTOINCREMENT, path BLOB NOT NULL UNIQUE, "
    "size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 BLOB NOT NULL, "
    "width INTEGER NOT NULL, height INTEGER NOT NULL)",
    "CREATE TABLE study (method INTEGER NOT NULL, key INTEGER NOT NULL, reason TEXT, detail TEXT, "
    "PRIMARY KEY (method, key)) WITHOUT ROWID",
    "CREATE TABLE print (key INTEGER NOT NULL, method INTEGER NOT NULL, told TEXT NOT NULL, "
    "PRIMARY KEY (key, method))",
)
"""`study` says by which methods a file was studied, and with a reason where that failed; `print` has the
fingerprints, which may be long, as JSON. No key is used again, since the index of a method that was not asked
keeps those of files that are gone."""
LAST_KEY = "SELECT COALESCE(MAX(seq), -1) FROM sqlite_sequence WHERE name = 'file'"
UNSTUDIED = "SELECT COUNT(*) FROM file WHERE key NOT IN (SELECT key FROM study WHERE method = ?)"
COLUMNS = "SELECT key, path, size, mtime_ns, sha256, width, height FROM file"
PRINT = "SELECT told FROM print WHERE key = ? AND method = ?"
DIGESTS = "SELECT key, sha256 FROM file ORDER BY key"
PATHS = "SELECT path FROM file"
STUDIES = "SELECT method, COUNT(*), COUNT(reason) FROM study GROUP BY method ORDER BY method"
MOST_KEY = 2**62
"""A key that no collection comes to."""
PAGE = 10_000
"""Rows read at a time."""


class File(NamedTuple):
    """A file of a collection."""

    key: int
    path: Path
    stamp: Stamp
    sha256: str
    """Hex digits."""
    width: int
    """Pixels as displayed; 0 where the header cannot be read."""
    height: int


@dataclass(frozen=True, kw_only=True)
class Note:
    """A file to be noted, by the numbers of the methods."""

    file: File
    prints: Mapping[int, str] = field(default_factory=dict)
    """Fingerprints as JSON."""
    problems: Mapping[int, Problem] = field(default_factory=dict)
    replaced: int | None = None
    """Key of what was under the path until now."""


class FileTable:
    """The file of these tables; used by one thread at a time. All methods raise WorkspaceError."""

    def __init__(self, path: Path) -> None:
        self._file = IndexFile(path, SCHEMA, version=VERSION)

    def last_key(self) -> int:
        """The greatest key that any file ever had; -1 if there is none."""
        ((key,),) = self._file.whole(self._file.query(LAST_KEY))
        if not -1 <= key < MOST_KEY:
            raise self._file.damaged(f"it gave the key {key}")
        return int(key)

    def at(self, path: Path) -> File | None:
        """The file under a path."""
        return next(self._files(f"{COLUMNS} WHERE path = ?", (os.fsencode(path),)), None)

    def of(self, keys: NDArray[np.int64]) -> Iterator[File]:
        """The files with these keys, in no particular order; those that are not there are left out."""
        return map(self._told, self._file.rows_of(f"{COLUMNS} WHERE key IN", keys))

    def below(self, folder: Path) -> Iterator[File]:
        """All files below a folder, in the order of their paths; and the one of this name."""
        start = os.fsencode(folder).rstrip(b"/")
        after = start + b"/"
        yield from self._files(f"{COLUMNS} WHERE path = ?", (start,))
        where = f"{COLUMNS} WHERE path > ? AND path < ? ORDER BY path LIMIT ?"
        while page := list(self._files(where, (after, start + b"0", PAGE))):  # 0 follows / in ASCII
            yield from page
            after = os.fsencode(page[-1].path)

    def paths(self) -> Iterator[str]:
        """The paths of all files, in any order; takes a second for a million."""
        for (path,) in self._file.query(PATHS, ()):
            if not isinstance(path, bytes):
                raise self._file.damaged("it has something else in the place of a path")
            yield os.fsdecode(path)

    def studied(self, key: int, methods: Sequence[int]) -> dict[int, Problem | None]:
        """Which of the methods know a file; with the problem where they failed."""
        found = {}
        for method in methods:
            where = "SELECT reason, detail FROM study WHERE method = ? AND key = ?"
            for reason, detail in self._file.query(where, (method, key)):
                found[method] = None if reason is None else self._problem(reason, detail)
        return found

    def sound(self, method: int) -> Iterator[int]:
        """The keys of all files of which a method has a fingerprint, in ascending order."""
        after = -1
        where = "SELECT key FROM study WHERE method = ? AND key > ? AND reason IS NULL ORDER BY key LIMIT ?"
        while page := [key for (key,) in self._file.whole(self._file.query(where, (method, after, PAGE)))]:
            yield from page
            after = page[-1]

    def sound_of(self, method: int, keys: NDArray[np.int64]) -> set[int]:
        """Those of these keys whose files a method has a fingerprint of."""
        where = "SELECT key FROM study WHERE method = ? AND reason IS NULL AND key IN"
        return {key for (key,) in self._file.whole(self._file.rows_of(where, keys, (method,)))}

    def unstudied(self, method: int) -> int:
        """How many files a method knows nothing of."""
        (found,) = self._file.query(UNSTUDIED, (method,))
        return int(found[0])

    def print_of(self, key: int, method: int) -> dict[str, Any]:
        """The fingerprint of a file by a method that has one of it."""
        try:
            found = json.loads(next(self._file.query(PRINT, (key, method)), (None,))[0])
        except (ValueError, TypeError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise self._file.damaged(f"file {key} has no fingerprint by method {method}")
        return found

    @contextmanager
    def trusted(self) -> Iterator[None]:
        """What a method raises at fingerprints of this table, which it had made, is told as its damage."""
        try:
            yield
        except PixCrawlerError:
            raise
        except Exception as error:
            raise self._file.damaged(f"a fingerprint cannot be used ({told(error)})") from error

    def digest(self) -> str:
        """Hex digits that are others when other files, or more or fewer of them by a method, are noted.

        Takes about a second for a million files.
        """
        found = hashlib.sha256()
        for row in chain(self._file.query(DIGESTS), self._file.query(STUDIES)):
            found.update(repr(row).encode())
        return found.hexdigest()

    def write(self, notes: Sequence[Note], methods: int) -> None:
        """Note files, all or none of them; what was known of a key by other methods remains.

        `methods` is how many methods there are in all.
        """
        with self._file.writing():
            self._erase([each.replaced for each in notes if each.replaced is not None], methods)
            self._file.change("INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?)", map(_row, notes))
            self._file.change("INSERT OR REPLACE INTO study VALUES (?, ?, ?, ?)", _studies(notes))
            self._file.change("INSERT OR REPLACE INTO print VALUES (?, ?, ?)", _prints(notes))

    def remove(self, keys: Iterable[int], methods: int) -> None:
        """Forget files; `methods` is how many methods there are in all."""
        with self._file.writing():
            self._erase(list(keys), methods)

    def close(self) -> None:
        """Close the file; harmless when closed already."""
        self._file.close()

    def _erase(self, keys: Sequence[int], methods: int) -> None:
        self._file.change("DELETE FROM file WHERE key = ?", ((key,) for key in keys))
        self._file.change("DELETE FROM print WHERE key = ?", ((key,) for key in keys))
        both = ((method, key) for key in keys for method in range(methods))
        self._file.change("DELETE FROM study WHERE method = ? AND key = ?", both)

    def _files(self, select: str, values: Sequence[object]) -> Iterator[File]:
        return map(self._told, self._file.query(select, values))

    def _told(self, row: tuple[Any, ...]) -> File:
        key, path, size, mtime_ns, sha256, width, height = row
        if not (isinstance(path, bytes) and isinstance(sha256, bytes)) or b"\0" in path:
            raise self._file.damaged("it has something else in the place of a path or digest")
        list(self._file.whole([row[:1], (size, mtime_ns, width, height)]))
        if min(size, width, height) < 0 or not 0 <= key < MOST_KEY:
            raise self._file.damaged("it has a key or a size that cannot be")
        return File(key, Path(os.fsdecode(path)), Stamp(size, mtime_ns), sha256.hex(), width, height)

    def _problem(self, reason: object, detail: object) -> Problem:
        if not (isinstance(reason, str) and isinstance(detail, str)):
            raise self._file.damaged("it has something else in the place of a reason")
        return Problem(reason, detail)


def _row(note: Note) -> tuple[object, ...]:
    key, path, stamp, sha256, width, height = note.file
    return key, os.fsencode(path), *stamp, bytes.fromhex(sha256), width, height


def _studies(notes: Iterable[Note]) -> Iterator[tuple[object, ...]]:
    for note in notes:
        yield from ((method, note.file.key, None, None) for method in note.prints)
        yield from ((method, note.file.key, *problem) for method, problem in note.problems.items())


def _prints(notes: Iterable[Note]) -> Iterator[tuple[object, ...]]:
    for note in notes:
        yield from ((note.file.key, method, told) for method, told in note.prints.items())
