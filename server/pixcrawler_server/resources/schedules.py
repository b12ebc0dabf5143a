"""`/schedules`: jobs that are ordered again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from peewee import JOIN

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import Dataset, MemberRole, Project, Schedule
from pixcrawler_core.jobs.ordering import tables_of
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.jobs.allowances import check_owned
from pixcrawler_server.jobs.orders import Orders
from pixcrawler_server.jobs.schedules import NewSchedule, ScheduleChange, ScheduleView, next_of, view_of
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import dataset_of, schedule_of, visible
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API, number
from pixcrawler_server.replies import check_match, send, send_tagged

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

ROOT = f"{API}/schedules"
LIST = "schedules"
CHANGES = {"access": Access.USER, "scope": Scope.JOBS_WRITE, "budget": Budget.WRITE, "tag": "schedules"}


class SchedulesResource:
    """All schedules."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors
        self._now = services.now
        self._orders = Orders(services.settings, services.registry, services.secrets, services.now)

    @operation(
        access=Access.USER,
        scope=Scope.JOBS_READ,
        tag="schedules",
        query=PageQuery,
        answers={200: Page[ScheduleView]},
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: PageQuery) -> None:
        """List the schedules that you may see, newest first."""
        before = self._cursors.read(LIST, query.cursor, 1)[0] if query.cursor else None
        rows = await self._catalog.read(_listed, principal, before, query.limit + 1)
        send(resp, page_of(self._cursors, LIST, rows, query, view_of, lambda row: [row.id]))

    @operation(
        **CHANGES,
        verified=True,
        limit="jobs_create",
        body=NewSchedule,
        answers={201: ScheduleView},
        errors=(404, 409),
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: NewSchedule) -> None:
        """Make a schedule: its job is ordered at each time, as long as plan and dataset allow it."""
        tables = await self._catalog.read(self._checked, principal, body)
        made = await self._catalog.write(self._made, principal, body, tables)
        send(resp, made, 201, location=f"{ROOT}/{made.id}")

    def _checked(self, principal: Principal, body: NewSchedule) -> dict[str, Any]:
        dataset = dataset_of(principal, body.dataset, MemberRole.EDITOR)
        check_owned(dataset)
        return tables_of(self._orders.checked(body.tables, dataset))

    def _made(self, principal: Principal, body: NewSchedule, tables: dict[str, Any]) -> ScheduleView:
        dataset = dataset_of(principal, body.dataset, MemberRole.EDITOR)
        now = self._now()
        row = Schedule.create(
            dataset=dataset.id,
            cron=body.cron,
            timezone=body.timezone,
            config=tables,
            enabled=body.enabled,
            backfill=body.backfill,
            ordered_by=str(principal.user_id),
            next_run_at=next_of(body.cron, body.timezone, now),
            created_at=now,
            updated_at=now,
        )
        audit.record(
            "schedule made",
            entity="schedule",
            entity_id=row.id,
            details={"dataset": dataset.id},
            actor=principal.user_id,
        )
        return view_of(schedule_of(principal, row.id))


class ScheduleResource:
    """One schedule."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._now = services.now
        self._orders = Orders(services.settings, services.registry, services.secrets, services.now)

    @operation(
        access=Access.USER,
        scope=Scope.JOBS_READ,
        tag="schedules",
        answers={200: ScheduleView, 304: None},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, schedule_id: int) -> None:
        """Show a schedule."""
        send_tagged(req, resp, view_of(await self._catalog.read(schedule_of, principal, schedule_id)))

    @operation(**CHANGES, body=ScheduleChange, answers={200: ScheduleView}, errors=(403, 404, 412))
    async def on_patch(
        self, req: Request, resp: Response, principal: Principal, schedule_id: int, body: ScheduleChange
    ) -> None:
        """Change a schedule, let it rest, or let it go on."""
        wanted = req.get_header("If-Match")
        tables = await self._catalog.read(self._checked, principal, schedule_id, body)
        changed = await self._catalog.write(self._changed, principal, schedule_id, body, tables, wanted)
        send_tagged(req, resp, changed)

    @operation(**CHANGES, answers={204: None}, errors=(403, 404, 412))
    async def on_delete(self, req: Request, resp: Response, principal: Principal, schedule_id: int) -> None:
        """Remove a schedule; its jobs stay."""
        await self._catalog.write(_removed, principal, schedule_id, req.get_header("If-Match"))
        resp.status = 204

    def _checked(self, principal: Principal, schedule_id: int, body: ScheduleChange) -> dict[str, Any] | None:
        """Outside the transaction: it may take a while."""
        schedule = schedule_of(principal, schedule_id, MemberRole.EDITOR)
        return None if body.tables is None else tables_of(self._orders.checked(body.tables, schedule.dataset))

    def _changed(
        self,
        principal: Principal,
        schedule_id: int,
        body: ScheduleChange,
        tables: dict[str, Any] | None,
        wanted: str | None,
    ) -> ScheduleView:
        schedule = schedule_of(principal, schedule_id, MemberRole.EDITOR)
        check_match(wanted, view_of(schedule))
        changes = body.model_dump(exclude_none=True, exclude={"tables"})
        if tables is not None:
            changes["config"] = tables
        if body.enabled and not schedule.enabled:
            changes |= {"ordered_by": str(principal.user_id), "last_error": ""}
        times = {"cron": schedule.cron, "timezone": schedule.timezone, **changes}
        changes["next_run_at"] = next_of(times["cron"], times["timezone"], self._now())
        Schedule.update(**changes, updated_at=self._now()).where(Schedule.id == schedule_id).execute()
        audit.record(
            "schedule changed",
            entity="schedule",
            entity_id=schedule_id,
            details={"fields": sorted(changes)},
            actor=principal.user_id,
        )
        return view_of(schedule_of(principal, schedule_id))


def _removed(principal: Principal, schedule_id: int, wanted: str | None) -> None:
    check_match(wanted, view_of(schedule_of(principal, schedule_id, MemberRole.EDITOR)))
    Schedule.delete().where(Schedule.id == schedule_id).execute()
    audit.record("schedule removed", entity="schedule", entity_id=schedule_id, actor=principal.user_id)


def _listed(principal: Principal, before: int | None, count: int) -> list[Schedule]:
    query = visible(Schedule.select(Schedule).join(Dataset).join(Project, JOIN.LEFT_OUTER), principal)
    if before is not None:
        query = query.where(Schedule.id < before)
    return list(query.order_by(Schedule.id.desc()).limit(count).objects())


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="schedules", summary="Schedules", path=ROOT, build=SchedulesResource)
    yield Route(
        name="schedule", summary="A schedule", path=f"{ROOT}/{number('schedule_id')}", build=ScheduleResource
    )
