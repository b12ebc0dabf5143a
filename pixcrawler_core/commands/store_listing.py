"""What `pixcrawler storage ls` and `usage` do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.commands.duplicates import count
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.stores import store_of, unit_of_name
from pixcrawler_core.models.manifest import megabytes
from pixcrawler_core.storage.accounting import Usage, usages
from pixcrawler_core.storage.protocols import Stat, StorageTier
from pixcrawler_core.storage.reconciling import Difference, differences
from pixcrawler_core.storage.units import DATASETS, EXPORTS, units

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.config.storage import StorageTable
    from pixcrawler_core.storage.protocols import Store
    from pixcrawler_core.workspace import Workspace


def list_store(
    context: Context, config: Path | None, name: str | None, text: str | None, *, as_json: bool
) -> int:
    """Print the units of a store, or the objects of one; returns the exit code."""
    with store_of(context, config, name) as (store, table):
        if text is None:
            for each in usages(units(store.list())):
                click.echo(json.dumps(each.as_json(table.prices)) if as_json else _line(each, table))
            return 0
        for stat in unit_of_name(store, text).stats:
            click.echo(json.dumps(_object(stat)) if as_json else _object_line(stat))
    return 0


def show_usage(
    context: Context, config: Path | None, name: str | None, *, verify: bool, as_json: bool
) -> int:
    """Print what is stored, and with `verify` what differs from what is here; returns the exit code."""
    with store_of(context, config, name) as (store, table):
        found = list(usages(units(store.list())))
        wrong = list(_wrong(store, context.open_workspace(), found)) if verify else []
    if as_json:
        click.echo(json.dumps(_usage_object(found, table, wrong if verify else None), indent=1))
    else:
        _show(found, table)
        for each in wrong:
            click.echo(f"{each.what}: {visible(each.key)}")
        if verify:
            click.echo(f"{count(len(wrong), 'difference')} between the store and this workspace")
    return 1 if wrong else 0


def _wrong(store: Store, workspace: Workspace, found: Iterable[Usage]) -> Iterable[Difference]:
    """What differs in those units that are here too."""
    places = {DATASETS: workspace.datasets, EXPORTS: workspace.exports}
    for each in found:
        kind, _, own = each.unit.partition("/")
        if kind in places and (places[kind] / own).exists():
            yield from differences(store, places[kind] / own, each.unit)


def _usage_object(
    found: Sequence[Usage], table: StorageTable, wrong: Sequence[Difference] | None
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "units": [each.as_json(table.prices) for each in found],
        "bytes": {tier.value: sum(each.sizes[tier] for each in found) for tier in StorageTier},
        "cost_per_month": round(sum(each.cost(table.prices) for each in found), 6),
    }
    if wrong is not None:
        told["differences"] = [{"key": each.key, "what": each.what} for each in wrong]
    return told


def _show(found: Sequence[Usage], table: StorageTable) -> None:
    for each in found:
        click.echo(_line(each, table))
    for tier in StorageTier:
        size = sum(each.sizes[tier] for each in found)
        click.echo(f"{tier.value}: {megabytes(size)}, {table.prices[tier] * size / 10**9:.4f} a month")


def _line(each: Usage, table: StorageTable) -> str:
    tiers = ", ".join(f"{tier.value} {megabytes(size)}" for tier, size in each.sizes.items() if size)
    told = [count(each.objects, "object"), tiers or "empty", f"touched {each.touched_at:%Y-%m-%d}"]
    told += [f"{each.archived} archived"] if each.archived else []
    return f"{visible(each.unit)}: {', '.join(told)}, {each.cost(table.prices):.4f} a month"


def _object(stat: Stat) -> dict[str, Any]:
    return {
        "key": stat.key,
        "size": stat.size,
        "sha256": stat.sha256,
        "tier": stat.tier.value,
        "availability": stat.availability.value,
        "modified_at": f"{stat.modified_at:%Y-%m-%dT%H:%M:%SZ}",
        "accessed_at": stat.accessed_at and f"{stat.accessed_at:%Y-%m-%dT%H:%M:%SZ}",
    }


def _object_line(stat: Stat) -> str:
    state = "" if stat.availability == "ready" else f", {stat.availability.value}"
    return f"{visible(stat.key)}: {stat.size} bytes, {stat.tier.value}{state}"
