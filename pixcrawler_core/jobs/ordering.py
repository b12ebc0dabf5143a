"""Orders jobs: a checked job file becomes a row of the catalog that a worker finds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.datasets import CrawlJob, Dataset, JobStatus
from pixcrawler_core.config.load import check_tables
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.jobs.errors import DatasetBusy
from pixcrawler_core.jobs.transitions import move, note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pixcrawler_core.config.job import Job
    from pixcrawler_core.registry import Registry


def order(
    job: Job,
    dataset: str,
    *,
    now: datetime,
    actor: UUID | None = None,
    priority: int = 0,
    draft: bool = False,
) -> CrawlJob:
    """Make the row of a job, in the transaction under way, and queue it unless it is to be a draft.

    Raises DatasetBusy for a dataset of which another job waits or runs.
    """
    row = CrawlJob.create(
        dataset=dataset,
        tables=tables_of(job),
        **described(job),
        folder=str(job.folder.resolve()) if job.folder != Path() else "",
        ordered_by=str(actor or ""),
        priority=priority,
        created_at=now,
        updated_at=now,
    )
    note(row, now)
    audit.record(
        "job drafted" if draft else "job ordered",
        entity="job",
        entity_id=row.id,
        details={"dataset": dataset},
        actor=actor,
    )
    return row if draft else queue(row, now=now, actor=actor)


def queue(row: CrawlJob, *, now: datetime, actor: UUID | None = None) -> CrawlJob:
    """Let a job wait for a worker. Raises DatasetBusy and IllegalTransition."""
    dataset = Dataset.get_by_id(row.dataset_id)
    if not dataset.can_start_job() and row.status != JobStatus.PAUSED:
        raise DatasetBusy(dataset.id)
    return move(
        row, JobStatus.QUEUED, now=now, actor=actor, queued_at=now, attempts=0, error="", completed_at=None
    )


def described(job: Job) -> dict[str, Any]:
    """The fields of a row that tell of what a job asks."""
    return {
        "keywords": [word for category in job.categories for word in category.keywords],
        "max_images": job.max_images,
        "search_engines": list(job.engines),
    }


def tables_of(job: Job) -> dict[str, Any]:
    """A job's tables as they are kept, without what is the default anyhow."""
    from pixcrawler_core.crawl.planning import shown

    tables: dict[str, Any] = shown(job.model_dump(mode="json", exclude_defaults=True))
    return tables


def stored_job(row: CrawlJob, registry: Registry, over: Mapping[str, Any] | None = None) -> Job:
    """The job of a row that was ordered, ready to run: it fills the row's dataset and works on the row.

    The tables `over` hold over those of the row. Raises ConfigError for a row that was not ordered, and
    OptionsError where a plugin that it needs is gone.
    """
    if not row.tables:
        raise ConfigError(f"job {row.id} was not ordered: run its job file")
    job = check_tables(laid_over(row.tables, over or {}), registry, Path(row.folder or "."))
    return job.model_copy(update={"dataset": row.dataset_id, "row": row.id})


def laid_over(tables: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables in which the values of others hold, table by table, however deep."""
    merged = dict(tables)
    for key, value in over.items():
        below = merged.get(key)
        nested = isinstance(value, dict) and isinstance(below, dict)
        merged[key] = laid_over(below, value) if nested and below is not None else value
    return merged
