"""Deletes so that nothing of it stays in the database's files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from peewee import Database, SqliteDatabase

from pixcrawler_core.catalog.sql import Sql


@contextmanager
def leaving_nothing(database: Database) -> Iterator[None]:
    """Have what this thread deletes inside overwritten with zeros, and empty the write-ahead log afterwards.

    It is for SQLite (https://sqlite.org/pragma.html, secure_delete and wal_checkpoint). PostgreSQL gives the
    room to others when it vacuums. Raises WorkspaceError.
    """
    if not isinstance(database, SqliteDatabase):
        yield
        return
    sql = Sql(database)
    ((before,),) = sql.all("PRAGMA secure_delete")  # on by itself in some builds
    sql.all("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        sql.all(f"PRAGMA secure_delete = {before}")
        sql.all("PRAGMA wal_checkpoint(TRUNCATE)")
