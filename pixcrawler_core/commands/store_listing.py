"""What `pixcrawler storage ls` does, and how amounts are shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.amounts import count, megabytes
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.store_rehydrating import looked, pending_object, way
from pixcrawler_core.commands.stores import store_of, unit_of_name
from pixcrawler_core.storage.accounting import Amount, Prices, TierUsage, Usage, usages
from pixcrawler_core.storage.units import units

if TYPE_CHECKING:
    from pixcrawler_core.catalog.rehydrations import Pending
    from pixcrawler_core.cli import Context
    from pixcrawler_core.storage.protocols import Refusal, Stat


def list_store(
    context: Context, config: Path | None, name: str | None, text: str | None, *, as_json: bool
) -> int:
    """Print the units of a store, or the objects of one; returns the exit code."""
    with store_of(context, config, name) as place:
        coming = looked(place)
        if text is None:
            for each in usages(units(place.store.list())):
                _tell(each, place.table.prices, coming.get(each.unit), as_json=as_json)
            return 0
        for stat in unit_of_name(place.store, text).stats:
            click.echo(json.dumps(_object(stat)) if as_json else _object_line(stat))
    return 0


def _tell(each: Usage, prices: Prices, left: Pending | None, *, as_json: bool) -> None:
    """Print what is stored of a unit, and whether it is on its way out of the archive."""
    if as_json:
        click.echo(json.dumps({**each.as_json(prices), "rehydration": left and pending_object(left)}))
    else:
        click.echo(f"{_line(each, prices)}{f'; {way(left)}' if left else ''}")


def amount_line(each: Amount, prices: Prices) -> str:
    """What lies in the tiers and what each costs, when it was touched, and the cost of all."""
    tiers = [
        f"{tier.value} {megabytes(part.size)} ({part.cost(prices[tier]):.4f} a month)"
        for tier, part in each.tiers.items()
        if part.objects
    ]
    told = [count(each.whole.objects, "object"), *(tiers or ["empty"]), *told_times(each.whole)]
    told += [f"{each.archived} archived"] if each.archived else []
    told += [f"{number} {_words(why)}" for why, number in each.refused.items()]
    return ", ".join([*told, f"{each.cost(prices):.4f} a month"])


def told_times(each: TierUsage) -> list[str]:
    """When something was touched and read last, as far as that is known."""
    times = {"touched": each.touched_at, "read": each.read_at}
    return [f"{what} {time:%Y-%m-%d}" for what, time in times.items() if time]


def _line(each: Usage, prices: Prices) -> str:
    return f"{visible(each.unit)}: {amount_line(each, prices)}"


def _object(stat: Stat) -> dict[str, Any]:
    return {
        "key": stat.key,
        "size": stat.size,
        "sha256": stat.sha256,
        "tier": stat.tier.value,
        "availability": stat.availability.value,
        "refused": stat.refused and stat.refused.value,
        "modified_at": f"{stat.modified_at:%Y-%m-%dT%H:%M:%SZ}",
        "accessed_at": stat.accessed_at and f"{stat.accessed_at:%Y-%m-%dT%H:%M:%SZ}",
    }


def _object_line(stat: Stat) -> str:
    state = "" if stat.availability == "ready" else f", {stat.availability.value}"
    refused = f", {_words(stat.refused)}" if stat.refused else ""
    return f"{visible(stat.key)}: {stat.size} bytes, {stat.tier.value}{state}{refused}"


def _words(why: Refusal) -> str:
    return why.value.replace("_", " ")
