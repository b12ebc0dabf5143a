"""What `pixcrawler storage gc` does: removes stored units of datasets that are gone, and orphaned blobs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.commands.duplicates import count
from pixcrawler_core.commands.paths import text_of, visible
from pixcrawler_core.commands.stores import store_of
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.models.manifest import megabytes
from pixcrawler_core.storage.accounting import usages
from pixcrawler_core.storage.bookkeeping import Books
from pixcrawler_core.storage.orphans import orphan_blobs, orphan_units
from pixcrawler_core.storage.units import Unit, units

if TYPE_CHECKING:
    from pixcrawler_core.blobs.writer import Blob
    from pixcrawler_core.cli import Context


def collect(
    context: Context,
    config: Path | None,
    name: str | None,
    grace: int,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Remove orphans, after a question; returns the exit code."""
    if not (dry_run or yes or sys.stdin.isatty()):
        raise click.UsageError("gc asks before it removes, and there is no terminal to ask; add --yes")
    workspace = context.open_workspace()
    if context.database is None and not workspace.catalog_path.exists():
        raise ConfigError(
            f"there is no workspace in {workspace.root}, so all that is stored would seem orphaned"
        )
    with workspace, store_of(context, config, name) as place:
        store, database, now = place.store, workspace.open(), utc_now()
        datasets = {each for (each,) in Sql(database).all("SELECT id FROM dataset")}
        stored = list(orphan_units(units(store.list()), datasets, now - timedelta(days=grace)))
        blobs = list(orphan_blobs(workspace, database, now, timedelta(days=grace)))
        done = not dry_run and (yes or _confirmed(stored, blobs))
        if done:
            store.delete([stat.key for unit in stored for stat in unit.stats])
            for blob in blobs:
                workspace.blobs.remove(blob.sha256)
                workspace.thumbnails.remove(blob.sha256)
            Books(database, store, place.name).balance(usages(units(store.list())), workspace.in_use)
        if done and (stored or blobs):
            told = {"units": [each.name for each in stored], "blobs": len(blobs)}
            place.note("garbage collected", told)
    _tell(context, stored, blobs, done=done, as_json=as_json)
    return 0


def _confirmed(stored: Sequence[Unit], blobs: Sequence[Blob]) -> bool:
    size = sum(each.size for each in stored) + sum(each.size for each in blobs)
    what = f"{count(len(stored), 'stored dataset')} or export, {count(len(blobs), 'blob')}"
    return not (stored or blobs) or click.confirm(f"Remove {what} ({megabytes(size)})?", err=True)


def _tell(
    context: Context, stored: Sequence[Unit], blobs: Sequence[Blob], *, done: bool, as_json: bool
) -> None:
    if as_json:
        told = {
            "removed": done,
            "units": [{"unit": each.name, "bytes": each.size} for each in stored],
            "blobs": [{"path": text_of(each.path), "bytes": each.size} for each in blobs],
        }
        click.echo(json.dumps(told, indent=1))
        return
    if context.quiet:
        return
    for each in stored:
        click.echo(f"{visible(each.name)}: {megabytes(each.size)}")
    size = megabytes(sum(each.size for each in blobs))
    verb = "removed" if done else "left as they are"
    click.echo(f"{count(len(stored), 'unit')} and {count(len(blobs), 'blob')} ({size}) {verb}")
