"""How much is stored where, when it was touched, and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pixcrawler_core.storage.protocols import Refusal, Stat, StorageTier
from pixcrawler_core.storage.units import Unit, touched_at

GIGABYTE = 10**9
"""Bytes of what stores charge for."""
PRICES: Mapping[StorageTier, float] = {
    StorageTier.HOT: 0.018,
    StorageTier.WARM: 0.010,
    StorageTier.COLD: 0.002,
}
"""US dollars a gigabyte and month: about what object stores ask for their tiers; to be set to one's own."""
Prices = Mapping[StorageTier, float]
"""Of a gigabyte and month, in any currency."""


@dataclass(frozen=True, kw_only=True)
class TierUsage:
    """What lies in one tier."""

    objects: int = 0
    size: int = 0
    """Bytes."""
    touched_at: datetime | None = None
    """When one of the objects was put, moved or read last; None if there is none."""
    read_at: datetime | None = None
    """When one of them was read last; None where the store does not tell."""

    def __add__(self, other: TierUsage) -> TierUsage:
        return TierUsage(
            objects=self.objects + other.objects,
            size=self.size + other.size,
            touched_at=_latest((self.touched_at, other.touched_at)),
            read_at=_latest((self.read_at, other.read_at)),
        )

    def cost(self, price: float) -> float:
        """What it costs a month, in the currency of the price, which is for a gigabyte."""
        return price * self.size / GIGABYTE

    def as_json(self, price: float) -> dict[str, Any]:
        """The same for a program."""
        return {
            "objects": self.objects,
            "bytes": self.size,
            "touched_at": _text(self.touched_at),
            "read_at": _text(self.read_at),
            "cost_per_month": round(self.cost(price), 6),
        }


def _empty() -> Mapping[StorageTier, TierUsage]:
    return {tier: TierUsage() for tier in StorageTier}


@dataclass(frozen=True, kw_only=True)
class Amount:
    """What lies in all tiers: of a unit, of a user, or of a whole store."""

    tiers: Mapping[StorageTier, TierUsage] = field(default_factory=_empty)
    archived: int = 0
    """Objects that cannot be read before they are rehydrated."""
    refused: Mapping[Refusal, int] = field(default_factory=dict)
    """Objects whose bytes cannot be had at all, by why."""

    def __add__(self, other: Amount) -> Amount:
        tiers = {tier: self.tiers[tier] + other.tiers[tier] for tier in StorageTier}
        refused = Counter(self.refused) + Counter(other.refused)
        return Amount(tiers=tiers, archived=self.archived + other.archived, refused=refused)

    @property
    def whole(self) -> TierUsage:
        """All tiers together."""
        return sum(self.tiers.values(), TierUsage())

    @property
    def sizes(self) -> Mapping[StorageTier, int]:
        """Bytes by tier."""
        return {tier: each.size for tier, each in self.tiers.items()}

    def cost(self, prices: Prices) -> float:
        """What it costs a month."""
        return sum(each.cost(prices[tier]) for tier, each in self.tiers.items())

    def as_json(self, prices: Prices) -> dict[str, Any]:
        """The same for a program."""
        whole = self.whole
        return {
            "objects": whole.objects,
            "bytes": {tier.value: size for tier, size in self.sizes.items()},
            "archived": self.archived,
            "refused": {why.value: number for why, number in self.refused.items()},
            "touched_at": _text(whole.touched_at),
            "read_at": _text(whole.read_at),
            "cost_per_month": round(self.cost(prices), 6),
            "tiers": {tier.value: each.as_json(prices[tier]) for tier, each in self.tiers.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Usage(Amount):
    """What a store has of a unit."""

    unit: str

    def as_json(self, prices: Prices) -> dict[str, Any]:
        """The same for a program."""
        return {"unit": self.unit, **super().as_json(prices)}


def usages(found: Iterable[Unit]) -> Iterator[Usage]:
    """What each unit takes."""
    for unit in found:
        yield usage(unit)


def usage(unit: Unit) -> Usage:
    """What a unit takes."""
    tiers = {tier: _in_tier([stat for stat in unit.stats if stat.tier is tier]) for tier in StorageTier}
    refused = Counter(stat.refused for stat in unit.stats if stat.refused is not None)
    return Usage(unit=unit.name, tiers=tiers, archived=len(unit.archived), refused=refused)


def _in_tier(stats: list[Stat]) -> TierUsage:
    return TierUsage(
        objects=len(stats),
        size=sum(stat.size for stat in stats),
        touched_at=_latest(map(touched_at, stats)),
        read_at=_latest(stat.accessed_at for stat in stats),
    )


def _latest(times: Iterable[datetime | None]) -> datetime | None:
    return max((time for time in times if time is not None), default=None)


def _text(time: datetime | None) -> str | None:
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"
