"""What `pixcrawler storage tier` and `sweep` do."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.amounts import count, megabytes
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.store_rehydrating import ON_ITS_WAY, bring_back, look, sentence
from pixcrawler_core.commands.stores import books_of, settle, storage_table, store_of, unit_of_name
from pixcrawler_core.errors import ConfigError, WorkspaceError
from pixcrawler_core.storage.azure_policy import azure_policy
from pixcrawler_core.storage.lifecycle import Move, sweep
from pixcrawler_core.storage.protocols import Availability, Priority, StorageTier

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.storage.units import Unit

AGAIN = "give this command again when it is there"
AZURE = "azure"
"""The store that has a policy of its own."""


def move_unit(context: Context, config: Path | None, name: str | None, text: str, tier: str) -> int:
    """Move a unit to a tier; returns the exit code."""
    with store_of(context, config, name) as place:
        look(place)
        unit = unit_of_name(place.store, text)
        keys = [stat.key for stat in unit.stats]
        place.store.set_tier(keys, StorageTier(tier))
        place.note("tier changed", {"unit": unit.name, "tier": tier, "bytes": unit.size})
        archived = [stat.key for stat in unit.archived] if tier != StorageTier.COLD else []
        left = bring_back(place, unit.name, archived, Priority.STANDARD) if archived else None
        if archived and not left and tier == StorageTier.WARM:  # it may have come back to hot
            place.store.set_tier(keys, StorageTier(tier))
        settle(context, place, unit.name)
        unit = unit_of_name(place.store, unit.name)
    if left:
        again = "" if tier == StorageTier.HOT else f"; {AGAIN}"
        click.echo(f"{sentence(unit.name, left)}{again}")
        return ON_ITS_WAY
    return _tell_tiers(context, unit)


def _tell_tiers(context: Context, unit: Unit) -> int:
    """Print in which tiers a unit is; returns the exit code, ON_ITS_WAY for what leaves the archive."""
    coming = sum(stat.availability is Availability.REHYDRATING for stat in unit.stats)
    if coming:
        told = f"{count(coming, 'object')} on the way out of the archive, which cannot be stopped; {AGAIN}"
        click.echo(f"{visible(unit.name)}: {told}")
        return ON_ITS_WAY
    tiers = Counter(stat.tier.value for stat in unit.stats)
    if not context.quiet:
        told = ", ".join(f"{count(number, 'object')} in {tier}" for tier, number in tiers.items())
        click.echo(f"{visible(unit.name)}: {told}")
    return 0


def sweep_store(
    context: Context, config: Path | None, name: str | None, *, dry_run: bool, as_json: bool
) -> int:
    """Move what is due; returns the exit code."""
    with store_of(context, config, name) as place, books_of(context, place) as books:
        back = [] if dry_run else look(place)
        done = []
        for move in sweep(place.store, place.table.cycle, utc_now(), dry_run=dry_run):
            done.append(move)
            if books is not None and not dry_run:
                books.settle(move.unit)
            if not as_json and not context.quiet:
                click.echo(_move_line(move, dry_run=dry_run))
        if done and not dry_run:
            place.note("storage swept", {"moves": [_move(each) for each in done]})
    if as_json:
        told = {"dry_run": dry_run, "rehydrated": back, "moves": [_move(each) for each in done]}
        click.echo(json.dumps(told, indent=1))
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


def _move(move: Move) -> dict[str, Any]:
    told = {"unit": move.unit, "tier": move.tier.value, "objects": len(move.keys), "bytes": move.size}
    return {**told, "days": move.age.days}


def _move_line(move: Move, *, dry_run: bool) -> str:
    verb = "would go" if dry_run else "went"
    told = f"{count(len(move.keys), 'object')}, {megabytes(move.size)}, untouched for {move.age.days} days"
    return f"{visible(move.unit)}: {verb} to {move.tier.value} ({told})"
