"""What stores have of which dataset and user."""

from __future__ import annotations

from peewee import (
    BigIntegerField,
    CompositeKey,
    Database,
    DateTimeField,
    ForeignKeyField,
    Model,
    TextField,
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


class Dataset(Table):
    id = TextField(primary_key=True)


class StoredUnit(Table):
    store = TextField()
    unit = TextField()
    dataset = ForeignKeyField(Dataset, null=True, on_delete="SET NULL")
    owner = ForeignKeyField(User, null=True, on_delete="SET NULL")
    objects = BigIntegerField()
    hot = BigIntegerField()
    warm = BigIntegerField()
    cold = BigIntegerField()
    updated_at = DateTimeField()

    class Meta:
        primary_key = CompositeKey("store", "unit")


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the table; it is filled by pushes, and by `pixcrawler storage usage --verify`."""
    with database.bind_ctx([User, Dataset, StoredUnit], bind_refs=False, bind_backrefs=False):
        database.create_tables([StoredUnit])
