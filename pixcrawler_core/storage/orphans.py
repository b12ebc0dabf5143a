"""What nobody needs any more: stored units whose dataset is gone, and blobs that no row of a ledger has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.storage.units import BLOBS, Unit, dataset_ids, is_ours

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.blobs.writer import Blob
    from pixcrawler_core.workspace import Workspace

_KNOWN = "SELECT 1 FROM ledger_row WHERE sha256 = ? AND state <> 'refused' LIMIT 1"


def orphan_units(found: Iterable[Unit], datasets: Collection[str], oldest: datetime) -> Iterator[Unit]:
    """Stored datasets and exports of no dataset that there is, untouched since `oldest`.

    `datasets` are the ids that the catalog has.
    """
    for unit in found:
        kept = unit.name == BLOBS or not is_ours(unit.name) or unit.touched_at > oldest
        if not kept and not any(each in datasets for each in dataset_ids(unit.name)):
            yield unit


def orphan_blobs(workspace: Workspace, database: Database, now: datetime, grace: timedelta) -> Iterator[Blob]:
    """Blobs in the workspace that no row has but refused ones, and that are older than a grace time.

    A download that is under way has its blob a moment before its row.
    """
    sql, oldest = Sql(database), (now - grace).timestamp()
    for blob in workspace.blobs.stored():
        if blob.path.stat().st_mtime <= oldest and sql.first(_KNOWN, (blob.sha256,)) is None:
            yield blob
