"""Brings a database to the schema of this program, once, however many processes ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from peewee import Database, PostgresqlDatabase
from playhouse.migrations import MigrationError, Runner

from pixcrawler_core.catalog.database import alone, describe, reported
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import WorkspaceError

MIGRATIONS = Path(__file__).with_name("migrations")
ADVISORY_LOCK = 0x5049584352
"""Key of the PostgreSQL advisory lock under which the schema changes."""


@dataclass(frozen=True, kw_only=True)
class MigrationStatus:
    """One step of the schema: when it was applied to this database, and whether this program knows it."""

    name: str
    applied: datetime | None
    known: bool


def status(database: Database) -> list[MigrationStatus]:
    """Every step that this program or the database knows, in order. Raises WorkspaceError."""
    with reported(f"cannot read the migrations of {describe(database)}"):
        return _status(_runner(database))


def upgrade(database: Database) -> list[str]:
    """Apply the steps that are missing and return their names; safe when many processes start at once.

    Raises WorkspaceError when the database cannot be changed, or has steps that this program does not know.
    """
    runner = _runner(database)
    try:
        with reported(f"cannot bring the catalog {describe(database)} up to date"):
            if not _pending(runner, database):
                return []
            with _upgrading(database):
                return list(runner.up()) if _pending(runner, database) else []
    except (MigrationError, OSError) as error:
        raise WorkspaceError(f"cannot bring the catalog {describe(database)} up to date: {error}") from error


def _runner(database: Database) -> Runner:
    return Runner(database, str(MIGRATIONS))


def _status(runner: Runner) -> list[MigrationStatus]:
    return [
        MigrationStatus(name=step.name, applied=step.applied, known=step.path is not None)
        for step in runner.status()
    ]


def _pending(runner: Runner, database: Database) -> bool:
    steps = _status(runner)
    unknown = [step.name for step in steps if not step.known]
    if unknown:
        raise WorkspaceError(
            f"the catalog {describe(database)} was made by a newer PixCrawler (it has {', '.join(unknown)}); "
            "update this one"
        )
    return any(step.applied is None for step in steps)


@contextmanager
def _upgrading(database: Database) -> Iterator[None]:
    if isinstance(database, PostgresqlDatabase):
        sql = Sql(database)
        sql.all("SELECT pg_advisory_lock(?)", (ADVISORY_LOCK,))
        try:
            yield
        finally:
            sql.all("SELECT pg_advisory_unlock(?)", (ADVISORY_LOCK,))
        return
    with alone(database):
        yield
