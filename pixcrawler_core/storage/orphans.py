"""What nobody needs any more: stored units whose dataset is gone, and blobs that no row of a ledger has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.storage.units import BLOBS, EXPORTS, Unit

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.workspace import Workspace

_KNOWN = "SELECT 1 FROM ledger_row WHERE sha256 = ? AND state <> 'refused' LIMIT 1"


@dataclass(frozen=True, slots=True)
class Orphan:
    """A blob that nothing refers to."""

    path: Path
    size: int
    """Bytes."""


def orphan_units(found: Iterable[Unit], datasets: Collection[str], oldest: datetime) -> Iterator[Unit]:
    """Stored datasets and exports of no dataset that there is, untouched since `oldest`.

    `datasets` are the ids that the catalog has.
    """
    for unit in found:
        if unit.name == BLOBS or unit.touched_at > oldest:
            continue
        if not _is_of_any(unit, datasets):
            yield unit


def orphan_blobs(
    workspace: Workspace, database: Database, now: datetime, grace: timedelta
) -> Iterator[Orphan]:
    """Blobs in the workspace that no row has but refused ones, and that are older than a grace time.

    A download that is under way has its blob a moment before its row.
    """
    sql, oldest = Sql(database), (now - grace).timestamp()
    for path in sorted(workspace.blobs.root.glob("??/*")):
        found = path.stat()
        if found.st_mtime <= oldest and sql.first(_KNOWN, (path.name,)) is None:
            yield Orphan(path, found.st_size)


def _is_of_any(unit: Unit, datasets: Collection[str]) -> bool:
    """Whether a unit's name tells of one of these datasets; of an export's, whatever comes behind the id."""
    kind, _, name = unit.name.partition("/")
    own = name.removeprefix("dataset-")
    if kind == EXPORTS:
        return any(own == each or own.startswith((f"{each}.", f"{each}-")) for each in datasets)
    return own.partition(".")[0] in datasets
