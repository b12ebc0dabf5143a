"""What people decided on images, by dataset and the digest of the bytes."""

from __future__ import annotations

from peewee import CompositeKey, Database, DateTimeField, ForeignKeyField, Model, TextField
from playhouse.migrate import SchemaMigrator


class Dataset(Model):
    id = TextField(primary_key=True)

    class Meta:
        legacy_table_names = False


class Review(Model):
    dataset = ForeignKeyField(Dataset, index=False, on_delete="CASCADE")
    sha256 = TextField()
    decision = TextField()
    category = TextField(null=True)
    note = TextField(null=True)
    reviewer = TextField(null=True)
    decided_at = DateTimeField()

    class Meta:
        legacy_table_names = False
        primary_key = CompositeKey("dataset", "sha256")


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the table."""
    with database.bind_ctx([Review], bind_refs=False, bind_backrefs=False):
        database.create_tables([Review])
