"""The catalog as a queue: workers take jobs from it under a lease, which they renew as long as they live.

A lease is a time until which nobody else takes the job (Gray and Cheriton, "Leases", SOSP 1989). Who dies
renews none, so that another worker goes on with the job; every run is counted, so that a job which kills its
workers is given up after some.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import Database

from pixcrawler_core.catalog.datasets import CrawlJob, JobStatus
from pixcrawler_core.catalog.fields import to_sql_time
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.jobs.transitions import move

LEASE = timedelta(seconds=15)
"""For how long a worker has a job without a word."""
MOST_ATTEMPTS = 3
"""Runs of a job that may end with the death of who runs it."""
FAR = 4
"""Leases ahead at which none ends: such a one was noted by a clock that was wrong, and is over."""
WAITING = 50
"""Jobs that are looked at, of those that wait."""
NOBODYS = {"worker": "", "token": "", "lease_until": None}
"""What a job has that nobody runs."""
SKIP = "FOR UPDATE SKIP LOCKED"
GONE = "the process that ran it died {attempts} times; its log says more"
_NEXT = """
SELECT j.id, j.dataset_id FROM crawl_job j
JOIN (SELECT w.ordered_by,
             (SELECT MAX(b.started_at) FROM crawl_job b WHERE b.ordered_by = w.ordered_by) AS last
      FROM (SELECT DISTINCT ordered_by FROM crawl_job WHERE status = 'queued') w) who
  ON who.ordered_by = j.ordered_by
LEFT JOIN (SELECT ordered_by, COUNT(*) AS n FROM crawl_job WHERE status IN ('running', 'cancelling')
           GROUP BY ordered_by) busy ON busy.ordered_by = j.ordered_by
WHERE j.status = 'queued' AND (j.lease_until IS NULL OR j.lease_until < ?)
ORDER BY COALESCE(busy.n, 0)
  + ROW_NUMBER() OVER (PARTITION BY j.ordered_by ORDER BY j.priority DESC, j.queued_at, j.id),
  who.last NULLS FIRST, j.queued_at, j.id LIMIT ?
"""
"""Those of whom the fewest jobs run first, and of each the higher priorities; then those of whom none was
begun for longest, so that users take turns however many jobs each has; then those who wait longest. Jobs of
one user do not stand together: a worker that comes too late for the first takes one of another user."""
_ANY = "SELECT id FROM crawl_job WHERE status = 'queued' LIMIT 1"
_LOST = """
SELECT id FROM crawl_job WHERE status IN ('running', 'cancelling') AND (lease_until < ? OR lease_until > ?)
"""
_STATUSES = "SELECT id, status FROM crawl_job WHERE worker = ? AND id IN ({marks})"
_RENEW = "UPDATE crawl_job SET lease_until = ? WHERE id = ? AND worker = ?"


@dataclass(frozen=True)
class Queue:
    """The jobs of a catalog, for one worker of this name."""

    database: Database
    worker: str
    now: Callable[[], datetime]
    lease: timedelta = LEASE

    def claim(self, free: Callable[[str], bool]) -> CrawlJob | None:
        """Take the job whose turn it is, of the datasets that are `free`; None if there is none.

        Higher priorities come first, then users of whom fewer jobs run, then those of whom none was begun for
        longest, then jobs that wait longest.
        """
        waiting = Sql(self.database).all(_NEXT, (to_sql_time(self.now()), WAITING))
        for key, dataset in waiting:
            taken = self._take(key) if free(dataset) else None
            if taken is not None:
                return taken
        return None

    def is_empty(self) -> bool:
        """Whether no job waits."""
        return Sql(self.database).first(_ANY) is None

    def renew(self, jobs: Collection[int]) -> None:
        """Put off the end of the leases that this worker has."""
        until = to_sql_time(self.now() + self.lease)
        Sql(self.database).many(_RENEW, [(until, job, self.worker) for job in jobs])

    def statuses(self, jobs: Collection[int]) -> dict[int, JobStatus]:
        """How the jobs that this worker has stand; those that it lost are not there."""
        statement = _STATUSES.format(marks=", ".join("?" * len(jobs)))
        rows = Sql(self.database).all(statement, (self.worker, *jobs))
        return {key: JobStatus(status) for key, status in rows}

    def release(
        self, job_id: int, to: JobStatus, why: str = "", *, uncounted: bool = False
    ) -> CrawlJob | None:
        """Give a job back that this worker ran, with the status that follows from how the run ended.

        A run that was ended by nothing that it did is `uncounted`. A job that was paused or is to be
        cancelled meanwhile is paused or cancelled all the same. None for a job that another worker has by
        now.
        """
        with self.database.atomic():
            job = self._locked((CrawlJob.id == job_id) & (CrawlJob.worker == self.worker))
            if job is None:
                return None
            job.attempts = max(0, job.attempts - uncounted)  # a person may have queued it anew meanwhile
            CrawlJob.update(attempts=job.attempts, **NOBODYS).where(CrawlJob.id == job_id).execute()
            return self._ended(job, to, why)

    def sweep(self) -> list[int]:
        """Take jobs back from workers that are dead; returns which."""
        now = self.now()
        lost = Sql(self.database).all(_LOST, (to_sql_time(now), to_sql_time(now + FAR * self.lease)))
        return [key for (key,) in lost if self._lost(key)]

    def _take(self, job_id: int) -> CrawlJob | None:
        now = self.now()
        with self.database.atomic():
            free = CrawlJob.lease_until.is_null() | (CrawlJob.lease_until < now)
            waits = (CrawlJob.id == job_id) & (CrawlJob.status == JobStatus.QUEUED) & free
            job = self._locked(waits, SKIP)
            if job is None:  # another worker was quicker
                return None
            lease: dict[str, Any] = {
                "worker": self.worker,
                "token": secrets.token_hex(),
                "lease_until": now + self.lease,
                "attempts": job.attempts + 1,
            }
            return move(job, JobStatus.RUNNING, now=now, started_at=job.started_at or now, **lease)

    def _lost(self, job_id: int) -> bool:
        with self.database.atomic():
            until, now = CrawlJob.lease_until, self.now()
            lost = (until < now) | (until > now + FAR * self.lease)
            job = self._locked((CrawlJob.id == job_id) & lost, SKIP)
            if job is None:
                return False
            CrawlJob.update(NOBODYS).where(CrawlJob.id == job_id).execute()
            self._ended(job, JobStatus.QUEUED, "its worker died")
        return True

    def _locked(self, which: Any, lock: str = "FOR UPDATE") -> CrawlJob | None:
        """A job that nobody else changes until the transaction ends."""
        query = CrawlJob.select().where(which)
        if self.database.for_update:
            query = query.for_update(lock)  # type: ignore[arg-type]  # peewee's stub
        found: CrawlJob | None = query.first()
        return found

    def _ended(self, job: CrawlJob, to: JobStatus, why: str) -> CrawlJob:
        now = self.now()
        if job.status == JobStatus.CANCELLING:
            return move(job, JobStatus.CANCELLED, now=now, completed_at=now)
        if job.status != JobStatus.RUNNING:
            return job
        if to == JobStatus.QUEUED and job.attempts >= MOST_ATTEMPTS:
            to, why = JobStatus.FAILED, GONE.format(attempts=job.attempts)
        if to == JobStatus.QUEUED:
            return move(job, to, now=now, why=why)
        why = why or (job.error if to == JobStatus.COMPLETED_SHORT else "")
        error = why if to in (JobStatus.FAILED, JobStatus.COMPLETED_SHORT) else ""
        return move(job, to, now=now, why=why, completed_at=now, error=error)
