"""When the chores of servers and workers began last."""

from __future__ import annotations

from peewee import CharField, Database, DateTimeField, Model
from playhouse.migrate import SchemaMigrator


class Chore(Model):
    name = CharField(primary_key=True)
    begun_at = DateTimeField()

    class Meta:
        legacy_table_names = False


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the table."""
    with database.bind_ctx([Chore]):
        database.create_tables([Chore])
