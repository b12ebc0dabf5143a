"""What `pixcrawler storage tier`, `rehydrate` and `sweep` do."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.commands.duplicates import count
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.stores import books_of, note, settle, storage_table, store_of, unit_of_name
from pixcrawler_core.errors import ConfigError, WorkspaceError
from pixcrawler_core.models.manifest import megabytes
from pixcrawler_core.storage.azure_policy import azure_policy
from pixcrawler_core.storage.lifecycle import Move, sweep
from pixcrawler_core.storage.protocols import Priority, Rehydration, StorageTier

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.storage.protocols import Store

AZURE = "azure"
"""The store that has a policy of its own."""
POLL = 5.0
"""Seconds between two looks at what is on its way."""
ON_ITS_WAY = 3
"""Exit code of a rehydration that is not done."""


def move_unit(context: Context, config: Path | None, name: str | None, text: str, tier: str) -> int:
    """Move a unit to a tier; returns the exit code."""
    with store_of(context, config, name) as chosen:
        store = chosen.store
        unit = unit_of_name(store, text)
        store.set_tier([stat.key for stat in unit.stats], StorageTier(tier))
        waiting = unit_of_name(store, unit.name).archived if tier != StorageTier.COLD else []
        settle(context, chosen, unit.name)
    note(context, "tier changed", {"unit": unit.name, "tier": tier, "bytes": unit.size})
    if waiting:
        click.echo(f"{visible(unit.name)}: {count(len(waiting), 'object')} on the way out of the archive")
        return ON_ITS_WAY
    if not context.quiet:
        click.echo(f"{visible(unit.name)}: {count(len(unit.stats), 'object')} in {tier}")
    return 0


def rehydrate_unit(
    context: Context,
    config: Path | None,
    name: str | None,
    text: str,
    priority: str,
    *,
    wait: bool,
    as_json: bool,
) -> int:
    """Bring a unit out of the archive; returns the exit code."""
    with store_of(context, config, name) as chosen:
        store = chosen.store
        unit = unit_of_name(store, text)
        keys = [stat.key for stat in unit.archived]
        told = list(store.rehydrate(keys, Priority(priority))) if keys else []
        note(context, "rehydration begun", {"unit": unit.name, "objects": len(keys), "priority": priority})
        if wait and _wait(store, unit.name):
            told = []
            note(context, "rehydrated", {"unit": unit.name, "objects": len(keys)})
        settle(context, chosen, unit.name)
    left = [each for each in told if each.ready_at is not None]
    if as_json:
        click.echo(json.dumps(_rehydration(unit.name, keys, left), indent=1))
    elif not context.quiet or left:
        click.echo(_sentence(unit.name, left))
    return ON_ITS_WAY if left else 0


def sweep_store(
    context: Context, config: Path | None, name: str | None, *, dry_run: bool, as_json: bool
) -> int:
    """Move what is due; returns the exit code."""
    with store_of(context, config, name) as chosen, books_of(context, chosen) as books:
        done = []
        for move in sweep(chosen.store, chosen.table.cycle, utc_now(), dry_run=dry_run):
            done.append(move)
            if books is not None and not dry_run:
                books.settle(move.unit)
            if not as_json and not context.quiet:
                click.echo(_move_line(move, dry_run=dry_run))
    if done and not dry_run:
        note(context, "storage swept", {"moves": [_move(each) for each in done]})
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "moves": [_move(each) for each in done]}, indent=1))
    elif not done and not context.quiet:
        click.echo("nothing is due")
    return 0


def write_azure_policy(context: Context, config: Path | None, path: Path) -> int:
    """Write Azure's own policy for the days of the table; returns the exit code."""
    table = storage_table(context, config)
    options = table.tables.get(AZURE, {})
    if not options.get("container"):
        raise ConfigError(f"[storage.{AZURE}] names no container for which Azure could have a policy")
    try:
        place = "/".join(filter(None, (options["container"], options.get("prefix", "").strip("/"))))
        policy = azure_policy(place, table.warm_after, table.cold_after)
    except ValueError as error:
        raise ConfigError(f"[storage]: {error}; Azure takes no policy without an action") from None
    try:
        path.write_text(f"{json.dumps(policy, indent=1)}\n", encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(f"cannot write {path}: {error.strerror or error}") from error
    return 0


def _wait(store: Store, unit: str) -> bool:
    """Wait until a unit can be read."""
    while unit_of_name(store, unit).archived:
        time.sleep(POLL)
    return True


def _rehydration(unit: str, keys: Sequence[str], left: Sequence[Rehydration]) -> dict[str, Any]:
    ready = max((each.ready_at for each in left if each.ready_at), default=None)
    return {
        "unit": unit,
        "objects": len(keys),
        "on_the_way": len(left),
        "ready_at": ready and f"{ready:%Y-%m-%dT%H:%M:%SZ}",
    }


def _sentence(unit: str, left: Sequence[Rehydration]) -> str:
    ready = max((each.ready_at for each in left if each.ready_at), default=None)
    if ready is None:
        return f"{visible(unit)}: can be read"
    objects = count(len(left), "object")
    return f"{visible(unit)}: {objects} on the way, there at about {ready:%Y-%m-%d %H:%M} UTC"


def _move(move: Move) -> dict[str, Any]:
    told = {"unit": move.unit, "tier": move.tier.value, "objects": len(move.keys), "bytes": move.size}
    return {**told, "days": move.age.days}


def _move_line(move: Move, *, dry_run: bool) -> str:
    verb = "would go" if dry_run else "went"
    told = f"{count(len(move.keys), 'object')}, {megabytes(move.size)}, untouched for {move.age.days} days"
    return f"{visible(move.unit)}: {verb} to {move.tier.value} ({told})"
