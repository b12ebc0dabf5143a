"""Pictures of users, their accounts elsewhere, archives of their data, and which address a token proves."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    BlobField,
    CharField,
    CompositeKey,
    Database,
    DateTimeField,
    ForeignKeyField,
    Model,
    TextField,
    UUIDField,
)
from playhouse.migrate import SchemaMigrator, migrate


class Table(Model):
    class Meta:
        legacy_table_names = False


class User(Table):
    id = UUIDField(primary_key=True)

    class Meta:
        table_name = "users"


class Avatar(Table):
    user = ForeignKeyField(User, primary_key=True, on_delete="CASCADE")
    media_type = CharField()
    data = BlobField()
    created_at = DateTimeField()


class Identity(Table):
    issuer = TextField()
    subject = TextField()
    user = ForeignKeyField(User, on_delete="CASCADE")
    created_at = DateTimeField()

    class Meta:
        primary_key = CompositeKey("issuer", "subject")


class DataArchive(Table):
    user = ForeignKeyField(User, primary_key=True, on_delete="CASCADE")
    status = CharField()
    file = TextField()
    size = BigIntegerField(null=True)
    created_at = DateTimeField()
    completed_at = DateTimeField(null=True)


TABLES = (Avatar, Identity, DataArchive)


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the tables, and add the column."""
    with database.bind_ctx([User, *TABLES], bind_refs=False, bind_backrefs=False):
        database.create_tables(TABLES)
    migrate(migrator.add_column("one_time_token", "address", TextField(default="")))
