"""Changes of a store in folders: files and rows together, so that a killed process leaves both in order.

What is about to happen to files is noted in the index first, and done, or undone, by the next who changes
something. All changes of places are made by one process and thread at a time, copying is not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.exports.place import sync
from pixcrawler_core.storage.local.folders import HOT, ODD, Folders
from pixcrawler_core.storage.local.index import ObjectIndex, Part
from pixcrawler_core.storage.local.rows import Row
from pixcrawler_core.storage.protocols import StorageTier


class Changes:
    """Puts files and packs in their places. Raises OSError and WorkspaceError."""

    def __init__(self, index: ObjectIndex, folders: Folders, *, durable: bool) -> None:
        self._index, self._folders = index, folders
        self._durable = durable

    def install(self, row: Row, temporary: Path) -> Row:
        """Give a finished file a place, and the object its row, whose `place` is found here."""
        (row,) = self.install_all([(row, temporary, None)])
        return row

    def install_all(self, files: Sequence[tuple[Row, Path, int | None]]) -> list[Row]:
        """Give finished files their places, and objects their rows; returns those rows.

        Each comes with the mark that the object must have still, or None; a file of another is removed.
        """
        with self._index.changing():
            self.settle()
            there = self._index.rows([row.key for row, _, _ in files])
            coming: list[tuple[Row, Path]] = []
            taken: set[str] = set()
            for row, temporary, expected in files:
                old = there.get(row.key)
                if not _is_expected(old, expected):
                    temporary.unlink()
                    continue
                place = self._place(row, old, taken)
                taken.add(place)
                coming.append((row._replace(place=place), temporary))
            fresh = [row for row, _ in coming]
            with self._undone([row for row in fresh if row.key not in there]):
                self._move_in(coming)
                self._index.save(fresh, leaving=[there[row.key] for row in fresh if row.key in there])
            if self._durable:
                self._sync(fresh)
            self.settle()
            return fresh

    def place_pack(self, temporary: Path, tier: StorageTier, rows: Sequence[tuple[Row, int | None]]) -> None:
        """Give a finished pack its place, and its objects their rows.

        Each row comes with the mark that the object must have still, or None. What else is in the pack is
        blanked; a pack without any such object is left where it is.
        """
        with self._index.changing():
            self.settle()
            place = self._folders.new_pack(tier)
            there = self._index.rows([row.key for row, _ in rows])
            fresh: list[Row] = []
            leaving: list[Row | Part] = []
            for row, expected in rows:
                old = there.get(row.key)
                if not _is_expected(old, expected):
                    leaving.append((place, row.begin, row.length))
                    continue
                fresh.append(row._replace(place=place))
                leaving += [old] if old else []
            if not fresh:
                return
            self._index.give_up([(place, None, None)])
            self._folders.move_in(temporary, place)
            self._folders.sync(place)
            self._index.save(fresh, leaving)
            self._sync_index()
            self.settle()

    def remove(self, keys: Sequence[str]) -> int:
        """Remove objects; returns how many there were."""
        with self._index.changing():
            self.settle()
            rows = list(self._index.rows(keys).values())
            if rows:
                self._index.drop(rows)
                self.settle()
            return len(rows)

    def settle(self) -> None:
        """Do what was left to be done, by this process or a killed one."""
        if self._index.is_settled():
            return
        with self._index.changing():
            for temporary, row in self._index.coming():
                self._settle_coming(self._folders.temporary_named(temporary), row)
            gone: set[str] = set()
            done = []
            for number, (place, begin, length) in self._index.going():
                if self._is_removed(place, begin, length, gone):
                    done.append(number)
            self._index.removed(done)

    def _settle_coming(self, temporary: Path, row: Row) -> None:
        if not temporary.exists() and self._folders.size(row.place) == row.size:
            old = self._index.row(row.key)
            self._index.save([row], leaving=[old] if old else ())
            return
        self._index.recall(row.key)
        temporary.unlink(missing_ok=True)

    def _is_removed(self, place: str, begin: int | None, length: int | None, gone: set[str]) -> bool:
        if place in gone:
            return True
        if not is_used(self._index, self._folders, place):
            self._folders.remove(place)
            gone.add(place)
            return True
        if begin is None or length is None:
            return True
        return self._folders.blank(place, begin, length)

    def _place(self, row: Row, old: Row | None, taken: Collection[str] = ()) -> str:
        """Where the file of an object is to be, when those are `taken` that have no files yet."""
        plain = f"{HOT}/{row.key}"
        if old and old.begin is None:
            return old.place
        if taken and any(parent in taken for parent in _above(plain)):
            return self._folders.odd_place(row.key)
        if self._folders.is_free(plain) or self._folders.holds(plain, row.size, row.sha256):
            return plain
        return self._folders.odd_place(row.key)

    def _move_in(self, coming: Sequence[tuple[Row, Path]]) -> None:
        self._index.announce([(row, temporary.name) for row, temporary in coming])
        for row, temporary in coming:
            self._folders.move_in(temporary, row.place)

    @contextlib.contextmanager
    def _undone(self, new: Sequence[Row]) -> Iterator[None]:
        """Leave no file of an object that is not there in the end; the first error is the one to be told."""
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError, WorkspaceError):
                for row in new:
                    self._folders.remove(row.place)
                self.settle()
            raise

    def _sync(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._folders.sync(row.place)
        self._sync_index()

    def _sync_index(self) -> None:
        log = self._index.path.with_name(f"{self._index.path.name}-wal")
        if log.exists():
            sync(log)


def _is_expected(row: Row | None, mark: int | None) -> bool:
    return mark is None or (row is not None and row.mark == mark)


def _above(place: str) -> Iterator[str]:
    """The folders of a place."""
    while "/" in place:
        place = place.rpartition("/")[0]
        yield place


def is_used(index: ObjectIndex, folders: Folders, place: str) -> bool:
    """Whether an object lies in a file or pack."""
    if place.startswith((f"{HOT}/", f"{ODD}/")):
        return index.has_file(place, folders.key_of(place))
    return index.has_pack(place)
