"""Work on datasets that a server does in the background, and datasets of which only files are left."""

from __future__ import annotations

import enum

from peewee import CharField, ForeignKeyField, TextField

from pixcrawler_core.catalog.datasets import Dataset
from pixcrawler_core.catalog.fields import CatalogModel, JsonField, NumberField, UtcField, utc_now


class TaskKind(enum.StrEnum):
    """What is done."""

    ASSEMBLY = "assembly"
    PUSH = "push"
    TIER = "tier"
    REHYDRATE = "rehydrate"
    TAKEDOWN = "takedown"


class TaskStatus(enum.StrEnum):
    """Where it stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Task(CatalogModel):
    """Something that is done in the background; a process that is killed leaves it to the next one."""

    dataset_id: str | None
    id = NumberField()
    dataset = ForeignKeyField(Dataset, null=True, backref="tasks", on_delete="CASCADE")
    """None for what concerns the whole workspace."""
    kind = CharField()
    status = CharField(default=TaskStatus.PENDING)
    options = JsonField(default=dict)
    result = JsonField(default=dict)
    detail = TextField(null=True)
    """Why it failed."""
    actor = CharField(default="")
    """Id of the user who asked for it."""
    created_at = UtcField(default=utc_now)
    completed_at = UtcField(null=True)


class RemovedDataset(CatalogModel):
    """A dataset whose rows are gone, and whose files are to go; the row goes last."""

    id = TextField(primary_key=True)
    exports = JsonField(default=list)
    """Paths of its exports, as they were noted."""
    created_at = UtcField(default=utc_now)
