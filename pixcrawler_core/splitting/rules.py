"""The rules by which a dataset is cut: the splits' shares, what stays together, and the seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SPLITS = ("train", "val", "test")
"""All splits that there can be, in their order."""
DUPLICATES, PAGE = "duplicates", "page"
"""What can stay together: images that are nearly the same, and images of one web page."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How a dataset is cut."""

    shares: Mapping[str, float]
    """Share of each split by its name, in the order of `SPLITS`; they add up to 1."""
    seed: int = 0
    together: Sequence[str] = (DUPLICATES, PAGE)
    radius: int = 10
    """Bits by which the perceptual hashes of near-duplicates may differ, 0 to 16."""

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits, in order."""
        return tuple(self.shares)

    @property
    def digest(self) -> str:
        """16 hex digits that are others as soon as images would have to be cut anew."""
        told = self.as_json()
        if DUPLICATES not in self.together:
            del told["radius"]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """The rules in JSON values; `of_json` reads them again."""
        return {
            "shares": {name: round(share, 9) for name, share in self.shares.items()},
            "seed": self.seed,
            "together": sorted(set(self.together)),
            "radius": self.radius,
        }

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Rules:
        """The rules that `as_json` told. Raises KeyError, TypeError or ValueError for anything else."""
        shares = {name: float(told["shares"][name]) for name in SPLITS if name in told["shares"]}
        together, radius = told["together"], told["radius"]
        if len(shares) != len(told["shares"]) or not set(together) <= {DUPLICATES, PAGE}:
            raise ValueError(f"unknown splits or rules: {told!r:.200}")
        if not isinstance(radius, int) or not 0 <= radius <= 64:
            raise ValueError(f"the radius is {radius!r:.20}; it is from 0 to 64 bits")
        return cls(shares=shares, seed=int(told["seed"]), together=tuple(together), radius=radius)
