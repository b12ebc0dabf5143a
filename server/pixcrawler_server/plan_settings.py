"""The tables of `server.toml` that say what users may have, and what it costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

GIB = 2**30


class Table(BaseModel):
    """Base of the tables."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlanTable(Table):
    """`[plans.NAME]`: what its users may have."""

    projects: int = Field(default=10, ge=0, description="Projects.")
    datasets: int = Field(default=100, ge=0, description="Datasets.")
    jobs_per_day: int = Field(default=50, ge=0, description="Jobs begun in 24 hours.")
    images_per_job: int = Field(
        default=10_000, ge=1, description="Accepted images of a job, over all categories."
    )
    concurrent_jobs: int = Field(default=2, ge=0, description="Jobs that wait or run at once.")
    storage_bytes: int = Field(
        default=10 * GIB, ge=0, description="Bytes of images, exports and stored objects."
    )
    price: int = Field(default=0, ge=0, description="Price of a month, in cents.")
    included_images: int = Field(default=0, ge=0, description="Accepted images of a month without charge.")
    included_gb_hours: int = Field(
        default=0, ge=0, description="Gigabytes (10^9 bytes) times hours of a month without charge."
    )
    included_requests: int = Field(default=0, ge=0, description="Requests of a month without charge.")
    included_compute_hours: int = Field(
        default=0, ge=0, description="Hours for which jobs run, of a month, without charge."
    )

    def limits(self) -> dict[str, int]:
        """What its users may have."""
        return {name: each for name, each in self.model_dump().items() if not _is_money(name)}

    def included(self) -> dict[str, int]:
        """What is without charge each month."""
        before = "included_"
        told = self.model_dump().items()
        return {name.removeprefix(before): each for name, each in told if name.startswith(before)}


def _is_money(name: str) -> bool:
    return name == "price" or name.startswith("included_")


Price = Annotated[Decimal, Field(ge=0)]


class BillingTable(Table):
    """`[billing]`: what is charged beyond what plans include, and who is told of it."""

    meters: tuple[str, ...] = Field(default=(), description="Meters that are told what is used.")
    currency: str = Field(
        default="usd",
        pattern="^[a-z]{3}$",
        description="Of all prices, as ISO 4217 has it, in small letters.",
    )
    images: Price = Field(default=Decimal(0), description="Cents for 1000 accepted images.")
    storage: Price = Field(default=Decimal(0), description="Cents for a gigabyte kept for an hour.")
    requests: Price = Field(default=Decimal(0), description="Cents for 1000 requests.")
    compute: Price = Field(default=Decimal(0), description="Cents for an hour for which a job runs.")
