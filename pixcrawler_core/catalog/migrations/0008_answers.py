"""The digests of what sources answered, by stream and page."""

from __future__ import annotations

from peewee import CompositeKey, Database, IntegerField, Model, TextField
from playhouse.migrate import SchemaMigrator


class Answer(Model):
    stream = IntegerField(column_name="stream_id")
    page = IntegerField()
    sha256 = TextField()

    class Meta:
        legacy_table_names = False
        primary_key = CompositeKey("stream", "page")


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the table."""
    with database.bind_ctx([Answer], bind_refs=False, bind_backrefs=False):
        database.create_tables([Answer])
