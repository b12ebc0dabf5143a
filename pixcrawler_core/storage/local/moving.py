"""Moves objects of a store in folders between its tiers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from pixcrawler_core.storage.errors import ObjectDamaged, ObjectMissing
from pixcrawler_core.storage.local.changes import Changes
from pixcrawler_core.storage.local.copying import on_disk, written
from pixcrawler_core.storage.local.folders import Folders
from pixcrawler_core.storage.local.index import ObjectIndex
from pixcrawler_core.storage.local.packs import PackWriter
from pixcrawler_core.storage.local.reading import Reader, damaged, missing
from pixcrawler_core.storage.local.rows import MICROSECOND, Row, about, moment, new_mark
from pixcrawler_core.storage.protocols import Availability, Priority, Rehydration, StorageTier

PACK_BYTES = 256 * 1024 * 1024
"""Of objects, as they were put: after so many, a pack is closed, and its objects are moved."""
PACK_OBJECTS = 5000


class Mover:
    """Packs objects and unpacks them; one at a time is read and written. `now` tells microseconds."""

    def __init__(
        self,
        index: ObjectIndex,
        folders: Folders,
        changes: Changes,
        now: Callable[[], int],
        *,
        level: int,
        wait: timedelta,
    ) -> None:
        self._index, self._folders, self._changes = index, folders, changes
        self._reader = Reader(index, folders, changes)
        self._now = now
        self._level = level
        self._wait = wait // MICROSECOND

    def set_tier(self, keys: Sequence[str], tier: StorageTier) -> None:
        """Move objects to a tier. Raises ObjectDamaged at the end for what could not be read."""
        now = self._now()
        rows = self._rows(keys)
        moving = [row for row in rows if row.is_ready(now) and row.state(now)[0] is not tier]
        if tier is StorageTier.HOT:
            self.unpack(moving)
        else:
            self.pack(moving, tier)
        archived = [row.key for row in rows if row.state(now)[1] is Availability.ARCHIVED]
        if tier is not StorageTier.COLD and archived:
            self.rehydrate(archived, Priority.STANDARD)

    def rehydrate(self, keys: Sequence[str], priority: Priority) -> list[Rehydration]:
        """Begin to bring objects back: those without a time to wait come at once."""
        now = self._now()
        wait = 0 if priority is Priority.HIGH else self._wait
        with self._index.changing():
            rows = self._rows(keys)
            waiting = [row for row in rows if not row.is_ready(now)]
            self._index.wait(_asked(row, now + wait) for row in waiting)
        due = [row for row in self._rows(keys) if row.ready_at is not None and row.is_ready(now)]
        self.unpack(due)
        return [
            Rehydration(
                key=row.key,
                priority=priority,
                ready_at=None if row.is_ready(now) or row.ready_at is None else moment(row.ready_at),
            )
            for row in self._rows(keys)
        ]

    def unpack(self, rows: Sequence[Row]) -> None:
        """Move objects to HOT, those of 256 MiB at a time, unless they change meanwhile."""
        problems: list[ObjectDamaged] = []
        for batch in _batches(rows):
            files: list[tuple[Row, Path, int | None]] = []
            try:
                for place, group in groupby(sorted(batch, key=_in_pack), lambda row: row.place):
                    files.extend(self._unpacked(place, list(group), problems))
                on_disk([temporary for _, temporary, _ in files])  # the pack goes then
                self._changes.install_all(files)
            except BaseException:
                for _, temporary, _ in files:
                    temporary.unlink(missing_ok=True)
                raise
        if problems:
            raise problems[0]

    def pack(self, rows: Sequence[Row], tier: StorageTier) -> None:
        """Move objects to packs of a tier, those of 256 MiB at a time."""
        self._pack(
            rows, tier, lambda row: row._replace(tier=tier.value, modified_at=self._now(), ready_at=None)
        )

    def repack(self, place: str, tier: StorageTier) -> None:
        """Write the objects of a pack to another one, and change nothing else of them.

        Nobody changes the store meanwhile: what was asked for then would be forgotten.
        """
        with self._index.changing():
            self._pack(self._index.in_pack(place), tier, lambda row: row)

    def _pack(self, rows: Sequence[Row], tier: StorageTier, change: Callable[[Row], Row]) -> None:
        problems: list[ObjectDamaged] = []
        for batch in _batches(rows):
            self._pack_batch(batch, tier, change, problems)
        if problems:
            raise problems[0]

    def _pack_batch(
        self,
        rows: Sequence[Row],
        tier: StorageTier,
        change: Callable[[Row], Row],
        problems: list[ObjectDamaged],
    ) -> None:
        writer = PackWriter(self._folders.temporary(tier.value), self._level)
        moved: list[tuple[Row, int | None]] = []
        try:
            for row in rows:
                with _told(problems):
                    moved += self._packed(writer, row, change(row))
            if moved:
                writer.finish()
                self._changes.place_pack(writer.path, tier, moved)
        finally:
            writer.discard()

    def _unpacked(
        self, place: str, rows: Sequence[Row], problems: list[ObjectDamaged]
    ) -> Iterator[tuple[Row, Path, int]]:
        """The rows of objects of a pack after they were unpacked, their files, and their earlier marks."""
        with self._reader.pack(place) or nullcontext() as file:
            there = self._index.rows([row.key for row in rows])
            for row in rows:
                if row.key not in there or there[row.key].mark != row.mark:
                    continue
                temporary = self._folders.temporary()
                with _told(problems):
                    self._write(row, file, temporary)
                    yield self._as_hot(row), temporary, row.mark

    def _write(self, row: Row, file: BinaryIO | None, target: Path) -> None:
        if file is None:
            raise damaged(row, f"{self._folders.path(row.place)} is not there")
        try:
            written(self._reader.chunks(row, file), target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _as_hot(self, row: Row) -> Row:
        return row._replace(
            tier=StorageTier.HOT.value,
            begin=None,
            length=None,
            modified_at=self._now(),
            ready_at=None,
            mark=new_mark(),
        )

    def _packed(self, writer: PackWriter, row: Row, fresh: Row) -> Iterator[tuple[Row, int]]:
        """The row of an object, `fresh` after it was written to a pack, and its earlier mark."""
        there, file = self._reader.opened(row.key, None)
        with closing(file):
            if there.mark != row.mark:
                return
            begin, length = writer.add(about(fresh), self._reader.chunks(row, file))
        yield fresh._replace(begin=begin, length=length, mark=new_mark()), row.mark

    def _rows(self, keys: Sequence[str]) -> list[Row]:
        keys = list(dict.fromkeys(keys))
        found = self._index.rows(keys)
        for key in keys:
            if key not in found:
                raise missing(self._folders, key)
        return [found[key] for key in keys]


@contextmanager
def _told(problems: list[ObjectDamaged]) -> Iterator[None]:
    """Let other objects be moved where one is damaged, which is told in the end, or was deleted meanwhile."""
    try:
        yield
    except ObjectMissing:
        return
    except ObjectDamaged as error:
        problems.append(error)


def _in_pack(row: Row) -> tuple[str, int]:
    return row.place, row.begin or 0


def _asked(row: Row, ready: int) -> Row:
    return row._replace(ready_at=ready if row.ready_at is None else min(ready, row.ready_at))


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    for row in rows:
        if batch and (size + row.size > PACK_BYTES or len(batch) == PACK_OBJECTS):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += row.size
    if batch:
        yield batch
