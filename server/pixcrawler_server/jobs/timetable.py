"""Orders the jobs of schedules when they are due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from croniter import croniter
from peewee import Database

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.database import DRIVER_ERRORS
from pixcrawler_core.catalog.datasets import ACTIVE
from pixcrawler_core.catalog.fields import to_sql_time
from pixcrawler_core.catalog.models import (
    Backfill,
    CrawlJob,
    Dataset,
    MemberRole,
    Project,
    Schedule,
    User,
    UserStatus,
)
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import PixCrawlerError, PluginError
from pixcrawler_core.jobs.errors import DatasetBusy
from pixcrawler_core.service import Principal
from pixcrawler_server.errors import ApiError
from pixcrawler_server.jobs.orders import Orders
from pixcrawler_server.owned import dataset_of

if TYPE_CHECKING:
    from pixcrawler_core.config.job import Job

logger = logging.getLogger(__name__)

LATE = timedelta(minutes=5)
"""What is due for longer was missed: nobody was there to run it."""
OURS: tuple[type[Exception], ...] = (ApiError, PixCrawlerError, *DRIVER_ERRORS)
"""What our own code raises while a job is checked."""
AT_ONCE = 20
"""Schedules of one look."""
_DUE = f"""
SELECT id FROM schedule WHERE enabled = ? AND next_run_at <= ?
AND (backfill = '{Backfill.SKIP}' OR NOT EXISTS (
  SELECT 1 FROM crawl_job j WHERE j.dataset_id = schedule.dataset_id
  AND j.status IN ({", ".join("?" * len(ACTIVE))})))
ORDER BY next_run_at LIMIT ?
"""  # noqa: S608  # our own names
"""Those that wait for a dataset do not stand in the way of others."""


def next_time(cron: str, timezone: str, after: datetime) -> datetime:
    """The first moment after another one that fits a cron expression of a time zone, in UTC.

    A time that the clocks leave out in spring comes as they go on; one that comes twice in autumn counts
    once, unless it is of every hour (as cron(8) of Debian has it). Raises CroniterBadDateError where none
    comes.
    """
    zone = ZoneInfo(timezone)
    times = croniter(cron, after.astimezone(zone))
    found: datetime = times.get_next(datetime)
    while found.astimezone(zone).fold and not cron.split()[1].startswith("*"):
        found = times.get_next(datetime)
    return found.astimezone(UTC)


class Timetable:
    """The schedules of a catalog. Any number of workers may look: each run is ordered once."""

    def __init__(self, database: Database, orders: Orders, now: Callable[[], datetime]) -> None:
        self._database, self._orders, self._now = database, orders, now

    def run_due(self) -> int:
        """Order the jobs of the schedules that are due; returns how many."""
        due = Sql(self._database).all(_DUE, (True, to_sql_time(self._now()), *ACTIVE, AT_ONCE))
        return sum(self._run(key) for (key,) in due)

    def _run(self, key: int) -> bool:
        schedule = Schedule.get_or_none(Schedule.id == key)
        if schedule is None:
            return False
        due, now = schedule.next_run_at, self._now()
        if why := _obstacle(schedule):
            self._pause(schedule, due, why)
            return False
        if schedule.backfill == Backfill.SKIP and now - due > LATE:
            self._advance(schedule, due, after=now)
            return False
        try:
            job = self._ordered(schedule, due, now)
        except DatasetBusy as error:
            if schedule.backfill == Backfill.SKIP:
                self._advance(schedule, due, after=now, last_error=str(error))
            return False
        except (ApiError, PixCrawlerError) as error:
            logger.warning("schedule %s: %s", key, error)
            self._advance(schedule, due, after=now, last_error=str(error)[:500])
            return False
        return job is not None

    def _ordered(self, schedule: Schedule, due: datetime, now: datetime) -> CrawlJob | None:
        job = self._checked(schedule)
        actor = UUID(schedule.ordered_by) if schedule.ordered_by else None
        with self._database.atomic():
            after = due if schedule.backfill == Backfill.ALL else now
            if not self._advance(schedule, due, after=after, last_run_at=now, last_error=""):
                return None  # another worker was quicker
            row = self._orders.place(schedule.dataset, job, actor)
            Schedule.update(last_job=row.id).where(Schedule.id == schedule.id).execute()
            details = {"job": row.id}
            audit.record("schedule run", entity="schedule", entity_id=schedule.id, details=details)
        return row

    def _checked(self, schedule: Schedule) -> Job:
        try:
            return self._orders.checked(schedule.config, schedule.dataset)
        except OURS:
            raise
        except Exception as error:  # of a plugin: schedules of others go on
            logger.exception("schedule %s: a plugin broke", schedule.id)
            raise PluginError(f"a plugin that the job needs broke: {error!r}") from error

    def _pause(self, schedule: Schedule, due: datetime, why: str) -> None:
        with self._database.atomic():
            paused = (
                Schedule.update(enabled=False, last_error=f"{why}; enable it, and it goes on in your name")
                .where(Schedule.id == schedule.id, Schedule.next_run_at == due)
                .execute()
            )
            if paused:
                audit.record("schedule paused", entity="schedule", entity_id=schedule.id)

    def _advance(self, schedule: Schedule, due: datetime, after: datetime, **changes: object) -> bool:
        """Set when it is due next; False if somebody did that meanwhile."""
        following = next_time(schedule.cron, schedule.timezone, max(after, due))
        return bool(
            Schedule.update(next_run_at=following, **changes)
            .where(Schedule.id == schedule.id, Schedule.next_run_at == due)
            .execute()
        )


def _obstacle(schedule: Schedule) -> str:
    """Why nobody may order its jobs now; empty where somebody may."""
    of_dataset = Dataset.id == schedule.dataset_id
    owner: User | None = User.select().join(Project).join(Dataset).where(of_dataset).first()
    if owner is not None and owner.status != UserStatus.ACTIVE:
        return "the account of the project's owner is suspended, or about to be erased"
    if not schedule.ordered_by:
        return ""
    actor: User | None = User.get_or_none(User.id == UUID(schedule.ordered_by))
    if actor is None or actor.status != UserStatus.ACTIVE:
        return "the account of whoever made it is suspended, or about to be erased, or gone"
    try:
        principal = Principal(user_id=actor.id, is_admin=actor.is_admin())
        dataset_of(principal, schedule.dataset_id, MemberRole.EDITOR)
    except ApiError:
        return "whoever made it may not order jobs of this project any more"
    return ""
