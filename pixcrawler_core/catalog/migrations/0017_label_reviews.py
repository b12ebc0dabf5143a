"""What people decided on labels of images, by dataset and the digest of the bytes."""

from __future__ import annotations

from peewee import BooleanField, CompositeKey, Database, DateTimeField, ForeignKeyField, Model, TextField
from playhouse.migrate import SchemaMigrator


class Dataset(Model):
    id = TextField(primary_key=True)

    class Meta:
        legacy_table_names = False


class LabelReview(Model):
    dataset = ForeignKeyField(Dataset, index=False, on_delete="CASCADE")
    sha256 = TextField()
    labeler = TextField()
    label = TextField()
    holds = BooleanField()
    note = TextField(null=True)
    reviewer = TextField(null=True)
    decided_at = DateTimeField()

    class Meta:
        legacy_table_names = False
        primary_key = CompositeKey("dataset", "sha256", "labeler", "label")


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the table."""
    with database.bind_ctx([LabelReview], bind_refs=False, bind_backrefs=False):
        database.create_tables([LabelReview])
