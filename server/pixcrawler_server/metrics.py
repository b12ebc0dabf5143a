"""What is counted of requests, for Prometheus; the processes of a server add up their counts.

Several processes share files in PROMETHEUS_MULTIPROC_DIR, which `serve` sets and empties at its start:
https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from pixcrawler_server.paths import without_converters

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.budgets import Budgets

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
REQUESTS = Counter("pixcrawler_http_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "pixcrawler_http_request_seconds",
    "Seconds from the first look at a request to its answer.",
    ["route"],
    buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30),
)
SHED = Counter("pixcrawler_http_shed", "Requests turned away since there was too much to do.", ["budget"])


class Counting:
    """Falcon middleware that counts. Routes are counted by their templates, so that ids make no series."""

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets
        self._told = dict(budgets.shed)
        self._series: dict[tuple[str, str | None, int], Counter] = {}
        self._histograms: dict[str | None, Histogram] = {}

    async def process_request(self, req: Request, resp: Response) -> None:
        """Note when it came."""
        req.context.began = time.perf_counter()

    async def process_response(self, req: Request, resp: Response, resource: object, succeeded: bool) -> None:
        """Count it."""
        template, status = req.uri_template, resp.status_code
        series = self._series.get((req.method, template, status))
        if series is None:
            series = REQUESTS.labels(req.method, _route(template), str(status))
            self._series[req.method, template, status] = series
        series.inc()
        histogram = self._histograms.get(template)
        if histogram is None:
            histogram = self._histograms[template] = SECONDS.labels(_route(template))
        histogram.observe(time.perf_counter() - req.context.began)
        if status == 503:
            self._count_shed()

    def _count_shed(self) -> None:
        for budget, count in self._budgets.shed.items():
            SHED.labels(budget.value).inc(count - self._told[budget])
            self._told[budget] = count


def _route(template: str | None) -> str:
    return without_converters(template) if template else "none"


def exposition() -> bytes:
    """All counts in Prometheus' text format."""
    if not os.environ.get(FOLDER):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client's
    return generate_latest(registry)
