"""What a month costs: the plan, and what was used beyond what it includes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pixcrawler_core.metering import Kind
from pixcrawler_server.plan_settings import BillingTable, PlanTable

GIGABYTE, HOUR, THOUSAND = 10**9, 3600, 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of an invoice; amounts in the unit of the price."""

    kind: Kind
    unit: str
    used: Decimal
    included: Decimal
    price: Decimal
    """Cents for one of the unit."""

    @property
    def charged(self) -> Decimal:
        """What is more than the plan includes."""
        return max(Decimal(0), self.used - self.included)

    @property
    def cents(self) -> int:
        """What it costs, rounded half up."""
        return int((self.charged * self.price).quantize(Decimal(1), ROUND_HALF_UP))


def lines_of(used: Mapping[str, int], plan: PlanTable, billing: BillingTable) -> list[Line]:
    """The lines for what was used in a month, by kind, in the ledger's units."""
    rates: list[tuple[Kind, str, int, Decimal, Decimal]] = [
        (Kind.IMAGES, "1000 images", THOUSAND, Decimal(plan.included_images) / THOUSAND, billing.images),
        (Kind.STORAGE, "gigabyte hours", GIGABYTE, Decimal(plan.included_gb_hours), billing.storage),
        (
            Kind.REQUESTS,
            "1000 requests",
            THOUSAND,
            Decimal(plan.included_requests) / THOUSAND,
            billing.requests,
        ),
        (Kind.COMPUTE, "hours", HOUR, Decimal(plan.included_compute_hours), billing.compute),
    ]
    return [
        Line(
            kind=kind,
            unit=unit,
            used=Decimal(used.get(kind.value, 0)) / size,
            included=included,
            price=price,
        )
        for kind, unit, size, included, price in rates
    ]
