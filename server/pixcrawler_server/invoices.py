"""What a month costs: the plan, and what was used beyond what it includes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from pixcrawler_core.catalog.models import UsageHour
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.metering import Kind
from pixcrawler_server.plan_settings import BillingTable, PlanTable

OF_MONTH = """
SELECT kind, SUM(amount) FROM usage_hour WHERE user_id = ? AND hour BETWEEN ? AND ? GROUP BY kind
"""
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


def used_in(user_id: UUID, month: str) -> dict[str, int]:
    """What a user used in a month, such as `2026-11`, by kind, in the ledger's units."""
    rows = Sql(UsageHour.bound_to()).all(OF_MONTH, (user_id.hex, f"{month}-01 00", f"{month}-31 23"))
    return {kind: int(amount) for kind, amount in rows}


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
