"""Pauses the jobs of a user who is suspended, or asked to be erased."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from pixcrawler_core.catalog.models import CrawlJob, Dataset, JobStatus, Project
from pixcrawler_core.jobs.errors import IllegalTransition
from pixcrawler_core.jobs.transitions import move

SUSPENDED = "the account of the project's owner, or of whoever ordered the job, was suspended"
ERASING = "the project's owner, or whoever ordered the job, asked to be erased"


def halt(user_id: UUID, why: str, now: datetime, actor: UUID) -> list[int]:
    """Pause what waits or runs of a user's projects, or was ordered by them; returns which.

    In the transaction under way; a dispatcher is to be told of it afterwards.
    """
    halted: list[int] = []
    while jobs := _under_way(user_id):
        for job in jobs:
            with suppress(IllegalTransition):  # it changed meanwhile, and is looked at again
                halted.append(move(job, JobStatus.PAUSED, now=now, actor=actor, why=why).id)
    return halted


def _under_way(user_id: UUID) -> list[CrawlJob]:
    theirs = (Project.owner == user_id) | (CrawlJob.ordered_by == str(user_id))
    waits_or_runs = CrawlJob.status.in_((JobStatus.QUEUED, JobStatus.RUNNING))
    return list(CrawlJob.select().join(Dataset).join(Project).where(theirs & waits_or_runs))
