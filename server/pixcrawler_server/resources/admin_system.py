"""`/admin/jobs` and `/admin/system`: what the server does, and how it is."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from peewee import PostgresqlDatabase
from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.fields import from_sql_time, to_sql_time
from pixcrawler_core.catalog.models import JobStatus
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Authenticator, Principal, Route, Scope
from pixcrawler_core.version import __version__
from pixcrawler_server.bodies import View
from pixcrawler_server.mail.outbox import GIVEN_UP
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

LIBRARIES = ("falcon", "gunicorn", "peewee", "pydantic", "scrapy")
JOBS = """
SELECT j.id, j.dataset_id, d.name, d.project_id, p.owner_id, u.email, j.status, j.progress, j.created_at,
  j.started_at, j.completed_at
FROM crawl_job j JOIN dataset d ON d.id = j.dataset_id LEFT JOIN project p ON p.id = d.project_id
LEFT JOIN users u ON u.id = p.owner_id
WHERE j.id < ?
"""
COUNTS = "SELECT status, COUNT(*) FROM crawl_job GROUP BY status"
WAITING = "SELECT COUNT(*) FROM waiting_letter"
LOST = "SELECT COUNT(*) FROM activity_log WHERE action = ? AND created_at > ?"
OLDEST = "SELECT MIN(queued_at) FROM crawl_job WHERE status = 'queued'"
LEASED = """
SELECT worker, id, lease_until FROM crawl_job WHERE worker <> '' AND lease_until IS NOT NULL ORDER BY 1, 2
"""
GIVEN_UP_SINCE = timedelta(days=7)
LARGEST = 2**31 - 1


class AllJobsQuery(PageQuery):
    """Which jobs are wanted."""

    status: JobStatus | None = Field(default=None, description="Only these.")
    owner: UUID | None = Field(default=None, description="Only those of this user.")


class AdminJobView(View):
    """A job, and whose it is."""

    id: int
    dataset_id: str
    dataset: str
    """Its name."""
    project_id: int | None
    owner_id: UUID | None
    owner: str | None
    """Their address; null for a job of the command line."""
    status: JobStatus
    progress: float
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


class QueueView(View):
    """The jobs that wait for a worker."""

    waiting: int
    oldest_at: datetime | None
    """Since when the first of them waits; null where none does."""


class WorkerView(View):
    """A worker that has jobs; those that wait for one are not known."""

    name: str
    jobs: list[int]
    lease_until: datetime
    """When it is thought dead unless it is heard of before."""


class SystemView(View):
    """How the server is."""

    versions: dict[str, str]
    database: str
    catalog_bytes: int
    disk_free_bytes: int
    disk_total_bytes: int
    jobs: dict[str, int]
    """By status."""
    queue: QueueView
    workers: list[WorkerView]
    letters: dict[str, int]
    """E-mails that wait to be sent, and those that were given up in the last seven days."""
    requests_under_way: dict[str, int]
    """In the process that answered, by kind."""
    plugins: dict[str, str]
    """Installed ones, with their versions."""
    authenticators: list[str]
    meters: list[str]


class JobsResource:
    """All jobs."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.ADMIN,
        scope=Scope.ADMIN,
        tag="admin",
        query=AllJobsQuery,
        answers={200: Page[AdminJobView]},
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: AllJobsQuery) -> None:
        """List all jobs, newest first."""
        cursors = self._services.cursors
        name = f"jobs {query.status} {query.owner}"
        before = cursors.read(name, query.cursor, 1)[0] if query.cursor else LARGEST
        sql = Sql(self._services.catalog.database)
        rows = await self._services.catalog.read(_jobs, sql, query, before, query.limit + 1)
        send(resp, page_of(cursors, name, rows, query, lambda row: row, lambda row: [row.id]))


class SystemResource:
    """How the server is."""

    def __init__(self, services: Services) -> None:
        self._services = services
        found = entry_points(group="pixcrawler")
        self._plugins = {each.name: each.dist.version if each.dist else "" for each in found}
        self._versions = {"pixcrawler": __version__, "python": platform.python_version()}
        self._versions |= {name: version(name) for name in LIBRARIES}

    @operation(access=Access.ADMIN, scope=Scope.ADMIN, tag="admin", answers={200: SystemView})
    async def on_get(self, req: Request, resp: Response, principal: Principal) -> None:
        """Show versions, queues, disk and plugins."""
        services = self._services
        since = services.now() - GIVEN_UP_SINCE
        state = await services.catalog.read(_state, Sql(services.catalog.database), since)
        disk = shutil.disk_usage(services.workspace.root)
        told = SystemView(
            versions=self._versions,
            database=type(services.catalog.database).__name__.removesuffix("Database"),
            disk_free_bytes=disk.free,
            disk_total_bytes=disk.total,
            requests_under_way={kind.value: count for kind, count in services.budgets.taken.items()},
            plugins=self._plugins,
            authenticators=list(services.registry.all(Authenticator)),
            meters=list(services.settings.billing.meters),
            **state,
        )
        send(resp, told)


def _jobs(sql: Sql, query: AllJobsQuery, before: int, count: int) -> list[AdminJobView]:
    statement = JOBS
    values: list[object] = [before]
    if query.status is not None:
        statement, values = f"{statement} AND j.status = ?", [*values, query.status.value]
    if query.owner is not None:
        statement, values = f"{statement} AND p.owner_id = ?", [*values, query.owner.hex]
    return [_view(*row) for row in sql.all(f"{statement} ORDER BY j.id DESC LIMIT ?", [*values, count])]


def _view(*row: Any) -> AdminJobView:
    key, dataset, name, project, owner, address, status, progress, *times = row
    created, started, completed = (each and from_sql_time(each) for each in times)
    return AdminJobView(
        id=key,
        dataset_id=dataset,
        dataset=name,
        project_id=project,
        owner_id=owner and UUID(str(owner)),
        owner=address,
        status=JobStatus(status),
        progress=progress,
        created_at=created,
        started_at=started,
        completed_at=completed,
    )


def _state(sql: Sql, since: datetime) -> dict[str, Any]:
    """The fields of `SystemView` that the catalog tells."""
    (waiting,) = sql.all(WAITING)[0]
    (given_up,) = sql.all(LOST, (GIVEN_UP, to_sql_time(since)))[0]
    (oldest,) = sql.all(OLDEST)[0]
    jobs = dict.fromkeys(JobStatus, 0) | dict(sql.all(COUNTS))
    return {
        "catalog_bytes": _size(sql),
        "jobs": jobs,
        "queue": QueueView(waiting=jobs[JobStatus.QUEUED], oldest_at=oldest and from_sql_time(oldest)),
        "workers": _workers(sql),
        "letters": {"waiting": waiting, "given_up": given_up},
    }


def _workers(sql: Sql) -> list[WorkerView]:
    found: dict[str, WorkerView] = {}
    for name, job, until in sql.all(LEASED):
        lease = from_sql_time(until)
        known = found.setdefault(name, WorkerView(name=name, jobs=[], lease_until=lease))
        known.jobs.append(job)
    return list(found.values())


def _size(sql: Sql) -> int:
    if isinstance(sql.database, PostgresqlDatabase):
        return int(sql.all("SELECT pg_database_size(current_database())")[0][0])
    files = (Path(f"{sql.database.database}{end}") for end in ("", "-wal", "-shm"))
    return sum(file.stat().st_size for file in files if file.exists())


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="admin-jobs", summary="All jobs", path=f"{API}/admin/jobs", build=JobsResource)
    yield Route(name="admin-system", summary="How it is", path=f"{API}/admin/system", build=SystemResource)
