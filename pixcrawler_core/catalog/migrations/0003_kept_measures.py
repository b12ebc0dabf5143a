"""What checks measured, by the digest of the bytes, for later runs and other jobs."""

from __future__ import annotations

from peewee import CompositeKey, Database, Model, TextField
from playhouse.migrate import SchemaMigrator


class KeptMeasures(Model):
    sha256 = TextField()
    check_key = TextField()
    measures = TextField()

    class Meta:
        legacy_table_names = False
        primary_key = CompositeKey("sha256", "check_key")


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the table."""
    with database.bind_ctx([KeptMeasures], bind_refs=False, bind_backrefs=False):
        database.create_tables([KeptMeasures])
