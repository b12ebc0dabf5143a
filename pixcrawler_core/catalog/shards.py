"""Parts of a job that are fetched by other processes than the one that runs it."""

from __future__ import annotations

import enum

from peewee import AutoField, CharField, ForeignKeyField, IntegerField, TextField

from pixcrawler_core.catalog.datasets import CrawlJob
from pixcrawler_core.catalog.fields import CatalogModel, JsonField, UtcField, utc_now


class ShardState(enum.StrEnum):
    """Where a shard stands."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    PARKED = "parked"
    """Given up after some attempts."""


class JobShard(CatalogModel):
    """Candidates of a job's run that one process fetches and examines; gone with the next run of the job."""

    job_id: int
    id = AutoField()
    job = ForeignKeyField(CrawlJob, backref="shards", on_delete="CASCADE", index=False)
    number = IntegerField()
    """Counted from 1 in each run of the job."""
    place = CharField()
    """`pixcrawler_core.workspace.Workspace.identity` of where the bytes are to lie."""
    row_ids = JsonField(default=list)
    """The ledger rows of its candidates, as far as they are wanted still."""
    state = CharField(default=ShardState.WAITING)
    token = CharField(default="")
    """Of the lease: who has another one writes nothing."""
    lease_until = UtcField(null=True)
    """Until when nobody else takes it; the process that works on it puts that off."""
    attempts = IntegerField(default=0)
    """How often it was taken."""
    not_before = UtcField(null=True)
    """When it may be taken again after an attempt that failed."""
    settled = IntegerField(default=0)
    """Candidates of which the ledger tells what became, by the last attempt; -1 until its process begins."""
    error = TextField(default="")
    """Why the last attempt failed."""
    created_at = UtcField(default=utc_now)

    class Meta:
        indexes = ((("job", "number"), True), (("state", "lease_until"), False))
