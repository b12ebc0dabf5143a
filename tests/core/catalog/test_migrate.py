from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from peewee import Database, SqliteDatabase

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.migrate import MIGRATIONS, status, upgrade
from pixcrawler_core.catalog.models import MODELS, CrawlJob, Dataset, Export, JobEvent, Project, User, bind
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.catalog.statements import UNFINISHED_ROWS
from pixcrawler_core.errors import WorkspaceError

UPGRADE = """
import sys
from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.migrate import upgrade
sys.stdin.readline()
database = connect(sys.argv[1])
print(*upgrade(database))
database.close()
"""


COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, character_maximum_length
FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name <> 'schema_migration' ORDER BY 1, 2
"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = current_schema() AND tablename <> 'schema_migration' ORDER BY 1
"""
STEPS = sorted(path.stem for path in MIGRATIONS.glob("0*.py"))
ANEW = "0020_numbers_once"
SQLITE = (
    "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%schema_migration%' AND type <> 'trigger' "
    "ORDER BY name"
)


def schema(database: Database) -> list[list[tuple[object, ...]]]:
    queries = [SQLITE] if isinstance(database, SqliteDatabase) else [COLUMNS, INDEXES]
    return [Sql(database).all(query) for query in queries]


def test_the_migrated_schema_is_exactly_that_of_the_models(database: Database) -> None:
    migrated = schema(database)
    assert all(len(part) > len(MODELS) for part in migrated)
    database.drop_tables(MODELS)
    database.create_tables(MODELS)
    assert schema(database) == migrated


def test_the_partial_index_serves_unfinished_rows(sqlite_url: str) -> None:
    database = connect(sqlite_url)
    upgrade(database)
    plan = " ".join(row[3] for row in Sql(database).all(f"EXPLAIN QUERY PLAN {UNFINISHED_ROWS}", (1, 0, 500)))
    assert "ledger_row_unfinished" in plan
    assert "TEMP B-TREE" not in plan
    database.close()


def test_a_second_upgrade_does_nothing(database_url: str) -> None:
    database = connect(database_url)
    assert [(step.name, step.applied) for step in status(database)] == [(name, None) for name in STEPS]
    assert upgrade(database) == STEPS
    assert upgrade(database) == []
    assert all(step.known and step.applied is not None for step in status(database))
    database.close()


def test_one_of_four_processes_upgrades_and_none_fails(database_url: str) -> None:
    command = [sys.executable, "-c", UPGRADE, database_url]
    pipe = subprocess.PIPE
    started = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(4)]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    results = [process.communicate(timeout=50) for process in started]
    assert [errors for _, errors in results] == [""] * 4
    assert sorted(output.strip() for output, _ in results) == ["", "", "", " ".join(STEPS)]


def test_numbers_of_what_is_gone_are_not_given_again(database: Database) -> None:
    dataset, other = Dataset.create(id="a", name="A"), Dataset.create(id="b", name="B")
    for made in (CrawlJob, Export):
        kept, gone = made.create(dataset=other, format="zip"), made.create(dataset=dataset, format="zip")
        made.delete().where(made.id == gone.id).execute()
        assert made.create(dataset=other, format="zip").id > gone.id > kept.id


def test_rows_and_what_refers_to_them_live_on_when_a_table_is_made_anew(sqlite_url: str) -> None:
    database = connect(sqlite_url)
    upgrade(database)
    bind(database)
    _back_to_numbers_that_come_again(database)
    user = User.create(email="ada@example.org")
    project = Project.create(owner=user, name="Cats")
    job = CrawlJob.create(dataset=Dataset.create(id="a", name="A", project=project), id=41)
    JobEvent.create(job=job, revision=1, status="draft")
    assert upgrade(database) == [ANEW]
    assert "AUTOINCREMENT" in str(schema(database))
    assert (JobEvent.get().job_id, Dataset.get().project_id, Project.get().name) == (41, project.id, "Cats")
    CrawlJob.delete().execute()
    assert not JobEvent.select().exists(), "foreign keys hold again"
    assert CrawlJob.create(dataset="a").id == 42
    database.close()


def _back_to_numbers_that_come_again(database: Database) -> None:
    sql = Sql(database)
    sql.run("PRAGMA foreign_keys = OFF")
    for table, made in sql.all("SELECT name, sql FROM sqlite_master WHERE sql LIKE '%PRIMARY KEY AUTO%'"):
        others = sql.all("SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type <> 'table'", (table,))
        sql.run(f'DROP TABLE "{table}"')
        for statement in (made.replace(" AUTOINCREMENT", ""), *(other for (other,) in others if other)):
            sql.run(statement)
    sql.run("DELETE FROM schema_migration WHERE name = ?", (ANEW,))
    sql.run("PRAGMA foreign_keys = ON")


def test_a_newer_database_is_left_alone(database: Database) -> None:
    Sql(database).run("INSERT INTO schema_migration (name, applied) VALUES ('0999_future', '2030-01-01')")
    assert [step.name for step in status(database) if not step.known] == ["0999_future"]
    with pytest.raises(WorkspaceError, match=r"newer PixCrawler .*0999_future"):
        upgrade(database)


def test_a_damaged_database_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    database = connect(path)
    upgrade(database)
    Sql(database).all("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    path.write_bytes(path.read_bytes()[:4096] + b"\x07" * 40_000)
    with pytest.raises(WorkspaceError, match="damaged"):
        upgrade(connect(path))
