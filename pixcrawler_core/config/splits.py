"""The table `[splits]` of the job file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pixcrawler_core.config.table import Table
from pixcrawler_core.splitting.rules import SPLITS

ROUNDING = 0.001
"""By how much shares may miss 1: three thirds of three digits do."""

Share = Annotated[float, Field(gt=0, le=1)]


class SplitsTable(Table):
    """How the images are cut into train, val and test."""

    train: Share | None = Field(default=None, description="Share of the images for training.")
    val: Share | None = Field(default=None, description="Share for validation while training.")
    test: Share | None = Field(
        default=None, description="Share for the test at the end. All shares that are given add up to 1."
    )
    seed: int = Field(default=0, ge=0, le=0xFFFFFFFF, description="Another seed gives other splits.")
    together: tuple[Literal["duplicates", "page"], ...] = Field(
        default=("duplicates", "page"),
        description="What never stands in two splits: images that are nearly the same, and images that were "
        "found on the same page.",
    )
    radius: int = Field(
        default=10,
        ge=0,
        le=16,
        description="Bits, of 64, by which the perceptual hashes of images may differ that count as nearly "
        "the same.",
    )

    @property
    def shares(self) -> dict[str, float]:
        """The shares that are given, by split, in order and made to add up to 1; empty without splits."""
        given = {name: share for name in SPLITS if (share := getattr(self, name)) is not None}
        return {name: share / self.total for name, share in given.items()}

    @property
    def total(self) -> float:
        """What the given shares add up to."""
        return sum(getattr(self, name) or 0.0 for name in SPLITS)
