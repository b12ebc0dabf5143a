"""Finds what a store in folders has lost or gained behind its back, and puts it in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from pixcrawler_core.storage.bodies import digest_of
from pixcrawler_core.storage.errors import ObjectDamaged, ObjectMissing
from pixcrawler_core.storage.keys import check_key
from pixcrawler_core.storage.local.changes import Changes, is_used
from pixcrawler_core.storage.local.folders import HOT, ODD, Folders
from pixcrawler_core.storage.local.index import ObjectIndex
from pixcrawler_core.storage.local.packs import DamagedPack, listed
from pixcrawler_core.storage.local.reading import Reader
from pixcrawler_core.storage.local.rows import Row, new_row
from pixcrawler_core.storage.protocols import Problem, StorageTier

SPARSE = 0.5
"""Share of a pack that objects must have at least; one that has less is written anew by `repair`."""


class Checker:
    """Compares rows with files. Raises OSError and WorkspaceError; `now` tells microseconds."""

    def __init__(
        self,
        index: ObjectIndex,
        folders: Folders,
        changes: Changes,
        reader: Reader,
        now: Callable[[], int],
    ) -> None:
        self._index, self._folders, self._changes = index, folders, changes
        self._reader = reader
        self._now = now

    def check(self, *, full: bool = False) -> Iterator[Problem]:
        """What does not fit: by key, then files without an object."""
        for row in self._rows():
            why = self._damage(row, full=full)
            if why:
                yield _problem(row, why)
        for place in self._sure_strays():
            why = f"no object stands for {self._folders.path(place)}"
            yield Problem(place=place, key=None, why=why)

    def repair(self) -> None:
        """Make objects of files that have none, and of what packs list that has none."""
        with self._index.changing():
            self._changes.settle()
            for place in list(self._strays()):
                rows = self._found(place)
                known = self._index.rows([row.key for row in rows])
                self._index.save([row for row in rows if self._is_wanted(row, known.get(row.key))])

    def sparse(self) -> Iterator[tuple[str, StorageTier]]:
        """Packs of which objects have less than half, and their tiers."""
        for place in list(self._folders.places()):
            size = self._folders.size(place)
            kind = place.partition("/")[0]
            if size is None or kind in (HOT, ODD):
                continue
            rows = self._index.in_pack(place)
            if rows and sum(row.length or 0 for row in rows) < SPARSE * size:
                yield place, StorageTier(kind)

    def unreadable(self, place: str) -> Iterator[Problem]:
        """The objects of a pack that are damaged; all of them are read."""
        for row in self._index.in_pack(place):
            why = self._unreadable(row)
            if why:
                yield _problem(row, why)

    def _rows(self) -> Iterator[Row]:
        rows = self._index.page("", "")
        while rows:
            yield from rows
            rows = self._index.page(rows[-1].key, "")

    def _damage(self, row: Row, *, full: bool) -> str | None:
        size = self._folders.size(row.place)
        fits = size is not None and (
            size == row.size if row.begin is None else size >= row.begin + (row.length or 0)
        )
        return self._unreadable(row) if full or not fits else None

    def _unreadable(self, row: Row) -> str | None:
        try:
            row, file = self._reader.opened(row.key, None)
            with closing(file):
                for _ in self._reader.chunks(row, file):
                    pass
        except ObjectMissing:  # deleted meanwhile
            return None
        except ObjectDamaged as error:
            return str(error)
        return None

    def _sure_strays(self) -> list[str]:
        """Files without an object, but for those that others are just putting in their places."""
        found = list(self._strays())
        if not found:
            return []
        with self._index.changing():
            self._changes.settle()
            return [place for place in found if self._is_stray(place)]

    def _is_stray(self, place: str) -> bool:
        return not is_used(self._index, self._folders, place) and self._folders.size(place) is not None

    def _strays(self) -> Iterator[str]:
        return filter(self._is_stray, self._folders.places())

    def _found(self, place: str) -> list[Row]:
        """The objects that a file or pack without any could be."""
        kind = place.partition("/")[0]
        if kind in (HOT, ODD):
            return self._found_file(place)
        try:
            with self._folders.path(place).open("rb") as file:
                return [_row(each, kind, place) for each in listed(file)]
        except (DamagedPack, KeyError, TypeError, ValueError):  # it is told by `check`
            return []

    def _found_file(self, place: str) -> list[Row]:
        path, key = self._folders.path(place), self._folders.key_of(place)
        if key is None or path.is_symlink():
            return []
        try:
            check_key(key)
        except ValueError:  # it is told by `check`
            return []
        size = path.stat().st_size
        return [new_row(key, size, digest_of(path), StorageTier.HOT, "{}", self._now())._replace(place=place)]

    def _is_wanted(self, row: Row, known: Row | None) -> bool:
        """Whether a found object is to be taken: none has its key, or that one's bytes are lost."""
        return known is None or (known.sha256 == row.sha256 and self._folders.size(known.place) is None)


def _problem(row: Row, why: str) -> Problem:
    return Problem(place=row.place, key=row.key, why=why)


def _row(told: dict[str, object], kind: str, place: str) -> Row:
    begin, length, size = (told[name] for name in ("begin", "length", "size"))
    key, sha256, metadata, changed = (told[name] for name in ("key", "sha256", "metadata", "modified_at"))
    if not (isinstance(begin, int) and isinstance(length, int) and isinstance(size, int)):
        raise TypeError(f"the numbers of {key!r} are none")
    if not (isinstance(key, str) and isinstance(sha256, str) and isinstance(metadata, str)):
        raise TypeError(f"the texts of {key!r} are none")
    if not isinstance(changed, int):
        raise TypeError(f"the time of {key!r} is none")
    check_key(key)
    row = new_row(key, size, sha256, StorageTier(kind), metadata, changed)
    return row._replace(place=place, begin=begin, length=length)
