"""How jobs changed, and when they are to be ordered again."""

from __future__ import annotations

import enum

from peewee import (
    BigAutoField,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from pixcrawler_core.catalog.accounts import User
from pixcrawler_core.catalog.datasets import CrawlJob, Dataset
from pixcrawler_core.catalog.fields import CatalogModel, JsonField, NumberField, UtcField, utc_now


class Backfill(enum.StrEnum):
    """What becomes of the times at which nobody was there to run a schedule."""

    SKIP = "skip"
    """They are left out."""
    LATEST = "latest"
    """One run makes up for all of them."""
    ALL = "all"
    """Each is made up for, one after the other."""


class JobEvent(CatalogModel):
    """A change of a job's status."""

    job_id: int
    id = BigAutoField()
    job = ForeignKeyField(CrawlJob, backref="events", on_delete="CASCADE", index=False)
    revision = IntegerField()
    """That of the job after the change."""
    status = CharField()
    why = TextField(default="")
    created_at = UtcField(default=utc_now)

    class Meta:
        indexes = ((("job", "revision"), True),)


class JobBegun(CatalogModel):
    """That a job was begun, for the owner of its project: it counts for a day, though the job be gone."""

    id = BigAutoField()
    owner = ForeignKeyField(User, on_delete="CASCADE", index=False)
    job = IntegerField()
    created_at = UtcField(default=utc_now)

    class Meta:
        indexes = ((("owner", "created_at"), False),)


class Schedule(CatalogModel):
    """When a dataset is to be crawled again, as a cron expression."""

    dataset_id: str

    id = NumberField()
    dataset = ForeignKeyField(Dataset, backref="schedules", on_delete="CASCADE")
    cron = CharField()
    config = JsonField(default=dict)
    enabled = BooleanField(default=True)
    next_run_at = UtcField(null=True, index=True)
    last_run_at = UtcField(null=True)
    created_at = UtcField(default=utc_now)
    timezone = CharField(default="UTC")
    """Name of the IANA time zone in which the expression is meant."""
    backfill = CharField(default=Backfill.SKIP)
    ordered_by = CharField(default="")
    """Id of the user who made it."""
    last_job = IntegerField(null=True)
    last_error = TextField(default="")
    """Why the last run could not be ordered."""
    updated_at = UtcField(default=utc_now)
