"""`/metrics`: counts for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from peewee import fn
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import CrawlJob, JobStatus
from pixcrawler_core.service import Route
from pixcrawler_server.addresses import is_among
from pixcrawler_server.errors import NotFound
from pixcrawler_server.metrics import exposition
from pixcrawler_server.operations import Access, Budget, operation

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

TEXT = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats/"""
REMEMBERED = timedelta(seconds=5)
"""For how long the jobs are told as they were counted: many may ask, and counting reads an index."""


class MetricsResource:
    """Counts of requests in all processes, and how many jobs there are in each status."""

    def __init__(self, services: Services) -> None:
        self._catalog, self._now = services.catalog, services.now
        self._readers = services.settings.server.metrics_for
        self._until: datetime | None = None
        self._jobs = b""

    @operation(access=Access.PUBLIC, budget=Budget.FREE, tag="operations", answers={200: TEXT}, errors=(404,))
    async def on_get(self, req: Request, resp: Response) -> None:
        """Counts for Prometheus, for those whose address is in `[server] metrics_for`."""
        if not is_among(req.context.address, self._readers):
            raise NotFound("path", req.path)
        if self._until is None or self._until <= self._now():
            self._jobs = await self._catalog.read(_jobs)
            self._until = self._now() + REMEMBERED
        resp.content_type = TEXT
        resp.data = exposition() + self._jobs


class _Jobs(Collector):
    """How many jobs there are in each status."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("pixcrawler_jobs", "Jobs by status.", labels=["status"])
        for status in JobStatus:
            family.add_metric([status.value], self._counts.get(status.value, 0))
        yield family


def _jobs() -> bytes:
    query = CrawlJob.select(CrawlJob.status, fn.COUNT(CrawlJob.id)).group_by(CrawlJob.status)
    registry = CollectorRegistry()
    registry.register(_Jobs(dict(query.tuples().iterator())))
    return generate_latest(registry)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="metrics", summary="Counts for Prometheus", path="/metrics", build=MetricsResource)
