"""The row of the catalog that a run works on: found or begun, and marked as running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.datasets import CrawlJob, Dataset, JobStatus
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.crawl.planning import REFERENCES, changed_options, shown
from pixcrawler_core.crawl.ranking import by_reliability
from pixcrawler_core.errors import WorkspaceError

if TYPE_CHECKING:
    from peewee import Database, Field

    from pixcrawler_core.config.job import Job
    from pixcrawler_core.crawl.plan import Plan
    from pixcrawler_core.crawl.result import Result

FINISHED = (JobStatus.COMPLETED, JobStatus.COMPLETED_SHORT)

AT_ONCE = (CrawlJob.keywords, CrawlJob.max_images, CrawlJob.search_engines, CrawlJob.queries)
"""What is noted when a run starts; the configuration only when what follows from it is done."""
STATUS = (CrawlJob.status, CrawlJob.started_at)
"""What is noted besides, unless the job was ordered: then that is up to the worker that runs it."""
AT_LAST = (CrawlJob.error, CrawlJob.progress, CrawlJob.live, CrawlJob.updated_at)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How a job differs from what an earlier run worked on."""

    options: frozenset[str] = frozenset()
    """See `planning.changed_options`."""
    none: bool = False
    """Whether that run finished the very same job."""


def job_record(job: Job) -> CrawlJob:
    """The record of a job's dataset; a new one is not saved yet.

    Raises WorkspaceError for a job that was ordered and is not there any more.
    """
    if job.row is not None:
        ordered: CrawlJob | None = CrawlJob.get_or_none(CrawlJob.id == job.row)
        if ordered is None:
            raise WorkspaceError(f"job {job.row} is not there any more; order it again")
        return ordered
    dataset = Dataset.get_or_none(Dataset.id == job.slug)
    if dataset is None:
        dataset = Dataset.create(id=job.slug, name=job.name)
    found: CrawlJob = CrawlJob.get_or_none(CrawlJob.dataset == dataset) or CrawlJob(dataset=dataset)
    return found


def start(record: CrawlJob, job: Job, plan: Plan, database: Database, now: datetime) -> Changes:
    """Mark a job as running; what has changed in its configuration, which `applied` is to note.

    A run that ends before it has applied a change leaves it to the next one. Raises WorkspaceError for a
    collection in `[dedup] against` that cannot be read.
    """
    record.keywords = list(dict.fromkeys(question.query for question in plan.questions))
    record.max_images = job.max_images
    if set(record.search_engines or ()) != set(job.engines):
        record.search_engines = by_reliability(job.engines, Ledger(database, record.id or 0).yields())
    config = _config_of(job)
    options = changed_options(record.config, config) if record.config else set()
    none = record.status in FINISHED and record.config == config
    record.config = config
    if job.row is None:
        record.status = JobStatus.RUNNING
        record.started_at = record.started_at or now
    record.save(only=_noted(AT_ONCE, STATUS, job) if record.id else None)
    return Changes(options=frozenset(options), none=none)


def applied(record: CrawlJob) -> None:
    """Note that what followed from a changed configuration is done."""
    record.save(only=[CrawlJob.config])


def end(record: CrawlJob, job: Job, result: Result, now: datetime) -> None:
    """Note how a run ended."""
    record.error, record.progress, record.updated_at = result.why_short, result.progress, now
    if job.row is None:
        record.status, record.completed_at = result.status, now
    record.save(only=_noted(AT_LAST, (CrawlJob.status, CrawlJob.completed_at), job))
    CrawlJob.update(revision=CrawlJob.revision + 1).where(CrawlJob.id == record.id).execute()


def _noted(fields: Sequence[Field[Any]], alone: Sequence[Field[Any]], job: Job) -> list[Field[Any]]:
    return [*fields, *(alone if job.row is None else ())]


def is_complete(job: Job, plan: Plan, database: Database) -> bool:
    """Whether an earlier run has done this very job, and nothing of it is wanting since: what another finds.

    Raises WorkspaceError for a collection in `[dedup] against` that cannot be read.
    """
    record: CrawlJob | None = CrawlJob.get_or_none(CrawlJob.dataset == job.slug)
    if record is None or record.status != JobStatus.COMPLETED or record.config != _config_of(job):
        return False
    if job.urls is not None and record.keywords != [question.query for question in plan.questions]:
        return False
    counts = Ledger(database, record.id).accepted_counts()
    return all(counts.get(name, 0) >= (wanted or 0) for name, wanted in plan.wanted.items())


def noted_job(record: CrawlJob) -> dict[str, Any]:
    """The tables of the job as a record notes them.

    Of a job that a user of a server ordered, they are those of the order: what the server laid over them,
    such as its network and the addresses of sources, is nobody else's business.
    """
    if record.ordered_by:
        return dict(record.tables)
    return {name: table for name, table in record.config.items() if name != REFERENCES}


def _config_of(job: Job) -> dict[str, Any]:
    """What is noted of a job: two that note the same are the same job."""
    tables: dict[str, Any] = shown(job.model_dump(mode="json", exclude_defaults=True))
    return tables | _references(job)


def _references(job: Job) -> dict[str, dict[str, str]]:
    """What is noted of the collections that a dataset must not meet: images are chosen anew if they grow."""
    if not job.dedup.against:
        return {}
    from pixcrawler_core.crawl.references import digest_of

    return {REFERENCES: {path: digest_of(job.folder / path) for path in job.dedup.against}}
