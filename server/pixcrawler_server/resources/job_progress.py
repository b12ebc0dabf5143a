"""`/jobs/{id}/progress`, `/ledger`, `/logs` and `/statistics`: what a job does and did."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.fields import from_sql_time
from pixcrawler_core.catalog.models import CrawlJob, JobStatus
from pixcrawler_core.catalog.reader import LedgerReader
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.errors import NotFound
from pixcrawler_server.jobs.children import log_of, without_place
from pixcrawler_server.jobs.views import FROM_JOBS, asks
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.owned import job_of
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.replies import send
from pixcrawler_server.resources.jobs import ITEM

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

CHUNK = 65_536
"""Bytes of a log in an answer."""
PROGRESS = f"SELECT j.status, j.progress, j.live, j.updated_at, j.revision {FROM_JOBS} AND j.id = ?"
COLUMNS = (
    *("id", "url", "category", "engine", "query", "page", "rank", "state", "stage", "reason", "detail"),
    *("sha256", "size", "http_status", "final_url", "format", "width", "height", "number"),
    *("created_at", "updated_at"),
)
STREAM = ("engine", "query")
"""Columns that are of the stream."""
ROWS = (
    f"SELECT {', '.join(f's.{name}' if name in STREAM else f'r.{name}' for name in COLUMNS)}, "  # noqa: S608
    "r.url_key, r.stream_id FROM ledger_row r JOIN stream s ON s.id = r.stream_id "
    "WHERE r.job_id = ? AND (r.url_key, r.stream_id) > (?, ?) ORDER BY r.url_key, r.stream_id LIMIT ?"
)
"""In the order of the table's one index by job, so that a page costs the same at any place."""
BEFORE_ALL = (-(2**63), 0)
GIVEN = {"access": Access.USER, "scope": Scope.JOBS_READ, "tag": "jobs", "errors": (404,)}


class Progress(View):
    """How a job goes on."""

    status: JobStatus
    progress: float
    """Per cent."""
    live: dict[str, Any]
    """Of the run under way or the last one: candidates by `stages`, `reasons`, `per_second`, `eta_seconds`,
    `categories`, how `engines` stand, the last `errors`, the `latest` candidates."""
    updated_at: datetime
    revision: int


class LedgerView(View):
    """A URL that was found, and what became of it."""

    id: int
    url: str
    category: str
    engine: str
    query: str
    page: int
    rank: int
    state: str
    stage: str
    reason: str | None
    detail: str | None
    sha256: str | None
    size: int | None
    http_status: int | None
    final_url: str | None
    format: str | None
    width: int | None
    height: int | None
    number: int | None
    created_at: datetime
    updated_at: datetime


class LogQuery(Input):
    """Where to go on."""

    offset: int = Field(default=0, ge=0, le=2**50, description="`next_offset` of the answer before.")


class Log(View):
    """What the runs of a job said."""

    lines: list[str]
    next_offset: int


class Statistics(View):
    """What became of all that a job found."""

    rows: int
    states: dict[str, int]
    reasons: dict[str, int]
    engines: dict[str, dict[str, int]]
    """States by source."""
    categories: dict[str, dict[str, int]]
    """States by category."""
    success_rate: float | None
    """Share of accepted images among what was decided."""


class ProgressResource:
    """How a job goes on."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog

    @operation(**GIVEN, limit="jobs_status", answers={200: Progress})
    async def on_get(self, req: Request, resp: Response, principal: Principal, job_id: int) -> None:
        """Show how a job goes on. `/events` tells it without being asked again, and is not counted."""
        rows = await self._catalog.quick(PROGRESS, (*asks(principal), job_id))
        if not rows:
            raise NotFound("job", job_id)
        status, progress, live, at, revision = rows[0]
        shown = Progress(
            status=status,
            progress=progress,
            live=json.loads(live),
            updated_at=from_sql_time(at),
            revision=revision,
        )
        send(resp, shown)


class LedgerResource:
    """The ledger of a job."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors

    @operation(**GIVEN, query=PageQuery, answers={200: Page[LedgerView]})
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, job_id: int, query: PageQuery
    ) -> None:
        """List every URL that a job found, in no order that means anything, but always the same."""
        name = f"ledger {job_id}"
        after = self._cursors.read(name, query.cursor, 2) if query.cursor else BEFORE_ALL
        rows = await self._catalog.read(_rows, principal, job_id, after, query.limit + 1)
        send(resp, page_of(self._cursors, name, rows, query, _ledger_view, lambda row: row[-2:]))


class LogsResource:
    """The log of a job."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._root = services.workspace.root

    @operation(**GIVEN, query=LogQuery, answers={200: Log})
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, job_id: int, query: LogQuery
    ) -> None:
        """Show what the runs of a job said, from an offset on."""
        send(resp, await self._catalog.read(_log, principal, job_id, self._root, query.offset))


class StatisticsResource:
    """The statistics of a job."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog

    @operation(**GIVEN, answers={200: Statistics})
    async def on_get(self, req: Request, resp: Response, principal: Principal, job_id: int) -> None:
        """Count what became of all that a job found."""
        send(resp, await self._catalog.read(_statistics, principal, job_id))


def _rows(principal: Principal, job_id: int, after: tuple[int, int], count: int) -> list[tuple[Any, ...]]:
    job_of(principal, job_id)
    return Sql(CrawlJob.bound_to()).all(ROWS, (job_id, *after, count))


def _ledger_view(row: tuple[Any, ...]) -> LedgerView:
    told = dict(zip(COLUMNS, row, strict=False))
    for name in ("created_at", "updated_at"):
        told[name] = from_sql_time(told[name])
    return LedgerView(**told)


def _log(principal: Principal, job_id: int, root: Path, offset: int) -> Log:
    job_of(principal, job_id)
    try:
        with log_of(root, job_id).open("rb") as file:
            file.seek(offset)
            data = file.read(CHUNK)
    except FileNotFoundError:
        data = b""
    whole = data if len(data) == CHUNK and b"\n" not in data else data[: data.rfind(b"\n") + 1]
    text = without_place(whole.decode(errors="replace"), root)
    return Log(lines=text.splitlines(), next_offset=offset + len(whole))


def _statistics(principal: Principal, job_id: int) -> Statistics:
    job_of(principal, job_id)
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    engines: defaultdict[str, Counter[str]] = defaultdict(Counter)
    categories: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for count in LedgerReader(CrawlJob.bound_to(), job_id).counts():
        for counter in (states, engines[count.engine], categories[count.category]):
            counter[count.state.value] += count.rows
        if count.reason:
            reasons[count.reason] += count.rows
    decided = states.total() - states["found"] - states["fetched"]
    return Statistics(
        rows=states.total(),
        states=states,
        reasons=dict(reasons.most_common()),
        engines={name: dict(each) for name, each in engines.items()},
        categories={name: dict(each) for name, each in categories.items()},
        success_rate=round(states["accepted"] / decided, 4) if decided else None,
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    for name, summary, resource in (
        ("progress", "How a job goes on", ProgressResource),
        ("ledger", "What a job found", LedgerResource),
        ("logs", "What a job said", LogsResource),
        ("statistics", "What became of what a job found", StatisticsResource),
    ):
        yield Route(name=f"job-{name}", summary=summary, path=f"{ITEM}/{name}", build=resource)
