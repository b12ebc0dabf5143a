"""How far exports are that are being written."""

from __future__ import annotations

from peewee import Database, FloatField
from playhouse.migrate import SchemaMigrator, migrate


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Add the column."""
    migrate(migrator.add_column("export", "progress", FloatField(default=0.0)))
