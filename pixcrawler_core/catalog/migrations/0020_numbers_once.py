"""Numbers that logs, addresses and accounts of use know are not given again on SQLite, as on PostgreSQL."""

from __future__ import annotations

from peewee import Database, SqliteDatabase
from playhouse.migrate import SchemaMigrator

from pixcrawler_core.catalog.sql import Sql

atomic = False  # foreign keys are not switched within a transaction
TABLES = ("project", "api_key", "usage_record", "crawl_job", "export", "schedule", "task")
"""Few rows each. Images have millions, and are found by whoever may see their dataset alone."""
SCHEMA = "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type <> 'table'"


def up(migrator: SchemaMigrator, database: Database) -> None:
    """Make the tables anew: their keys cannot be altered (https://sqlite.org/lang_altertable.html, 7)."""
    if not isinstance(database, SqliteDatabase):
        return
    sql = Sql(database)
    sql.run("PRAGMA foreign_keys = OFF")  # else dropping a table removes what refers to it
    try:
        with database.atomic():
            for table in TABLES:
                _make_anew(sql, table)
    finally:
        sql.run("PRAGMA foreign_keys = ON")


def _make_anew(sql: Sql, table: str) -> None:
    (_, made), *others = sql.all(SCHEMA, (table,))
    if "AUTOINCREMENT" in made:
        return
    anew = made.replace(f'"{table}"', f'"{table}_anew"', 1)
    sql.run(anew.replace("PRIMARY KEY", "PRIMARY KEY AUTOINCREMENT", 1))
    sql.run(f'INSERT INTO "{table}_anew" SELECT * FROM "{table}"')  # noqa: S608  # of ours
    sql.run(f'DROP TABLE "{table}"')
    sql.run(f'ALTER TABLE "{table}_anew" RENAME TO "{table}"')
    for _, statement in others:
        sql.run(statement)
