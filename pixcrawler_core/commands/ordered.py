"""Runs jobs that were ordered, and shards of such, for the worker that started this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from pydantic import BaseModel, ConfigDict, ValidationError

from pixcrawler_core.catalog.database import reported
from pixcrawler_core.catalog.datasets import CrawlJob
from pixcrawler_core.catalog.fencing import shard_fence
from pixcrawler_core.catalog.shards import JobShard
from pixcrawler_core.commands.work import do_job, models_of_checks
from pixcrawler_core.crawl.order import Order
from pixcrawler_core.crawl.reporting import reporting
from pixcrawler_core.crawl.result import AWAY
from pixcrawler_core.errors import CatalogAway, ConfigError, LeaseLost, PixCrawlerError
from pixcrawler_core.jobs.beating import beating
from pixcrawler_core.jobs.claims import Lease
from pixcrawler_core.jobs.clock import CatalogClock
from pixcrawler_core.jobs.ordering import stored_job

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.config.job import Job
    from pixcrawler_core.workspace import Workspace


FAILED = "the catalog cannot be used"
"""Begins what is told of an error of the database that nobody else told."""


class Told(BaseModel):
    """What a worker tells the processes that it starts, in a line of JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tables: dict[str, Any] = {}
    """They hold over those of the job."""
    shard_size: int = 0
    """Candidates of a shard; 0 for a run that offers none."""
    token: str = ""
    """Of the lease on the job, or on a shard."""
    lease: float = 15.0
    """Seconds for which a shard is had without a word."""


def run_ordered(context: Context, job_id: int, *, as_json: bool) -> int:
    """Run the job of a row; returns the exit code. Raises ConfigError and what a run raises."""
    told = _told()
    order = Order(token=told.token, shard_size=told.shard_size)
    with beating(), _last_words(), reported(FAILED):
        with context.open_workspace() as workspace:
            job = _job(context, workspace, job_id, told)
        return do_job(context, job, as_json=as_json, watching=reporting, order=order)


def run_shard(context: Context, shard_id: int) -> int:
    """Work on a shard; returns the exit code. Raises ConfigError, and WorkspaceError as LeaseLost is one."""
    from pixcrawler_core.crawl.shard import run_until_stopped

    told = _told()
    with beating(), _last_words(), context.open_workspace() as workspace, reported(FAILED):
        row = JobShard.get_or_none((JobShard.id == shard_id) & (JobShard.token == told.token))
        if row is None:
            raise LeaseLost(f"shard {shard_id} was given to somebody else, or is not wanted any more")
        job = _job(context, workspace, row.job_id, told)
        context.ensure_models(models_of_checks(context, job))
        attendance = workspace.attend(patience=job.patience)
        try:
            return run_until_stopped(partial(_work, context, workspace, job, shard_id, told))
        finally:
            attendance.release()


async def _work(context: Context, workspace: Workspace, job: Job, shard_id: int, told: Told) -> None:
    from pixcrawler_core.catalog.ledger import Ledger
    from pixcrawler_core.catalog.writer import LedgerWriter
    from pixcrawler_core.crawl.shard import Means, ShardRun
    from pixcrawler_core.dedup.methods import build_methods
    from pixcrawler_core.validation import Checks

    database, length = workspace.open(), timedelta(seconds=told.lease)
    means = Means(
        fetch=job.fetch,
        blobs=workspace.blobs,
        checks=Checks.build(context.registry, job.job.validation, job.validator_tables),
        methods=build_methods(context.registry, job.dedup.methods, job.dedup.tables),
    )
    fence = shard_fence(shard_id, told.token)
    ledger = LedgerWriter(Ledger(database, job.row or 0, fence=fence), on_error=lambda _: None)
    now = CatalogClock(database=database)
    lease = Lease(database=database, shard=shard_id, token=told.token, now=now, length=length)
    try:
        await ShardRun(means=means, ledger=ledger, lease=lease).run()
    finally:
        await ledger.close()


@contextmanager
def _last_words() -> Iterator[None]:
    """Tell an error on standard output, too, for the worker: other processes write into the log as well."""
    try:
        yield
    except PixCrawlerError as error:
        with suppress(OSError):  # the disk may be full; then the worker says so
            click.echo(str(error))
        if isinstance(error, CatalogAway):
            error.exit_code = AWAY
        raise


def _job(context: Context, workspace: Workspace, job_id: int, told: Told) -> Job:
    row = CrawlJob.get_or_none(CrawlJob.id == job_id)
    if row is None:
        raise ConfigError(f"there is no job {job_id} in {workspace.root}")
    return stored_job(row, context.registry, told.tables)


def _told() -> Told:
    line = sys.stdin.buffer.readline()
    try:
        return Told.model_validate_json(line or b"{}")
    except ValidationError:
        raise ConfigError(
            "the first line on standard input must be a JSON object as `pixcrawler worker` writes it"
        ) from None
