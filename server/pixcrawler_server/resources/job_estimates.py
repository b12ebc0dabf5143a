"""`/jobs/estimate`: what a job would take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import CrawlJob, MemberRole
from pixcrawler_core.config.job import Job
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.jobs.estimates import Estimate, estimate
from pixcrawler_server.jobs.orders import Orders, Wanted
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


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
        body=Wanted,
        answers={200: Estimate},
        errors=(404,),
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: Wanted) -> None:
        """Tell what a job would take, without ordering it, and where the figures come from."""
        job = await self._catalog.read(self._orders.wanted, principal, body)
        send(resp, await self._catalog.read(self._estimated, principal, body, job))

    def _estimated(self, principal: Principal, body: Wanted, job: Job) -> Estimate:
        dataset = dataset_of(principal, body.dataset, MemberRole.EDITOR)
        return estimate(job, dataset, self._settings, self._now(), CrawlJob.bound_to())


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="job-estimate",
        summary="What a job would take",
        path=f"{API}/jobs/estimate",
        build=EstimateResource,
    )
