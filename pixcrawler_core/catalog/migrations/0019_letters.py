"""E-mails that wait to be sent."""

from __future__ import annotations

from peewee import (
    AutoField,
    BlobField,
    Database,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    UUIDField,
)
from playhouse.migrate import SchemaMigrator


class Table(Model):
    class Meta:
        legacy_table_names = False


class User(Table):
    id = UUIDField(primary_key=True)

    class Meta:
        table_name = "users"


class WaitingLetter(Table):
    id = AutoField()
    user = ForeignKeyField(User, on_delete="CASCADE")
    sealed = BlobField()
    attempts = IntegerField()
    next_at = DateTimeField(index=True)
    expires_at = DateTimeField(null=True)
    created_at = DateTimeField()


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the table."""
    with database.bind_ctx([User, WaitingLetter], bind_refs=False, bind_backrefs=False):
        database.create_tables([WaitingLetter])
