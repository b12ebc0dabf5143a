"""Runs a job that was ordered, for the worker that started this process."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.datasets import CrawlJob
from pixcrawler_core.commands.work import do_job
from pixcrawler_core.crawl.reporting import reporting
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.jobs.ordering import stored_job

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context


def run_ordered(context: Context, job_id: int, *, as_json: bool) -> int:
    """Run the job of a row; returns the exit code. Raises ConfigError and what a run raises."""
    over = _over(sys.stdin.buffer.readline())
    with context.open_workspace():
        row = CrawlJob.get_or_none(CrawlJob.id == job_id)
        if row is None:
            raise ConfigError(f"there is no job {job_id} in {context.workspace}")
        job = stored_job(row, context.registry, over)
    return do_job(context, job, as_json=as_json, watching=reporting)


def _over(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line or b"{}")
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise ConfigError("the first line on standard input must be a JSON object of tables")
    return told
