"""`/analytics`: what jobs found and kept."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import Project
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import View
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.owned import project_of, visible
from pixcrawler_server.paths import API, LARGEST
from pixcrawler_server.replies import send
from pixcrawler_server.resources.usage import DaysQuery

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

MOST = 1000
"""Rows of an answer at most: those with the most candidates, or the newest days."""


class By(enum.StrEnum):
    """What rows are told apart by."""

    DAY = "day"
    ENGINE = "engine"
    REASON = "reason"
    PROJECT = "project"


COLUMNS: Mapping[By, str] = {
    By.DAY: "t.day",
    By.ENGINE: "t.engine",
    By.REASON: "t.reason",
    By.PROJECT: "CAST(d.project_id AS TEXT)",
}
SUMS = ", ".join(
    ["SUM(t.images)"]
    + [
        f"SUM(CASE WHEN t.state = '{state}' THEN t.images ELSE 0 END)"
        for state in ("accepted", "rejected", "duplicate", "failed", "refused")
    ]
    + ["SUM(CASE WHEN t.state = 'accepted' THEN t.bytes ELSE 0 END)"]
)
FROM = (
    "FROM crawl_tally t JOIN crawl_job j ON j.id = t.job_id JOIN dataset d ON d.id = j.dataset_id "
    "WHERE d.project_id IS NOT NULL AND t.day BETWEEN ? AND ?"
)


class AnalyticsQuery(DaysQuery):
    """Which figures are wanted."""

    by: By = Field(default=By.DAY, description="What rows are told apart by.")
    project: int | None = Field(default=None, ge=1, le=LARGEST, description="Only this project.")
    engine: str | None = Field(default=None, max_length=200, description="Only this source.")


class FiguresView(View):
    """URLs that were found, and what became of them."""

    key: str
    """The day, source, reason (empty for none) or project."""
    candidates: int
    accepted: int
    rejected: int
    duplicates: int
    failed: int
    refused: int
    bytes: int
    """Of the accepted ones."""


class AnalyticsView(View):
    """What jobs found and kept, as of the end of the last run of each."""

    by: By
    items: list[FiguresView]


class AnalyticsResource:
    """What jobs found and kept."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._now = services.now

    @operation(
        access=Access.USER,
        scope=Scope.JOBS_READ,
        tag="usage",
        query=AnalyticsQuery,
        answers={200: AnalyticsView},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: AnalyticsQuery) -> None:
        """Show what the jobs of your projects found and kept, by day, source, reason or project."""
        days = query.days(self._now().date())
        send(
            resp, AnalyticsView(by=query.by, items=await self._catalog.read(_figures, principal, query, days))
        )


def _figures(principal: Principal, query: AnalyticsQuery, days: tuple[str, str]) -> list[FiguresView]:
    where = ""
    values: list[object] = [*days]
    projects = _projects(principal, query.project)
    if projects is not None:
        marks = ", ".join("?" * len(projects))
        where, values = f" AND d.project_id IN ({marks or 'NULL'})", [*values, *projects]
    if query.engine is not None:
        where, values = f"{where} AND t.engine = ?", [*values, query.engine]
    order = "1 DESC" if query.by is By.DAY else "2 DESC, 1"
    select = f"SELECT {COLUMNS[query.by]}, {SUMS} {FROM}"
    statement = f"{select}{where} GROUP BY 1 ORDER BY {order} LIMIT {MOST}"
    return [_view(*row) for row in Sql(Project.bound_to()).all(statement, values)]


def _projects(principal: Principal, project: int | None) -> list[int] | None:
    """The projects that are looked at; None for all of them. Raises NotFound."""
    if project is not None:
        return [int(project_of(principal, project).id)]
    if principal.is_admin:
        return None
    return [int(each.id) for each in visible(Project.select(Project.id), principal).objects()]


def _view(key: Any, *figures: Any) -> FiguresView:
    names = ("candidates", "accepted", "rejected", "duplicates", "failed", "refused", "bytes")
    return FiguresView(key=str(key), **dict(zip(names, map(int, figures), strict=True)))


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="analytics", summary="What jobs found and kept", path=f"{API}/analytics", build=AnalyticsResource
    )
