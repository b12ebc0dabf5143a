"""What was asked to come out of the archives of stores, and stores that a takedown did not reach."""

from __future__ import annotations

from peewee import SQL, AutoField, Database, DateTimeField, Model, ModelIndex, TextField
from playhouse.migrate import SchemaMigrator


class Rehydration(Model):
    id = AutoField()
    store = TextField()
    unit = TextField()
    priority = TextField()
    asked_at = DateTimeField()
    ready_at = DateTimeField(null=True)
    completed_at = DateTimeField(null=True)

    class Meta:
        legacy_table_names = False


class UnreachedStore(Model):
    store = TextField(primary_key=True)
    why = TextField()
    since = DateTimeField()

    class Meta:
        legacy_table_names = False


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Create the tables; in the first, a unit of a store is on its way once at most."""
    once = ModelIndex(
        Rehydration,
        (Rehydration.store, Rehydration.unit),
        unique=True,
        where=SQL("completed_at IS NULL"),
        name="rehydration_on_its_way",
    )
    Rehydration.add_index(once)
    with database.bind_ctx([Rehydration, UnreachedStore], bind_refs=False, bind_backrefs=False):
        database.create_tables([Rehydration, UnreachedStore])
