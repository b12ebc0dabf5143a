"""`/jobs/estimate`: what a job would take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import CrawlJob, Dataset, MemberRole, Project, User
from pixcrawler_core.config.job import Job
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input
from pixcrawler_server.jobs.estimates import Estimate, estimate
from pixcrawler_server.jobs.orders import Orders
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class Planned(Input):
    """A job of which one thinks."""

    dataset: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Id of the dataset that it would fill; default: a new one of yours.",
    )
    tables: dict[str, Any] = Field(description="As at `/jobs`.")


class EstimateResource:
    """What a job would take."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._settings = services.settings
        self._now = services.now
        self._orders = Orders(services.settings, services.registry, services.secrets, services.now)

    @operation(
        access=Access.USER,
        scope=Scope.JOBS_WRITE,
        limit="jobs_estimate",
        tag="jobs",
        body=Planned,
        answers={200: Estimate},
        errors=(404,),
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: Planned) -> None:
        """Tell what a job would take, without ordering it, and where the figures come from."""
        send(resp, await self._catalog.read(self._estimated, principal, body))

    def _estimated(self, principal: Principal, body: Planned) -> Estimate:
        dataset = Dataset(name="new")
        if body.dataset is not None:
            dataset = dataset_of(principal, body.dataset, MemberRole.EDITOR)
        asks = User.id == principal.user_id
        owns = User.id == Project.select(Project.owner).where(Project.id == dataset.project_id)
        owner = User.get(owns if dataset.project_id else asks)
        job: Job = self._orders.checked(body.tables, dataset)
        return estimate(job, owner, self._settings, self._now(), CrawlJob.bound_to())


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="job-estimate",
        summary="What a job would take",
        path=f"{API}/jobs/estimate",
        build=EstimateResource,
    )
