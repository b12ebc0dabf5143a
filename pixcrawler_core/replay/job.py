"""The job of a replay: of what the lock's job asked for, only what harms nobody is taken over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.catalog.datasets import CrawlJob, JobStatus
from pixcrawler_core.config.fetch import LARGEST_SIZE, FetchOptions
from pixcrawler_core.config.job import Job
from pixcrawler_core.config.problems import parse_options
from pixcrawler_core.crawl.plan import Plan, Question
from pixcrawler_core.crawl.record import Changes, job_record, start
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.provenance.lock import LOCK

if TYPE_CHECKING:
    from datetime import datetime

    from pixcrawler_core.replay.lock import Lock
    from pixcrawler_core.workspace import Workspace

LIST = PurePath(LOCK).name
"""What the job names as its list, whatever the lock's file is called."""
LABEL_FILES = ("files", "per_image")
"""Keys of `[labels]` that say which files of labels are written."""


def replay_job(lock: Lock, name: str | None, fetch: Mapping[str, Any]) -> Job:
    """The job that makes the dataset of a lock once more. Raises PluginError for tables that do not fit.

    Addresses, sources, collections and exports that the lock names are not taken over. Nothing is checked
    and no duplicates are looked for: the bytes are known. Labels come from the manifest, if there is one.
    """
    told = lock.head.get("job")
    before = told if isinstance(told, dict) else {}
    limit = min(max(lock.largest, FetchOptions().max_bytes), LARGEST_SIZE)
    tables: dict[str, Any] = {
        "job": {"name": name or lock.head.get("dataset")},
        "urls": {"file": LIST},
        "fetch": {"max_bytes": limit, **fetch},
        "dedup": {"methods": []},
        "splits": before.get("splits", {}),
    }
    labels = before.get("labels")
    files = {key: labels[key] for key in LABEL_FILES if key in labels} if isinstance(labels, dict) else {}
    tables["labels"] = files | ({} if lock.manifest is None else {"labelers": []})
    return parse_options(Job, tables, "the replay")


def begin(workspace: Workspace, lock: Lock, job: Job, now: datetime) -> tuple[CrawlJob, Changes]:
    """The row of the catalog that a replay works on, and what has changed since it was begun.

    Raises ConfigError if there is a dataset with its name that is no replay of this lock.
    """
    query = f"{LIST}#{lock.digest}"
    record = job_record(job)
    known = record.id is not None
    if (known and record.keywords != [query]) or (
        not known and (workspace.dataset(job.slug) / MANIFEST).exists()
    ):
        raise ConfigError(
            f"there is a dataset {job.slug!r} in {workspace.root} already, and it is no replay of this lock; "
            "choose another name with --name"
        )
    questions = [Question(category="", engine=engine, query=query) for engine in job.engines]
    plan = Plan(wanted=lock.counts, default_wanted=None, questions=questions)
    return record, start(record, job, plan, workspace.open(), now)


def end(record: CrawlJob, status: JobStatus, progress: float, now: datetime) -> None:
    """Note how a replay ended; `progress` in per cent."""
    record.status, record.progress = status, progress
    record.completed_at = record.updated_at = now
    record.save()
