"""What a job would take, by what jobs before it took."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from peewee import Database

from pixcrawler_core.catalog.models import User
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.config.job import Job
from pixcrawler_core.metering import Kind
from pixcrawler_server.bodies import View
from pixcrawler_server.invoices import lines_of, used_in
from pixcrawler_server.jobs.allowances import images_of
from pixcrawler_server.settings import ServerSettings

LEAST = 100
"""Accepted images of past jobs from which on their averages are believed."""
RECENT = 100
"""Past jobs that are looked at."""
USUAL: Mapping[str, float] = {"accepted": 0.5, "size": 250_000, "seconds": 0.2}
"""Without past jobs: share of candidates that are accepted, bytes of an image, seconds for an accepted image
(benchmarks/README.md; mostly waiting for hosts)."""
PAGE = 20
"""Candidates that one answer of a source has."""
_PAST = """
SELECT j.id, j.started_at, j.completed_at FROM crawl_job j
WHERE j.status IN ('completed', 'completed_short') AND j.started_at IS NOT NULL AND j.completed_at IS NOT NULL
ORDER BY j.id DESC LIMIT ?
"""
_COUNTED = """
SELECT CAST(COALESCE(SUM(images), 0) AS BIGINT),
CAST(COALESCE(SUM(CASE WHEN state = 'accepted' THEN images ELSE 0 END), 0) AS BIGINT),
CAST(COALESCE(SUM(CASE WHEN bytes > 0 THEN images ELSE 0 END), 0) AS BIGINT),
CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM crawl_tally WHERE job_id = ?
"""
"""As whole numbers: PostgreSQL's sums of them are decimals, which Python does not mix with floats."""


class Estimate(View):
    """What a job would take."""

    images: int
    """Accepted images that are asked for."""
    bytes: int
    """Bytes that would be fetched."""
    stored_bytes: int
    """Bytes of the images that would be kept."""
    requests: int
    """Requests to sources and to hosts of images."""
    seconds: int
    cost_cents: float
    """Of images and time by the server's prices, whatever the plan includes."""
    charged_cents: int
    """By which the owner's bill of this month would grow: what the plan includes is used up first."""
    currency: str
    based_on: Literal["past jobs", "usual figures"]
    jobs: int
    """Past jobs that the figures are of."""
    accepted_share: float
    """Share of candidates that are accepted."""
    bytes_per_image: int
    seconds_per_image: float


def estimate(job: Job, owner: User, settings: ServerSettings, now: datetime, database: Database) -> Estimate:
    """What a job would take that `owner` pays."""
    billing = settings.billing
    figures, jobs = _figures(database)
    images = images_of(job)
    candidates = images / figures["accepted"]
    seconds = int(images * figures["seconds"]) + 1
    fetched = int(candidates * figures["size"])
    return Estimate(
        images=images,
        bytes=fetched,
        stored_bytes=int(images * figures["size"]),
        requests=int(candidates + candidates / PAGE) + len(job.engines),
        seconds=seconds,
        cost_cents=round(images / 1000 * float(billing.images) + seconds / 3600 * float(billing.compute), 4),
        charged_cents=_charged(images, seconds, owner, settings, now),
        currency=billing.currency,
        based_on="past jobs" if jobs else "usual figures",
        jobs=jobs,
        accepted_share=round(figures["accepted"], 3),
        bytes_per_image=int(figures["size"]),
        seconds_per_image=round(figures["seconds"], 3),
    )


def _charged(images: int, seconds: int, owner: User, settings: ServerSettings, now: datetime) -> int:
    plan, billing = settings.plan(owner.plan), settings.billing
    used = used_in(owner.id, f"{now:%Y-%m}")
    after = {**used}
    for kind, amount in ((Kind.IMAGES, images), (Kind.COMPUTE, seconds)):
        after[kind.value] = after.get(kind.value, 0) + amount
    before = sum(line.cents for line in lines_of(used, plan, billing))
    return sum(line.cents for line in lines_of(after, plan, billing)) - before


def _figures(database: Database) -> tuple[Mapping[str, float], int]:
    """Averages of past jobs of this server, and of how many; the usual ones where there were too few."""
    from pixcrawler_core.catalog.fields import from_sql_time

    sql = Sql(database)
    rows = accepted = held = size = 0
    seconds, jobs = 0.0, 0
    for key, began, ended in sql.all(_PAST, (RECENT,)):
        found, good, fetched, sized = sql.all(_COUNTED, (key,))[0]
        if not good:
            continue
        rows, accepted, held, size = rows + found, accepted + good, held + fetched, size + sized
        seconds += (from_sql_time(ended) - from_sql_time(began)).total_seconds()
        jobs += 1
    if accepted < LEAST or not held:
        return USUAL, 0
    return {"accepted": accepted / rows, "size": size / held, "seconds": seconds / accepted}, jobs
