"""What is counted of requests, for Prometheus; the processes of a server add up their counts.

Several processes share files in PROMETHEUS_MULTIPROC_DIR, which `serve` makes and removes:
https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

import asyncio
import os
import time
from bisect import bisect_left
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from pixcrawler_server.paths import without_converters

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

EVERY = 1.0
"""Seconds after which what was counted is added to the files: each request by itself would take as long as a
small answer."""
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Times(Histogram):
    """A histogram that takes many observations at once."""

    def add(self, seconds: Sequence[float]) -> None:
        """Observe each."""
        self._sum.inc(sum(seconds))
        for bucket, count in Tally(bisect_left(self._upper_bounds, each) for each in seconds).items():
            self._buckets[bucket].inc(count)


REQUESTS = Counter("pixcrawler_http_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Times(
    "pixcrawler_http_request_seconds",
    "Seconds from the first look at a request to its answer.",
    ["route"],
    buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30),
)
SHED = Counter("pixcrawler_http_shed", "Requests turned away since there was too much to do.", ["budget"])


_waiting: defaultdict[tuple[str, str | None, int], list[float]] = defaultdict(list)
"""Seconds of requests that are not in the files yet, by method, template and status."""
_shed: Tally[str] = Tally()
"""Requests turned away that are not in the files yet, by budget."""


def write() -> None:
    """Add what was counted to the files."""
    for (method, template, status), seconds in _waiting.items():
        route = _route(template)
        REQUESTS.labels(method, route, str(status)).inc(len(seconds))
        SECONDS.labels(route).add(seconds)
    for budget, count in _shed.items():
        SHED.labels(budget).inc(count)
    _waiting.clear()
    _shed.clear()


class Counting:
    """Falcon middleware that counts. Routes are counted by their templates, so that ids make no series."""

    async def process_response(self, req: Request, resp: Response, resource: object, succeeded: bool) -> None:
        """Count it."""
        if not _waiting:
            asyncio.get_running_loop().call_later(EVERY, write)
        status = resp.status_code
        _waiting[req.method, req.uri_template, status].append(time.perf_counter() - req.context.began)
        if req.context.shed is not None:
            _shed[req.context.shed] += 1


def _route(template: str | None) -> str:
    return without_converters(template) if template else "none"


def exposition() -> bytes:
    """All counts in Prometheus' text format; those of other processes are `EVERY` seconds old at most."""
    write()
    if not os.environ.get(FOLDER):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client's
    return generate_latest(registry)
