"""`/usage` and `/me/quota`: what was used, what it costs, and what is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import Dataset, Project, UsageHour, User
from pixcrawler_core.catalog.quotas import used_bytes
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.metering import UNITS, Kind
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.invoices import Line, lines_of, used_in
from pixcrawler_server.jobs.allowances import begun_jobs, busy_jobs
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

USUAL, MOST = 30, 366
"""Days."""
DAY = timedelta(days=1)
HOURS = "FROM usage_hour WHERE user_id = ? AND hour BETWEEN ? AND ?"
USED = f"SELECT substr(hour, 1, 10), kind, project, SUM(amount) {HOURS}"


class DaysQuery(Input):
    """Which days are wanted, in UTC: the last 30 if nothing is said."""

    since: date | None = Field(default=None, description="The first day.")
    until: date | None = Field(default=None, description="The last day; default: today.")

    def days(self, today: date) -> tuple[str, str]:
        """The first and the last day, as the catalog writes them."""
        last = self.until or today
        first = self.since or last - min(last - date.min, (USUAL - 1) * DAY)
        return str(first), str(last)

    @model_validator(mode="after")
    def _in_order(self) -> DaysQuery:
        if self.since and self.until and not 0 <= (self.until - self.since).days < MOST:
            raise ValueError(f"since must not be after until, nor {MOST} days or more before it")
        return self


class UsageQuery(DaysQuery):
    """Which usage is wanted."""

    kind: Kind | None = Field(default=None, description="Only this kind.")
    project: int | None = Field(
        default=None, ge=0, le=2**31 - 1, description="Only this project; 0 for what is of none."
    )


class UsageRow(View):
    """What was used of a kind on a day, for one project."""

    day: date
    kind: Kind
    project_id: int | None
    amount: int
    unit: str


class UsageView(View):
    """What was used."""

    items: list[UsageRow]
    totals: dict[str, int]
    """By kind."""


class MonthQuery(Input):
    """Which month is wanted."""

    month: str | None = Field(
        default=None,
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$",
        description="Such as `2026-01`; default: this one.",
    )


class LineView(View):
    """A line of an invoice: `charged` times `price` are `cents`."""

    kind: Kind
    unit: str
    used: float
    included: float
    charged: float
    price: float
    cents: int


class InvoiceView(View):
    """What a month costs by today's plan and prices; what the provider of payments charges is what counts."""

    month: str
    plan: str
    currency: str
    plan_cents: int
    lines: list[LineView]
    total_cents: int


class QuotaView(View):
    """What a plan allows, and what is used of it; `limits` is null for an admin, who has none."""

    plan: str
    limits: dict[str, int] | None
    used: dict[str, int]


class UsageResource:
    """What you used."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._now = services.now

    @operation(
        access=Access.USER, scope=Scope.USAGE_READ, tag="usage", query=UsageQuery, answers={200: UsageView}
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: UsageQuery) -> None:
        """Show what you used by day, kind and project, newest day first."""
        rows = await self._catalog.read(_used, principal, query, query.days(self._now().date()))
        totals: dict[str, int] = {}
        for row in rows:
            totals[row.kind] = totals.get(row.kind, 0) + row.amount
        send(resp, UsageView(items=rows, totals=totals))


class InvoiceResource:
    """What a month costs."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._settings = services.settings
        self._now = services.now

    @operation(
        access=Access.USER, scope=Scope.USAGE_READ, tag="usage", query=MonthQuery, answers={200: InvoiceView}
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: MonthQuery) -> None:
        """Show what a month costs so far: the plan, and what was used beyond it."""
        month = query.month or f"{self._now():%Y-%m}"
        user, used = await self._catalog.read(_of_month, principal, month)
        plan, billing = self._settings.plan(user.plan), self._settings.billing
        lines = lines_of(used, plan, billing)
        told = InvoiceView(
            month=month,
            plan=self._settings.plan_name(user.plan),
            currency=billing.currency,
            plan_cents=plan.price,
            lines=[_line(each) for each in lines],
            total_cents=plan.price + sum(each.cents for each in lines),
        )
        send(resp, told)


class QuotaResource:
    """What you may have."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._settings = services.settings
        self._now = services.now

    @operation(access=Access.USER, scope=Scope.USAGE_READ, tag="usage", answers={200: QuotaView})
    async def on_get(self, req: Request, resp: Response, principal: Principal) -> None:
        """Show what your plan allows, and what you have of it."""
        user, used = await self._catalog.read(_quota, principal, self._now())
        limits = None if user.is_admin() else self._settings.plan(user.plan).limits()
        send(resp, QuotaView(plan=self._settings.plan_name(user.plan), limits=limits, used=used))


def _used(principal: Principal, query: UsageQuery, days: tuple[str, str]) -> list[UsageRow]:
    where = ""
    values: list[object] = [principal.user_id.hex, f"{days[0]} 00", f"{days[1]} 23"]
    if query.kind is not None:
        where, values = " AND kind = ?", [*values, query.kind.value]
    if query.project is not None:
        where, values = f"{where} AND project = ?", [*values, query.project]
    return [
        UsageRow(
            day=date.fromisoformat(day),
            kind=Kind(kind),
            project_id=project or None,
            amount=int(amount),
            unit=UNITS[Kind(kind)],
        )
        for day, kind, project, amount in Sql(UsageHour.bound_to()).all(
            f"{USED}{where} GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3",
            values,
        )
    ]


def _of_month(principal: Principal, month: str) -> tuple[User, dict[str, int]]:
    return User.get_by_id(principal.user_id), used_in(principal.user_id, month)


def _quota(principal: Principal, now: datetime) -> tuple[User, dict[str, int]]:
    user = User.get_by_id(principal.user_id)
    mine: Any = Project.owner == user.id
    return user, {
        "projects": Project.select().where(mine).count(),
        "datasets": Dataset.select().join(Project).where(mine).count(),
        "jobs_per_day": begun_jobs(user.id, now),
        "concurrent_jobs": busy_jobs(user),
        "storage_bytes": used_bytes(user),
    }


def _line(line: Line) -> LineView:
    return LineView(
        kind=line.kind,
        unit=line.unit,
        used=float(line.used),
        included=float(line.included),
        charged=float(line.charged),
        price=float(line.price),
        cents=line.cents,
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="usage", summary="What was used", path=f"{API}/usage", build=UsageResource)
    yield Route(
        name="invoice-preview",
        summary="What a month costs",
        path=f"{API}/usage/invoice-preview",
        build=InvoiceResource,
    )
    yield Route(name="quota", summary="What is left", path=f"{API}/me/quota", build=QuotaResource)
