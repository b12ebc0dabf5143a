"""What `pixcrawler storage gc` does: removes stored units of datasets that are gone, and orphaned blobs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from pixcrawler_core.amounts import count, megabytes
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.commands.paths import text_of, visible
from pixcrawler_core.commands.stores import store_of
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.storage.bookkeeping import Books
from pixcrawler_core.storage.orphans import orphan_blobs, orphan_units
from pixcrawler_core.storage.units import Unit, units

if TYPE_CHECKING:
    from pixcrawler_core.blobs.writer import Blob
    from pixcrawler_core.cli import Context
    from pixcrawler_core.commands.stores import Place
    from pixcrawler_core.storage.protocols import Store
    from pixcrawler_core.workspace import Workspace


class Orphans(NamedTuple):
    """What nobody needs, in the store and in the workspace."""

    units: Sequence[Unit]
    blobs: Sequence[Blob]

    def among(self, still: Orphans) -> Orphans:
        """Those of `still` that were orphans before, too."""
        names, digests = {unit.name for unit in self.units}, {blob.sha256 for blob in self.blobs}
        return Orphans(
            [unit for unit in still.units if unit.name in names],
            [blob for blob in still.blobs if blob.sha256 in digests],
        )


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
    """Remove orphans, after a question; returns the exit code.

    No run, push or takedown is under way then, and what came to be needed before the answer stays.
    """
    if not (dry_run or yes or sys.stdin.isatty()):
        raise click.UsageError("gc asks before it removes, and there is no terminal to ask; add --yes")
    workspace = context.open_workspace()
    if context.database is None and not workspace.catalog_path.exists():
        raise ConfigError(
            f"there is no workspace in {workspace.root}, so all that is stored would seem orphaned"
        )
    with workspace, store_of(context, config, name) as place:
        found = _found(workspace, place.store, timedelta(days=grace))
        done = not dry_run and (yes or _confirmed(found))
        if done:
            with workspace.attend(alone=True):
                still = _found(workspace, place.store, timedelta(days=grace))
                found = found.among(still)
                _remove(workspace, place, found)
        if done and (found.units or found.blobs):
            told = {"units": [each.name for each in found.units], "blobs": len(found.blobs)}
            place.note("garbage collected", told)
    _tell(context, found.units, found.blobs, done=done, as_json=as_json)
    return 0


def _found(workspace: Workspace, store: Store, grace: timedelta) -> Orphans:
    database, now = workspace.open(), utc_now()
    datasets = {each for (each,) in Sql(database).all("SELECT id FROM dataset")}
    return Orphans(
        list(orphan_units(units(store.list()), datasets, now - grace)),
        list(orphan_blobs(workspace, database, now, grace)),
    )


def _remove(workspace: Workspace, place: Place, found: Orphans) -> None:
    store = place.store
    store.delete([stat.key for unit in found.units for stat in unit.stats])
    for blob in found.blobs:
        workspace.blobs.remove(blob.sha256)
        workspace.thumbnails.remove(blob.sha256)
    Books(workspace.open(), store, place.name, in_use=workspace.in_use).settle_all()


def _confirmed(found: Orphans) -> bool:
    size = sum(each.size for each in found.units) + sum(each.size for each in found.blobs)
    what = f"{count(len(found.units), 'stored dataset')} or export, {count(len(found.blobs), 'blob')}"
    return not (found.units or found.blobs) or click.confirm(f"Remove {what} ({megabytes(size)})?", err=True)


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
