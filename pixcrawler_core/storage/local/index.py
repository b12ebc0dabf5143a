"""The index of a store in folders: which object lies where, and what is still to be done."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixcrawler_core.indexfile import AT_ONCE, IndexFile
from pixcrawler_core.storage.local.rows import Row, is_sound
from pixcrawler_core.storage.local.telling import FORBIDDEN

NAME = "store.sqlite"
SCHEMA = (
    "CREATE TABLE object (key TEXT PRIMARY KEY, size INTEGER, sha256 TEXT, tier TEXT, place TEXT,"
    " start INTEGER, length INTEGER, modified_at INTEGER, accessed_at INTEGER, ready_at INTEGER,"
    " metadata TEXT, mark INTEGER) WITHOUT ROWID",
    "CREATE INDEX object_in_pack ON object (place, start) WHERE start IS NOT NULL",
    # An object whose file is about to take its place, and the temporary file.
    "CREATE TABLE coming (key TEXT PRIMARY KEY, temporary TEXT, row TEXT)",
    # Files, and parts of packs, that are to be removed unless an object has them.
    "CREATE TABLE going (place TEXT, start INTEGER, length INTEGER)",
    "CREATE TABLE complete (yes INTEGER)",
)
COLUMNS = "key, size, sha256, tier, place, start, length, modified_at, accessed_at, ready_at, metadata, mark"
SELECT = f"SELECT {COLUMNS} FROM object"  # noqa: S608  # a constant
PUT = f"INSERT OR REPLACE INTO object ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
GO = "INSERT INTO going VALUES (?, ?, ?)"

Part = tuple[str, int | None, int | None]
"""A place; of a pack also where a part of it begins, and its bytes."""


class ObjectIndex:
    """Rows by key. For any thread; raises WorkspaceError when the disk or the file fails it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._file = IndexFile(self.path, SCHEMA)
        self._own = threading.RLock()
        self._depth = 0
        self._lock = _lockable(folder / "store.changing")

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Be the only one, of all threads and processes, who changes rows and places of files."""
        with self._own:
            if not self._depth:
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth:
                    fcntl.flock(self._lock, fcntl.LOCK_UN)

    def row(self, key: str) -> Row | None:
        """An object."""
        return next(iter(self._rows(f"{SELECT} WHERE key = ?", key)), None)

    def rows(self, keys: Sequence[str]) -> dict[str, Row]:
        """Those objects of the given keys that there are."""
        found: dict[str, Row] = {}
        for at in range(0, len(keys), AT_ONCE):
            part = keys[at : at + AT_ONCE]
            marks = ",".join("?" * len(part))
            found.update((row.key, row) for row in self._rows(f"{SELECT} WHERE key IN ({marks})", *part))
        return found

    def page(self, after: str, prefix: str) -> list[Row]:
        """The next objects by key, those after a key, or from a prefix on if that is greater."""
        first = f"{SELECT} WHERE key > ? AND key >= ? ORDER BY key LIMIT {AT_ONCE}"
        return self._rows(first, after, prefix)

    def in_pack(self, place: str) -> list[Row]:
        """The objects that lie in a pack."""
        return self._rows(f"{SELECT} WHERE place = ? AND start IS NOT NULL", place)

    def has_tier(self, tier: str) -> bool:
        """Whether an object lies in a tier."""
        return bool(self._query("SELECT 1 FROM object WHERE tier = ? LIMIT 1", tier))

    def has_pack(self, place: str) -> bool:
        """Whether an object lies in a pack."""
        asked = "SELECT 1 FROM object WHERE place = ? AND start IS NOT NULL LIMIT 1"
        return bool(self._query(asked, place))

    def has_file(self, place: str, key: str | None) -> bool:
        """Whether the object with this key has a file of its own there."""
        return bool(self._query("SELECT 1 FROM object WHERE key = ? AND place = ?", key, place))

    def is_coming(self, key: str) -> bool:
        """Whether the object's file is taking its place right now, or was when a process was killed."""
        return bool(self._query("SELECT 1 FROM coming WHERE key = ?", key))

    def is_settled(self) -> bool:
        """Whether nothing is left to be done."""
        asked = "SELECT EXISTS (SELECT 1 FROM coming) OR EXISTS (SELECT 1 FROM going)"
        return self._query(asked) == [(0,)]

    def coming(self) -> list[tuple[str, Row]]:
        """Temporary files that are about to take their places, and their rows."""
        found = self._query("SELECT temporary, row FROM coming")
        return [(temporary, Row(*json.loads(row))) for temporary, row in found]

    def announce(self, coming: Iterable[tuple[Row, str]]) -> None:
        """Note that temporary files are about to take the places of rows."""
        told = [(row.key, temporary, json.dumps(row)) for row, temporary in coming]
        self._change("INSERT OR REPLACE INTO coming VALUES (?, ?, ?)", told)

    def recall(self, key: str) -> None:
        """It does not."""
        self._change("DELETE FROM coming WHERE key = ?", [(key,)])

    def going(self) -> list[tuple[int, Part]]:
        """What is to be removed, with the number of each."""
        found = self._query("SELECT rowid, place, start, length FROM going ORDER BY rowid")
        return [(number, (place, begin, length)) for number, place, begin, length in found]

    def give_up(self, parts: Iterable[Part]) -> None:
        """Note what is to be removed unless an object has it."""
        self._change(GO, parts)

    def removed(self, numbers: Iterable[int]) -> None:
        """It was removed."""
        self._change("DELETE FROM going WHERE rowid = ?", [(number,) for number in numbers])

    def save(self, rows: Sequence[Row], leaving: Iterable[Row | Part] = ()) -> None:
        """Write rows that are there or new; what earlier rows had is to be removed. All of it or nothing."""
        kept = {(row.place, row.begin) for row in rows}
        parts = [part for part in map(_part, leaving) if part[:2] not in kept]
        with self._own, self._file.writing():
            self._file.change(PUT, rows)
            self._file.change("DELETE FROM coming WHERE key = ?", [(row.key,) for row in rows])
            self._file.change(GO, parts)

    def drop(self, rows: Sequence[Row]) -> None:
        """Forget objects, whose bytes are then to be removed. All of them or none."""
        with self._own, self._file.writing():
            self._file.change("DELETE FROM object WHERE key = ?", [(row.key,) for row in rows])
            self._file.change(GO, [_part(row) for row in rows])

    def touch(self, key: str, time: int) -> None:
        """Note when an object was read."""
        self._change("UPDATE object SET accessed_at = ? WHERE key = ?", [(time, key)])

    def wait(self, rows: Iterable[Row]) -> None:
        """Note when archived objects can be read, unless they have changed meanwhile."""
        changed = [(row.ready_at, row.key, row.mark) for row in rows]
        self._change("UPDATE object SET ready_at = ? WHERE key = ? AND mark = ?", changed)

    def is_complete(self) -> bool:
        """Whether it was complete once; not so when it was lost, and made anew."""
        return bool(self._query("SELECT 1 FROM complete"))

    def completed(self) -> None:
        """Note that it is complete."""
        self._change("INSERT INTO complete VALUES (?)", [(1,)])

    def close(self) -> None:
        """Close the file; harmless when closed already."""
        with self._own:
            self._file.close()
            handle, self._lock = self._lock, -1
            if handle >= 0:
                os.close(handle)

    def _rows(self, statement: str, *values: object) -> list[Row]:
        found = [Row(*each) for each in self._query(statement, *values)]
        for row in found:
            if not is_sound(row):
                raise self._file.damaged(f"it has something else in the place of what {row.key!r} has")
        return found

    def _query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._own:
            return list(self._file.query(statement, values))

    def _change(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        rows = list(rows)
        if not rows:
            return
        with self._own:
            if len(rows) == 1:
                self._file.change(statement, rows)
                return
            with self._file.writing():
                self._file.change(statement, rows)


def _lockable(path: Path) -> int:
    """A descriptor to lock, for reading alone where nothing can be written. Raises OSError."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if error.errno not in FORBIDDEN or not path.exists():
            raise
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _part(of: Row | Part) -> Part:
    return (of.place, of.begin, of.length) if isinstance(of, Row) else of
