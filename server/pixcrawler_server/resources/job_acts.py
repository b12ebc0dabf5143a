"""`/jobs/{id}/cancel`, `/retry`, `/pause` and `/resume`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import CrawlJob, JobStatus, MemberRole
from pixcrawler_core.config.job import Job
from pixcrawler_core.jobs.transitions import cancel, check_again, move
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.errors import Conflict
from pixcrawler_server.jobs.allowances import check_owned
from pixcrawler_server.jobs.orders import Orders
from pixcrawler_server.jobs.views import JobDetail
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import job_of
from pixcrawler_server.replies import send
from pixcrawler_server.resources.jobs import ITEM, found

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

GIVEN = {
    "access": Access.USER,
    "scope": Scope.JOBS_WRITE,
    "budget": Budget.WRITE,
    "tag": "jobs",
    "answers": {200: JobDetail},
    "errors": (403, 404, 409),
}


class _Act:
    """What the four have in common."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._dispatcher = services.dispatcher
        self._now = services.now
        self._orders = Orders(services.settings, services.registry, services.secrets, services.now)

    async def _begin(self, principal: Principal, job_id: int, *, anew: bool) -> JobDetail:
        revision, job = await self._catalog.read(self._checked, principal, job_id, anew)
        begun = await self._catalog.write(self._began, principal, job_id, anew, revision, job)
        await self._catalog.read(self._dispatcher.submit, job_id)
        return begun

    def _checked(self, principal: Principal, job_id: int, anew: bool) -> tuple[int, Job | None]:
        """Outside the transaction: it may take a while."""
        row = _startable(principal, job_id, anew)
        return row.revision, self._orders.again(row)

    def _began(
        self, principal: Principal, job_id: int, anew: bool, revision: int, job: Job | None
    ) -> JobDetail:
        row = _startable(principal, job_id, anew)
        if row.revision != revision:
            raise Conflict(f"job {job_id} was changed meanwhile; look at it, and begin it again")
        self._orders.begin(row, principal.user_id, job, anew=anew)
        return found(principal, job_id)


class CancelResource(_Act):
    """Ends a job."""

    @operation(**GIVEN, limit="jobs_cancel")
    async def on_post(self, req: Request, resp: Response, principal: Principal, job_id: int) -> None:
        """Cancel a job: one that runs is stopped within three seconds; what it found stays."""
        job = await self._catalog.write(self._cancelled, principal, job_id)
        await self._catalog.read(self._dispatcher.cancel, job_id)
        send(resp, job)

    def _cancelled(self, principal: Principal, job_id: int) -> JobDetail:
        job = _ordered(principal, job_id)
        cancel(job, now=self._now(), actor=principal.user_id)
        return found(principal, job_id)


class RetryResource(_Act):
    """Begins a job, or begins it again."""

    @operation(**GIVEN, limit="jobs_create", verified=True)
    async def on_post(self, req: Request, resp: Response, principal: Principal, job_id: int) -> None:
        """Begin a draft, or a job again that was cancelled, failed or came out short.

        It goes on where it was: nothing that was fetched is fetched again. What a job may ask for here, and
        the plan of the project's owner, hold as they are now.
        """
        send(resp, await self._begin(principal, job_id, anew=True))


class PauseResource(_Act):
    """Lets a job rest."""

    @operation(**GIVEN)
    async def on_post(self, req: Request, resp: Response, principal: Principal, job_id: int) -> None:
        """Pause a job that waits or runs."""
        job = await self._catalog.write(self._paused, principal, job_id)
        await self._catalog.read(self._dispatcher.cancel, job_id)
        send(resp, job)

    def _paused(self, principal: Principal, job_id: int) -> JobDetail:
        job = _ordered(principal, job_id)
        check_owned(job.dataset)  # or nobody could let it go on
        move(job, JobStatus.PAUSED, now=self._now(), actor=principal.user_id)
        return found(principal, job_id)


class ResumeResource(_Act):
    """Lets a job go on."""

    @operation(**GIVEN)
    async def on_post(self, req: Request, resp: Response, principal: Principal, job_id: int) -> None:
        """Let a paused job go on where it was."""
        send(resp, await self._begin(principal, job_id, anew=False))


def _ordered(principal: Principal, job_id: int) -> CrawlJob:
    job = job_of(principal, job_id, MemberRole.EDITOR)
    if not job.tables:
        raise Conflict(f"job {job_id} was not ordered: `pixcrawler run` runs it, and ends it with Ctrl-C")
    return job


def _startable(principal: Principal, job_id: int, anew: bool) -> CrawlJob:
    job = _ordered(principal, job_id)
    if anew:
        check_again(job)
    elif job.status != JobStatus.PAUSED:
        raise Conflict(f"job {job_id} is {job.status}; only a paused job is resumed")
    return job


@hookimpl
def register_routes() -> Iterator[Route]:
    for name, summary, resource in (
        ("cancel", "Ends a job", CancelResource),
        ("retry", "Begins a job", RetryResource),
        ("pause", "Lets a job rest", PauseResource),
        ("resume", "Lets a job go on", ResumeResource),
    ):
        yield Route(name=f"job-{name}", summary=summary, path=f"{ITEM}/{name}", build=resource)
