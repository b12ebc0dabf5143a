"""What a job's keywords were widened to, and from which page on a stream rests."""

from __future__ import annotations

from peewee import Database, IntegerField, TextField
from playhouse.migrate import SchemaMigrator, migrate


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Add a column to jobs, and one to streams."""
    migrate(
        migrator.add_column("crawl_job", "queries", TextField(default="{}")),
        migrator.add_column("stream", "rests_from", IntegerField(null=True)),
    )
