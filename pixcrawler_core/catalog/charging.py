"""What is charged for a job, and counted of it, when a run of it ends."""

from __future__ import annotations

import math
from datetime import datetime
from uuid import UUID

from pixcrawler_core.catalog.accounts import Project
from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.catalog.datasets import CrawlJob, Dataset
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.catalog.tallies import count_job
from pixcrawler_core.catalog.usage import Used, add_usage, used_so_far
from pixcrawler_core.metering import Kind

_ACCEPTED = "SELECT COUNT(*) FROM ledger_row WHERE job_id = ? AND state = 'accepted'"


def charge(job: int, now: datetime, began: datetime | None = None) -> int:
    """Charge the owner of a job for its images and, of a run that `began` then, for its time until now.

    Returns how many entries are new. The same again charges nothing: a job that ran before is charged for the
    images that are more than it ever had, and a run once. Nothing is charged for a dataset without a project.
    What the job found and kept is counted anew for analytics. Raises WorkspaceError.
    """
    database = CrawlJob.bound_to()
    with reported(f"cannot use the catalog {describe(database)}"), database.atomic():
        found = _owner(job)
        if found is None:
            return 0
        sql, (owner, project, created) = Sql(database), found
        count_job(sql, job)
        (accepted,) = sql.first(_ACCEPTED, (job,)) or (0,)
        subject = f"job:{job}:{created:%Y%m%dT%H%M%S.%f}"  # SQLite gives numbers of removed jobs again
        before = used_so_far(subject, Kind.IMAGES)
        entries = [
            Used(
                user=owner,
                kind=Kind.IMAGES,
                amount=max(0, accepted - before),
                source=f"{subject}:images:{accepted}",
                subject=subject,
                project=project,
                details={"from": before, "to": accepted},
            )
        ]
        if began is not None:
            entries.append(
                Used(
                    user=owner,
                    kind=Kind.COMPUTE,
                    amount=math.ceil((now - began).total_seconds()),
                    source=f"{subject}:compute:{began:%Y-%m-%dT%H:%M:%S.%f}",
                    subject=subject,
                    project=project,
                )
            )
        return add_usage(entries, now)


def _owner(job: int) -> tuple[UUID, int, datetime] | None:
    """Owner and project of a job, and when that was made; None for nobody's.

    Others who charge for the job wait until the transaction ends.
    """
    query = CrawlJob.select(CrawlJob.id, CrawlJob.created_at).where(CrawlJob.id == job)
    if CrawlJob.bound_to().for_update:
        # Rows that refer to the job may be written meanwhile, as they may not under FOR UPDATE.
        query = query.for_update("FOR NO KEY UPDATE")  # type: ignore[arg-type]  # peewee's stub
    row = query.first()
    if row is None:
        return None
    found = Project.select().join(Dataset).join(CrawlJob).where(CrawlJob.id == job).first()
    return None if found is None else (found.owner_id, found.id, row.created_at)
