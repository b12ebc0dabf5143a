"""The splits that images were given, by their ledger rows."""

from __future__ import annotations

from peewee import BigAutoField, Database, ForeignKeyField, Model, TextField
from playhouse.migrate import SchemaMigrator


class LedgerRow(Model):
    id = BigAutoField()

    class Meta:
        legacy_table_names = False


class ImageSplit(Model):
    row = ForeignKeyField(LedgerRow, primary_key=True, column_name="ledger_row", on_delete="CASCADE")
    split = TextField()
    made_by = TextField()
    before = TextField(null=True)

    class Meta:
        legacy_table_names = False


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the table."""
    with database.bind_ctx([ImageSplit], bind_refs=False, bind_backrefs=False):
        database.create_tables([ImageSplit])
