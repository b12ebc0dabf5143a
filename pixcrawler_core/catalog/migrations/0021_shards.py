"""Shards of jobs."""

from __future__ import annotations

from peewee import (
    AutoField,
    CharField,
    Database,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)
from playhouse.migrate import SchemaMigrator


class Table(Model):
    class Meta:
        legacy_table_names = False


class CrawlJob(Table):
    id = AutoField()


class JobShard(Table):
    id = AutoField()
    job = ForeignKeyField(CrawlJob, on_delete="CASCADE", index=False)
    number = IntegerField()
    place = CharField()
    row_ids = TextField()
    state = CharField()
    token = CharField()
    lease_until = DateTimeField(null=True)
    attempts = IntegerField()
    not_before = DateTimeField(null=True)
    settled = IntegerField()
    error = TextField()
    created_at = DateTimeField()

    class Meta:
        indexes = ((("job", "number"), True), (("state", "lease_until"), False))


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the table."""
    with database.bind_ctx([CrawlJob, JobShard], bind_refs=False, bind_backrefs=False):
        database.create_tables([JobShard])
