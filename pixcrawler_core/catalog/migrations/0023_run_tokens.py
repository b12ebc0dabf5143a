"""The token of the run that a job is under."""

from __future__ import annotations

from peewee import CharField, Database
from playhouse.migrate import SchemaMigrator, migrate


def up(migrator: SchemaMigrator, _database: Database) -> None:
    """Add the column."""
    migrate(migrator.add_column("crawl_job", "token", CharField(default="")))
