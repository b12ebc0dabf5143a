"""What `pixcrawler storage rehydrate` does, and what other commands do about what is on its way."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.commands.stores import Place, settle, store_of, unit_of_name
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.storage.protocols import Priority

if TYPE_CHECKING:
    from pixcrawler_core.catalog.rehydrations import Pending
    from pixcrawler_core.cli import Context

POLL = 5.0
"""Seconds between two looks at what is on its way, where no earlier time was told."""
SHORTEST_POLL = 0.1
ON_ITS_WAY = 3
"""Exit code of a rehydration that is not done."""


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
    with store_of(context, config, name) as place:
        look(place)
        unit = unit_of_name(place.store, text)
        keys = [stat.key for stat in unit.archived]
        left = bring_back(place, unit.name, keys, Priority(priority), wait=wait) if keys else None
        settle(context, place, unit.name)
        waiting = len(unit_of_name(place.store, unit.name).archived) if left else 0
    if as_json:
        told = pending_object(left) if left else {"priority": None, "asked_at": None, "ready_at": None}
        told = {"unit": unit.name, "objects": len(keys), "on_the_way": waiting, **told}
        click.echo(json.dumps(told, indent=1))
    elif not context.quiet or left:
        click.echo(sentence(unit.name, left))
    return ON_ITS_WAY if left else 0


def bring_back(
    place: Place, unit: str, keys: Sequence[str], priority: Priority, *, wait: bool = False
) -> Pending | None:
    """Ask for objects of a unit, and keep that; what is left of it, None if all can be read.

    With `wait`, it is waited for.
    """
    details = {"unit": unit, "objects": len(keys), "priority": priority.value}
    with place.rehydrations() as rehydrations:
        ready_at = rehydrations.ask(unit, keys, priority)
        place.note("rehydration begun", details)
        rehydrations.look()
        while (left := rehydrations.pending().get(unit)) and wait:
            time.sleep(_pause(ready_at, utc_now()))
            rehydrations.look()
        return left


def look(place: Place) -> list[str]:
    """Look at what is on its way out of the archive; what is there now is noted and told."""
    if not place.has_catalog:
        return []
    with place.rehydrations() as rehydrations:
        found = rehydrations.look()
    for unit in found:
        settle(place.context, place, unit)
    return found


def looked(place: Place) -> Mapping[str, Pending]:
    """Look, and tell what is on its way; a catalog that cannot be used is told, and stops nothing."""
    if not place.has_catalog:
        return {}
    try:
        look(place)
        with place.rehydrations() as rehydrations:
            return rehydrations.pending()
    except WorkspaceError as error:
        click.echo(f"it is not known what is on its way out of the archive: {visible(str(error))}", err=True)
        return {}


def sentence(unit: str, left: Pending | None) -> str:
    """How far a unit's way out of the archive is."""
    if left is None:
        return f"{visible(unit)}: can be read"
    return f"{visible(unit)}: {way(left)}"


def way(left: Pending) -> str:
    """Since when something is on its way, and when it is expected."""
    asked = f"on the way out of the archive, asked for at {_minute(left.asked_at)}"
    return f"{asked}, there at about {_minute(left.ready_at)}" if left.ready_at else asked


def pending_object(left: Pending) -> dict[str, Any]:
    """The same for a program."""
    return {
        "priority": left.priority.value,
        "asked_at": _second(left.asked_at),
        "ready_at": left.ready_at and _second(left.ready_at),
    }


def _pause(ready_at: datetime | None, now: datetime) -> float:
    """Seconds until the next look: at the time that was told, if that is soon."""
    until = (ready_at - now).total_seconds() if ready_at else POLL
    return max(SHORTEST_POLL, min(POLL, until))


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
