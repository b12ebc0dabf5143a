"""The standing of sources: who is left alone, until when, and why."""

from __future__ import annotations

from peewee import Database, DateTimeField, Model, TextField
from playhouse.migrate import SchemaMigrator


class SourceState(Model):
    engine = TextField(primary_key=True)
    page_class = TextField()
    since = DateTimeField()
    until = DateTimeField(null=True)
    evidence = TextField()

    class Meta:
        legacy_table_names = False


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the table."""
    with database.bind_ctx([SourceState], bind_refs=False, bind_backrefs=False):
        database.create_tables([SourceState])
