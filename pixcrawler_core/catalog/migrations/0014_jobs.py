"""What jobs need to be queued and run by workers, their changes of status, and time zones of schedules."""

from __future__ import annotations

from peewee import (
    AutoField,
    BigAutoField,
    CharField,
    Database,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)
from playhouse.migrate import SchemaMigrator, migrate


class Table(Model):
    class Meta:
        legacy_table_names = False


class CrawlJob(Table):
    id = AutoField()


class JobEvent(Table):
    id = BigAutoField()
    job = ForeignKeyField(CrawlJob, on_delete="CASCADE", index=False)
    revision = IntegerField()
    status = CharField()
    why = TextField()
    created_at = DateTimeField()

    class Meta:
        indexes = ((("job", "revision"), True),)


class User(Table):
    id = UUIDField(primary_key=True)

    class Meta:
        table_name = "users"


class JobBegun(Table):
    id = BigAutoField()
    owner = ForeignKeyField(User, on_delete="CASCADE", index=False)
    job = IntegerField()
    created_at = DateTimeField()

    class Meta:
        indexes = ((("owner", "created_at"), False),)


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the tables, and add the columns."""
    with database.bind_ctx([User, CrawlJob, JobEvent, JobBegun], bind_refs=False, bind_backrefs=False):
        database.create_tables([JobEvent, JobBegun])
    migrate(
        migrator.add_column("crawl_job", "tables", TextField(default="{}")),
        migrator.add_column("crawl_job", "folder", TextField(default="")),
        migrator.add_column("crawl_job", "ordered_by", CharField(default="")),
        migrator.add_column("crawl_job", "priority", IntegerField(default=0)),
        migrator.add_column("crawl_job", "queued_at", DateTimeField(null=True)),
        migrator.add_column("crawl_job", "attempts", IntegerField(default=0)),
        migrator.add_column("crawl_job", "worker", CharField(default="")),
        migrator.add_column("crawl_job", "lease_until", DateTimeField(null=True)),
        migrator.add_column("crawl_job", "revision", IntegerField(default=0)),
        migrator.add_column("crawl_job", "live", TextField(default="{}")),
        migrator.add_column("crawl_job", "error", TextField(default="")),
        migrator.add_column("schedule", "timezone", CharField(default="UTC")),
        migrator.add_column("schedule", "backfill", CharField(default="skip")),
        migrator.add_column("schedule", "ordered_by", CharField(default="")),
        migrator.add_column("schedule", "last_job", IntegerField(null=True)),
        migrator.add_column("schedule", "last_error", TextField(default="")),
        migrator.add_column("schedule", "updated_at", DateTimeField(default="2026-01-01 00:00:00")),
    )
    migrate(migrator.add_index("crawl_job", ("status", "priority"), False))
