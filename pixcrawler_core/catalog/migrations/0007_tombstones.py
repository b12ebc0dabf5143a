"""What was taken down, and so must not come back."""

from __future__ import annotations

from peewee import AutoField, BooleanField, Database, DateTimeField, IntegerField, Model, TextField
from playhouse.migrate import SchemaMigrator


class Tombstone(Model):
    id = AutoField()
    kind = TextField()
    value = TextField()
    radius = IntegerField(default=0)
    derived = BooleanField()
    note = TextField(null=True)
    created_at = DateTimeField()
    swept_at = DateTimeField(null=True)

    class Meta:
        legacy_table_names = False
        indexes = ((("kind", "value"), True),)


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the table."""
    with database.bind_ctx([Tombstone], bind_refs=False, bind_backrefs=False):
        database.create_tables([Tombstone])
