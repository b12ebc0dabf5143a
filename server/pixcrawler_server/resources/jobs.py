"""`/jobs`: orders to fill datasets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import CrawlJob, JobStatus, MemberRole
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.config.job import Job
from pixcrawler_core.jobs.ordering import described, tables_of
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input
from pixcrawler_server.errors import Conflict, NotFound
from pixcrawler_server.jobs.allowances import check_size, images_of, owner_of
from pixcrawler_server.jobs.orders import Orders, Wanted
from pixcrawler_server.jobs.views import (
    FROM_JOBS,
    ONE,
    SELECTED,
    JobDetail,
    JobView,
    asks,
    detail_of,
    ready_of,
    tag_of,
    view_of,
)
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import dataset_of, job_of
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API, number
from pixcrawler_server.replies import check_tag, send, send_data

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

ROOT = f"{API}/jobs"
ITEM = f"{ROOT}/{number('job_id')}"
LIST = f"SELECT {SELECTED} {FROM_JOBS}"  # our own names
HIGHEST = 9
"""Of priorities that users may give: those of the server's own are above."""


class NewJob(Wanted):
    """A job to be ordered."""

    draft: bool = Field(
        default=False, description="Keep it until it is begun with `/retry`, and begin nothing."
    )
    priority: int = Field(
        default=0, ge=-HIGHEST, le=HIGHEST, description="Of your jobs, higher ones come first."
    )


class JobChange(Input):
    """What is to be changed of a draft; what is left out stays."""

    tables: dict[str, Any] | None = Field(default=None, description="All tables of the job file.")
    priority: int | None = Field(default=None, ge=-HIGHEST, le=HIGHEST)


class JobsQuery(PageQuery):
    """Which jobs are wanted."""

    dataset: str | None = Field(default=None, min_length=1, max_length=200, description="Only its jobs.")
    status: JobStatus | None = Field(default=None, description="Only those that stand there.")


class JobsResource:
    """All jobs."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors
        self._dispatcher = services.dispatcher
        self._orders = Orders(services.settings, services.registry, services.secrets, services.now)

    @operation(
        access=Access.USER, scope=Scope.JOBS_READ, tag="jobs", query=JobsQuery, answers={200: Page[JobView]}
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: JobsQuery) -> None:
        """List the jobs that you may see, newest first."""
        name = f"jobs {query.dataset!r} {query.status}"
        before = self._cursors.read(name, query.cursor, 1)[0] if query.cursor else None
        rows = await self._catalog.read(_listed, self._catalog.database, principal, query, before)
        send(resp, page_of(self._cursors, name, rows, query, view_of, lambda row: [row[0]]))

    @operation(
        access=Access.USER,
        scope=Scope.JOBS_WRITE,
        budget=Budget.WRITE,
        limit="jobs_create",
        verified=True,
        tag="jobs",
        body=NewJob,
        answers={201: JobDetail},
        errors=(404, 409),
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: NewJob) -> None:
        """Order a job: it waits until a worker takes it."""
        job = await self._catalog.read(self._orders.wanted, principal, body)
        made = await self._catalog.write(self._placed, principal, body, job)
        if not body.draft:
            await self._catalog.read(self._dispatcher.submit, made.id)
        send(resp, made, 201, location=f"{ROOT}/{made.id}")

    def _placed(self, principal: Principal, body: NewJob, job: Job) -> JobDetail:
        dataset = dataset_of(principal, body.dataset, MemberRole.EDITOR)
        row = self._orders.place(dataset, job, principal.user_id, draft=body.draft, priority=body.priority)
        return found(principal, row.id)


class JobResource:
    """One job."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._settings = services.settings
        self._now = services.now
        self._orders = Orders(services.settings, services.registry, services.secrets, services.now)

    @operation(
        access=Access.USER,
        scope=Scope.JOBS_READ,
        limit="jobs_status",
        tag="jobs",
        answers={200: JobDetail, 304: None},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, job_id: int) -> None:
        """Show a job."""
        job = await self._catalog.ready(ONE, (*asks(principal), job_id), ready_of)
        if job is None:
            raise NotFound("job", job_id)
        send_data(req, resp, *job)

    @operation(
        access=Access.USER,
        scope=Scope.JOBS_WRITE,
        budget=Budget.WRITE,
        tag="jobs",
        body=JobChange,
        answers={200: JobDetail},
        errors=(403, 404, 409, 412),
    )
    async def on_patch(
        self, req: Request, resp: Response, principal: Principal, job_id: int, body: JobChange
    ) -> None:
        """Change a draft."""
        wanted = req.get_header("If-Match")
        tables = await self._catalog.read(self._checked, principal, job_id, body)
        job = await self._catalog.write(self._changed, principal, job_id, body, tables, wanted)
        send_data(req, resp, job.model_dump_json().encode(), tag_of(job_id, job.revision))

    def _checked(self, principal: Principal, job_id: int, body: JobChange) -> Job | None:
        """Outside the transaction: it may take a while."""
        row = job_of(principal, job_id, MemberRole.EDITOR)
        return None if body.tables is None else self._orders.checked(body.tables, row.dataset)

    def _changed(
        self, principal: Principal, job_id: int, body: JobChange, job: Job | None, wanted: str | None
    ) -> JobDetail:
        row = job_of(principal, job_id, MemberRole.EDITOR)
        check_tag(wanted, tag_of(job_id, row.revision))
        if row.status != JobStatus.DRAFT:
            raise Conflict(f"job {job_id} is {row.status}; only a draft can be changed")
        changes: dict[str, Any] = {} if body.priority is None else {"priority": body.priority}
        if job is not None:
            check_size(images_of(job), owner_of(row.dataset), self._settings)
            theirs = {"ordered_by": str(principal.user_id), "folder": ""}
            changes |= {"tables": tables_of(job), **described(job), **theirs}
        if changes:
            more = {"revision": CrawlJob.revision + 1, "updated_at": self._now()}
            CrawlJob.update(**changes, **more).where(CrawlJob.id == job_id).execute()
            told, who = {"fields": sorted(changes)}, principal.user_id
            audit.record("job changed", entity="job", entity_id=job_id, details=told, actor=who)
        return found(principal, job_id)


def found(principal: Principal, job_id: int) -> JobDetail:
    """A job as it is now, in the transaction under way."""
    row = Sql(CrawlJob.bound_to()).first(ONE, (*asks(principal), job_id))
    if row is None:
        raise NotFound("job", job_id)
    return detail_of(row)


def _listed(
    database: Any, principal: Principal, query: JobsQuery, before: int | None
) -> Sequence[tuple[Any, ...]]:
    statement, values = LIST, list(asks(principal))
    for condition, value in (
        ("j.dataset_id = ?", query.dataset),
        ("j.status = ?", query.status),
        ("j.id < ?", before),
    ):
        if value is not None:
            statement, values = f"{statement} AND {condition}", [*values, value]
    return Sql(database).all(f"{statement} ORDER BY j.id DESC LIMIT ?", [*values, query.limit + 1])


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="jobs", summary="Jobs", path=ROOT, build=JobsResource)
    yield Route(name="job", summary="A job", path=ITEM, build=JobResource)
