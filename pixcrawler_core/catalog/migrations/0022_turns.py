"""An index by which workers see when a job of each user was begun last."""

from __future__ import annotations

from peewee import Database
from playhouse.migrate import SchemaMigrator, migrate


def up(migrator: SchemaMigrator, _database: Database) -> None:
    """Create the index."""
    migrate(migrator.add_index("crawl_job", ("ordered_by", "started_at"), False))
