"""The table `[storage]` of the job file."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from pixcrawler_core.config.table import Picks
from pixcrawler_core.config.words import Words
from pixcrawler_core.storage.accounting import PRICES
from pixcrawler_core.storage.lifecycle import LifeCycle
from pixcrawler_core.storage.protocols import StorageTier

NEVER = 0
MOST_DAYS = 36_500
"""A hundred years."""
VARIABLE = "env:"
"""What stands before the name of a variable that has a key."""


class StorageTable(Picks):
    """Where finished datasets and exports are stored as well, with a table per store for its options."""

    stores: Words = Field(default=(), description="Stores to which a finished dataset is pushed.")
    push: tuple[Literal["dataset", "exports"], ...] = Field(
        default=("dataset", "exports"), description="What is pushed at the end of a run."
    )
    warm_after: int = Field(
        default=30,
        ge=NEVER,
        le=MOST_DAYS,
        description="Days since a dataset or export was last touched (put, read, moved) after which "
        "`pixcrawler storage sweep` moves it to the warm tier; 0: never.",
    )
    cold_after: int = Field(
        default=90,
        ge=NEVER,
        le=MOST_DAYS,
        description="Days in the warm tier without a touch after which it goes to the cold tier; of what is "
        "hot still, they count after those of `warm_after`. 0: never.",
    )
    keys: str | None = Field(
        default=None,
        min_length=1,
        description="File of keys with which objects are encrypted before they leave the machine, made by "
        "`storage keys new`; `env:NAME` for one key in a variable of the environment. Not given: "
        "objects are stored as they are.",
    )
    owner: str | None = Field(
        default=None,
        min_length=1,
        description="Whose data key encrypts them, in a file of `keys`; "
        "see [Encryption](storage.md#encryption).",
    )
    encrypt_blobs: bool = Field(
        default=False,
        description="Whether the workspace's own blobs are encrypted by `keys`, too; only in the workspace's "
        "`storage.toml`, see [Blobs](storage.md#blobs-of-the-workspace).",
    )
    pins: Words = Field(default=(), description="Names of datasets and exports that stay where they are.")
    price_hot: float = Field(
        default=PRICES[StorageTier.HOT], ge=0, description="What a gigabyte costs a month in the hot tier."
    )
    price_warm: float = Field(default=PRICES[StorageTier.WARM], ge=0, description="In the warm tier.")
    price_cold: float = Field(default=PRICES[StorageTier.COLD], ge=0, description="In the cold tier.")

    @property
    def cycle(self) -> LifeCycle:
        """When what is stored moves."""
        return LifeCycle(
            warm_after=_days(self.warm_after), cold_after=_days(self.cold_after), pins=frozenset(self.pins)
        )

    @property
    def prices(self) -> dict[StorageTier, float]:
        """What a gigabyte costs a month."""
        prices = (self.price_hot, self.price_warm, self.price_cold)
        return dict(zip(StorageTier, prices, strict=True))


def _days(days: int) -> timedelta | None:
    return None if days == NEVER else timedelta(days=days)
