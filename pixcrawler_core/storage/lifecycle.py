"""When stored datasets and exports move to cheaper tiers, by their age since they were last touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pixcrawler_core.storage.errors import StoreRefused
from pixcrawler_core.storage.protocols import StorageTier
from pixcrawler_core.storage.units import BLOBS, Unit, units

if TYPE_CHECKING:
    from pixcrawler_core.storage.protocols import Store

ORDER = tuple(StorageTier)
"""The tiers from the dearest to the cheapest; the sweeper only moves in this direction."""


@dataclass(frozen=True, kw_only=True)
class LifeCycle:
    """After how long a unit moves; None for never. Pinned units stay where they are."""

    warm_after: timedelta | None
    """In the hot tier."""
    cold_after: timedelta | None
    """In the warm tier; in the hot one, after `warm_after` has passed as well."""
    pins: frozenset[str] = frozenset()
    """Last parts of units' names, with or without `dataset-`."""

    def tier(self, unit: Unit, now: datetime) -> StorageTier:
        """Where a unit belongs by its age."""
        age, warm_after = now - unit.rested_since, self.warm_after
        before = warm_after if warm_after and unit.dearest is StorageTier.HOT else timedelta(0)
        if self.cold_after is not None and age >= before + self.cold_after:
            return StorageTier.COLD
        if warm_after is not None and age >= warm_after:
            return StorageTier.WARM
        return StorageTier.HOT

    def pinned(self, unit: Unit) -> bool:
        """Whether a unit stays where it is: blobs do, since jobs may need them."""
        name = unit.name.rpartition("/")[2]
        return unit.name == BLOBS or bool({name, name.removeprefix("dataset-")} & self.pins)


@dataclass(frozen=True, kw_only=True)
class Move:
    """Objects of a unit that go to another tier together."""

    unit: str
    tier: StorageTier
    keys: tuple[str, ...]
    size: int
    """Bytes."""
    age: timedelta
    """Since the unit was last touched, without what a sweep that was killed moved of it."""


def moves(found: Iterable[Unit], cycle: LifeCycle, now: datetime) -> Iterator[Move]:
    """What is to be moved now."""
    for unit in found:
        tier = cycle.tier(unit, now)
        stats = [stat for stat in unit.stats if ORDER.index(stat.tier) < ORDER.index(tier)]
        if stats and not cycle.pinned(unit):
            yield Move(
                unit=unit.name,
                tier=tier,
                keys=tuple(stat.key for stat in stats),
                size=sum(stat.size for stat in stats),
                age=now - unit.rested_since,
            )


def sweep(store: Store, cycle: LifeCycle, now: datetime, *, dry_run: bool = False) -> Iterator[Move]:
    """Move what is to be moved, unit by unit; tells of each when it is done. Raises the errors of stores.

    Killed on the way, the next sweep moves the rest. In memory is one unit. A store without tiers raises
    StoreRefused if anything is ever to be moved, also for a dry run.
    """
    _check_tiers(store, cycle)
    for move in moves(units(store.list()), cycle, now):
        if not dry_run:
            store.set_tier(move.keys, move.tier)
        yield move


def _check_tiers(store: Store, cycle: LifeCycle) -> None:
    wanted = {StorageTier.WARM: cycle.warm_after, StorageTier.COLD: cycle.cold_after}
    try:
        for tier in (tier for tier, after in wanted.items() if after is not None):
            store.set_tier([], tier)
    except StoreRefused as error:
        raise StoreRefused(f"{error}; set warm_after and cold_after to 0, or do not sweep it") from error
