"""How schedules are given and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from croniter import croniter
from croniter.croniter import CroniterBadDateError
from pydantic import Field

from pixcrawler_core.catalog.models import Backfill
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.errors import Invalid
from pixcrawler_server.jobs.timetable import next_time

FIELDS = {
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day of month": "1 to 31",
    "month": "1 to 12, or jan to dec",
    "day of week": "0 to 7, or sun to sat",
}
"""Of a cron expression, and what may be in them (crontab(5))."""


class Times(Input):
    """When a schedule is due."""

    cron: str = Field(
        max_length=100,
        description="Minute, hour, day of month, month, day of week: `30 3 * * 1`.",
    )
    timezone: str = Field(default="UTC", max_length=64, description="IANA time zone: `Europe/Berlin`.")


class NewSchedule(Times):
    """A schedule to be made."""

    dataset: str = Field(min_length=1, max_length=200, description="Id of the dataset that is filled.")
    tables: dict[str, Any] = Field(description="The tables of the job file.")
    enabled: bool = True
    backfill: Backfill = Field(
        default=Backfill.SKIP, strict=False, description="What becomes of missed times."
    )


class ScheduleChange(Input):
    """What is to be changed; what is left out stays."""

    cron: str | None = Field(default=None, max_length=100)
    timezone: str | None = Field(default=None, max_length=64)
    tables: dict[str, Any] | None = None
    enabled: bool | None = Field(default=None, description="false: it rests until it is true again.")
    backfill: Backfill | None = None


class ScheduleView(View):
    """A schedule."""

    id: int
    dataset: str
    cron: str
    timezone: str
    tables: dict[str, Any]
    enabled: bool
    backfill: Backfill
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_job: int | None
    last_error: str
    """Why the last run could not be ordered."""
    created_at: datetime
    updated_at: datetime


def next_of(cron: str, timezone: str, now: datetime) -> datetime:
    """When it is due next. Raises Invalid for an expression or a time zone that is none, or never comes."""
    if timezone not in available_timezones():
        raise _invalid("timezone", "a time zone of the IANA database, such as Europe/Berlin", timezone)
    _check_cron(cron)
    try:
        return next_time(cron, timezone, now)
    except CroniterBadDateError:
        raise _invalid("cron", "a time that comes", cron) from None


def _check_cron(cron: str) -> None:
    given = cron.split()
    if len(given) != len(FIELDS):
        raise _invalid("cron", f"five fields of crontab(5): {', '.join(FIELDS)}", cron)
    for place, (name, fits) in enumerate(FIELDS.items()):
        alone = ["*"] * place + [given[place]] + ["*"] * (len(FIELDS) - place - 1)
        if not croniter.is_valid(" ".join(alone)):
            told = f"{fits}, a list or range of these, or * with or without a step"
            raise _invalid("cron", f"right in its {name}, which is {given[place]!r}: {told}", cron)


def _invalid(field: str, constraint: str, value: str) -> Invalid:
    details = {"field": field, "constraint": constraint, "provided_value": value}
    return Invalid(f"{field}: must be {constraint}", details=details)


def view_of(row: Any) -> ScheduleView:
    """A schedule as it is shown."""
    return ScheduleView(
        id=row.id,
        dataset=row.dataset_id,
        cron=row.cron,
        timezone=row.timezone,
        tables=row.config,
        enabled=row.enabled,
        backfill=row.backfill,
        next_run_at=row.next_run_at,
        last_run_at=row.last_run_at,
        last_job=row.last_job,
        last_error=row.last_error,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
