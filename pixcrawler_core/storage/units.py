"""What is stored: datasets and exports, each a unit whose objects share the beginning of their keys."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path

from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.exports.names import check_name
from pixcrawler_core.storage.protocols import Availability, Stat, StorageTier

DATASETS, EXPORTS, BLOBS = "datasets", "exports", "blobs"
KINDS = (DATASETS, EXPORTS, BLOBS)


@dataclass(frozen=True, slots=True)
class Local:
    """A file that is to be stored."""

    path: Path
    key: str


@dataclass(kw_only=True)
class Unit:
    """What a store has of a dataset or an export: `datasets/dataset-red-pandas`."""

    name: str
    stats: list[Stat] = field(default_factory=list)
    """By ascending key."""

    @property
    def size(self) -> int:
        """Bytes of all objects, as they were put."""
        return sum(stat.size for stat in self.stats)

    @property
    def touched_at(self) -> datetime:
        """When an object of it was put, moved or read last, as far as the store tells."""
        return max(map(touched_at, self.stats))

    @property
    def dearest(self) -> StorageTier:
        """The dearest tier in which an object of it lies."""
        return next(tier for tier in StorageTier if any(stat.tier is tier for stat in self.stats))

    @property
    def rested_since(self) -> datetime:
        """When it was touched last, but for moves that others of its objects still have before them.

        Those were broken off, and are to go on.
        """
        dearest = self.dearest
        moved = (stat.modified_at for stat in self.stats if stat.tier is dearest)
        read = (stat.accessed_at for stat in self.stats if stat.accessed_at is not None)
        return max((*moved, *read))

    @property
    def archived(self) -> list[Stat]:
        """Objects that cannot be read."""
        return [stat for stat in self.stats if stat.availability is not Availability.READY]

    def bytes_in(self, tier: StorageTier) -> int:
        """Bytes in a tier."""
        return sum(stat.size for stat in self.stats if stat.tier is tier)


def units(stats: Iterable[Stat]) -> Iterator[Unit]:
    """The units that objects belong to, one by one; the objects come by ascending key."""
    for name, found in groupby(stats, lambda stat: unit_of(stat.key)):
        yield Unit(name=name, stats=list(found))


def unit_of(key: str) -> str:
    """The name of the unit of a key: its first two parts, and of a blob the first one."""
    kind, _, rest = key.partition("/")
    return kind if kind == BLOBS else f"{kind}/{rest.partition('/')[0]}"


def touched_at(stat: Stat) -> datetime:
    """When an object was put, moved or read last, as far as the store tells."""
    return max(stat.modified_at, stat.accessed_at or stat.modified_at)


def is_ours(unit: str) -> bool:
    """Whether a unit is one that PixCrawler stores: others may lie in the same place."""
    return unit.partition("/")[0] in KINDS


def dataset_ids(unit: str) -> list[str]:
    """The ids of datasets to which a unit may belong by its name, the likeliest first.

    Behind the id, a version has `.vN`, and an export whatever begins with `.` or `-`.
    """
    kind, _, name = unit.partition("/")
    own = name.removeprefix("dataset-")
    if kind == DATASETS:
        return [own.partition(".")[0]]
    ends = [at for at, letter in enumerate(own) if letter in ".-"] if kind == EXPORTS else []
    return [own[:end] for end in (len(own), *reversed(ends))] if kind == EXPORTS else []


def local_files(path: Path, name: str) -> list[Local]:
    """The files of a folder, or the file, with their keys below `name`; a manifest last.

    Raises WorkspaceError for links and whatever else is no file: it is not stored, and would be missing; and
    for names that no store takes.
    """
    if path.is_file() and not path.is_symlink():
        found = [Local(path, name)]
    else:
        found = [Local(each, f"{name}/{each.relative_to(path).as_posix()}") for each in _below(path)]
    for local in found:
        try:
            check_name(local.key)
        except ValueError as error:
            raise WorkspaceError(f"{local.path} cannot be stored: {error}; rename it") from None
    return sorted(found, key=lambda local: (local.key == f"{name}/{MANIFEST}", local.key))


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        for path in (Path(place, name) for name in (*folders, *names)):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise WorkspaceError(f"{path} is no file and no folder; remove it, or store another folder")
            if path.is_file():
                yield path
