"""`/jobs/{id}/events`: how a job goes on, as it goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

from falcon.asgi import SSEvent

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.datasets import JobStatus
from pixcrawler_core.catalog.fields import from_sql_time
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.budgets import Slot
from pixcrawler_server.errors import ApiError, RateLimited
from pixcrawler_server.jobs.feed import Feed, News
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import job_of
from pixcrawler_server.resources.jobs import ITEM

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

STREAM = "text/event-stream"
RETRY = 2000
"""Milliseconds after which a client that lost the stream asks again."""


class JobEventsResource:
    """The events of a job."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._feed = services.feed
        self._most = services.settings.places.streams_of_user
        self._streams: Counter[UUID] = Counter()

    @operation(
        access=Access.USER,
        scope=Scope.JOBS_READ,
        budget=Budget.STREAM,
        tag="jobs",
        answers={200: STREAM, 204: None},
        errors=(404, 429),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, job_id: int) -> None:
        """Follow a job: server-sent events `status` and `progress`, to its end.

        The id of an event is the job's `revision`; with `Last-Event-ID` the stream goes on after it. A
        stream of a job that has ended, and of which all was told, is 204, so that browsers ask no more. It
        ends when what it was opened with does: an access token, a key, or membership.
        """
        job = await self._catalog.read(job_of, principal, job_id)
        since = _number(req.get_header("Last-Event-ID"))
        if since >= job.revision and News(job.revision, job.status, 0.0, "{}").last:
            resp.status = 204
            return
        if self._streams[principal.user_id] >= self._most:
            raise RateLimited(f"{self._most} streams of one user may be open at once, and they are")
        slots = req.context.slot, Slot(self._streams, principal.user_id)
        resp.sse = _stream(self._feed, job_id, since, slots, partial(self._is_allowed, req, job_id))

    async def _is_allowed(self, req: Request, job_id: int) -> bool:
        """Whether whoever opened a stream may follow the job now; who may not is told so when they ask."""
        try:
            principal = await req.context.principal_now()
            await self._catalog.read(job_of, principal, job_id)
        except (ApiError, WorkspaceError):
            return False
        return True


async def _stream(
    feed: Feed, job_id: int, since: int, slots: tuple[Slot, Slot], is_allowed: Callable[[], Awaitable[bool]]
) -> AsyncIterator[SSEvent | None]:
    told: str | None = None
    with slots[0], slots[1]:
        yield SSEvent(retry=RETRY, comment="follows")
        due = monotonic() + feed.heartbeat
        async for news in feed.follow(job_id, since):
            if news is None or monotonic() >= due:
                if not await is_allowed():
                    return
                due = monotonic() + feed.heartbeat
            if news is None:
                yield SSEvent(comment="ping")
                continue
            changed = news.status != told or news.status == JobStatus.QUEUED  # which may be told why
            changes = await feed.events(job_id, since) if changed else []
            for revision, status, why, at in changes:
                when = from_sql_time(at).isoformat()
                yield SSEvent(
                    event="status",
                    event_id=str(revision),
                    json={"status": status, "why": why, "at": when},
                )
            since, told = news.revision, news.status
            yield SSEvent(event="progress", event_id=str(news.revision), data=_progress(news))


def _progress(news: News) -> bytes:
    live: Any = news.live or "{}"
    return f'{{"status":"{news.status}","progress":{news.progress},"live":{live}}}'.encode()


def _number(header: str | None) -> int:
    """The revision after which a stream goes on; all of it for an id that is none."""
    return int(header) if header and header.isascii() and header.isdigit() and len(header) < 10 else -1


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="job-events", summary="Events of a job", path=f"{ITEM}/events", build=JobEventsResource)
