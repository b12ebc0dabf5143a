"""How much is stored where, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pixcrawler_core.storage.protocols import StorageTier
from pixcrawler_core.storage.units import Unit

GIGABYTE = 10**9
"""Bytes of what stores charge for."""
PRICES: Mapping[StorageTier, float] = {
    StorageTier.HOT: 0.018,
    StorageTier.WARM: 0.010,
    StorageTier.COLD: 0.002,
}
"""US dollars a gigabyte and month: about what object stores ask for their tiers; to be set to one's own."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a store has of a unit."""

    unit: str
    objects: int
    sizes: Mapping[StorageTier, int]
    """Bytes by tier."""
    archived: int
    """Objects that cannot be read."""
    touched_at: datetime

    @property
    def size(self) -> int:
        """Bytes in all tiers."""
        return sum(self.sizes.values())

    def cost(self, prices: Mapping[StorageTier, float]) -> float:
        """What it costs a month, in the currency of the prices, which are for a gigabyte."""
        return sum(prices[tier] * size / GIGABYTE for tier, size in self.sizes.items())

    def as_json(self, prices: Mapping[StorageTier, float]) -> dict[str, Any]:
        """The same for a program."""
        return {
            "unit": self.unit,
            "objects": self.objects,
            "bytes": {tier.value: size for tier, size in self.sizes.items()},
            "archived": self.archived,
            "touched_at": f"{self.touched_at:%Y-%m-%dT%H:%M:%SZ}",
            "cost_per_month": round(self.cost(prices), 6),
        }


def usages(found: Iterable[Unit]) -> Iterator[Usage]:
    """What each unit takes."""
    for unit in found:
        yield Usage(
            unit=unit.name,
            objects=len(unit.stats),
            sizes={tier: unit.bytes_in(tier) for tier in StorageTier},
            archived=len(unit.archived),
            touched_at=unit.touched_at,
        )
