"""A database server that goes away and comes back, and what is made of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import peewee
import pytest

from pixcrawler_core.catalog.database import connect, failed
from pixcrawler_core.catalog.models import Dataset, bind
from pixcrawler_core.catalog.postgres import LastingDatabase
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import CatalogAway, WorkspaceError
from pixcrawler_core.workspace import Workspace
from tests.databases import OwnServer


def end_connection(url: str, database: peewee.Database) -> None:
    """Have the server end this thread's connection, as it does when it is stopped."""
    process = Sql(database).all("SELECT pg_backend_pid()")[0][0]
    other = connect(url)
    Sql(other).all("SELECT pg_terminate_backend(?, 5000)", (process,))
    other.close()


def test_a_connection_that_the_server_ended_is_made_anew(postgres_url: str, tmp_path: Path) -> None:
    with Workspace(tmp_path, postgres_url) as workspace:
        database = workspace.open()
        end_connection(postgres_url, database)
        assert Sql(database).all("SELECT 1") == [(1,)]
        end_connection(postgres_url, database)
        with Sql(database).transaction():
            Sql(database).run("INSERT INTO chore (name, begun_at) VALUES ('a', '2026-01-15')")
        end_connection(postgres_url, database)
        assert Dataset.select().count() == 0
        end_connection(postgres_url, database)
        with database.atomic():
            Dataset.create(id="ds-1", name="ds-1")
        assert Dataset.select().count() == 1


def lose_a_plain_transaction(url: str, sql: Sql) -> None:
    with sql.transaction():
        sql.run("INSERT INTO chore (name, begun_at) VALUES ('a', '2026-01-15')")
        end_connection(url, sql.database)
        with pytest.raises(CatalogAway):
            sql.all("SELECT 1")
        sql.run("INSERT INTO chore (name, begun_at) VALUES ('b', '2026-01-15')")


def lose_a_transaction_of_models(url: str, database: peewee.Database) -> None:
    with database.atomic():
        Dataset.create(id="ds-1", name="ds-1")
        end_connection(url, database)
        with pytest.raises(peewee.OperationalError):
            Dataset.select().count()


def test_nothing_of_a_transaction_is_done_whose_connection_was_lost(
    postgres_url: str, tmp_path: Path
) -> None:
    """What follows is not done either, and it is not said to be committed."""
    with Workspace(tmp_path, postgres_url) as workspace:
        database = workspace.open()
        sql = Sql(database)
        with pytest.raises(CatalogAway):
            lose_a_plain_transaction(postgres_url, sql)
        with pytest.raises(peewee.OperationalError) as lost:
            lose_a_transaction_of_models(postgres_url, database)
        assert sql.all("SELECT name FROM chore") == []
        assert Dataset.select().count() == 0
    assert isinstance(failed("x", lost.value), CatalogAway)


def test_what_is_wrong_is_not_away(postgres_url: str, tmp_path: Path) -> None:
    with Workspace(tmp_path, postgres_url):
        with pytest.raises(peewee.PeeweeException) as wrong:
            Dataset.create(id=None, name="ds-1")
        assert not isinstance(failed("x", wrong.value), CatalogAway)


def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    with pytest.raises(CatalogAway, match="its server does not answer"):
        connect(f"postgresql:///name?host={tmp_path}")
    database = LastingDatabase(f"postgresql:///name?host={tmp_path}", prefer_psycopg3=True)
    with pytest.raises(CatalogAway), Sql(database).transaction():  # peewee's errors, one in another
        pytest.fail("there is no server")


def test_a_file_that_is_locked_is_away_and_one_that_is_damaged_is_not(tmp_path: Path) -> None:
    Workspace(tmp_path).open().close()
    database = connect(tmp_path / "catalog.db", busy_seconds=0.05)
    bind(database)
    with sqlite3.connect(tmp_path / "catalog.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(peewee.OperationalError) as locked:
            Dataset.create(id="ds-1", name="ds-1")
        with pytest.raises(CatalogAway), Sql(database).transaction():
            pytest.fail("the lock was not needed")
    other.close()
    database.close()
    assert isinstance(failed("x", locked.value), CatalogAway)
    (tmp_path / "other.db").write_bytes(b"no database" * 100)
    with pytest.raises(WorkspaceError) as damaged:
        connect(tmp_path / "other.db")
    assert not isinstance(damaged.value, CatalogAway)


@pytest.mark.drill
@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_server_that_goes_and_comes_back(mortal_postgres: OwnServer, end: str) -> None:
    url = mortal_postgres.schema()
    database = connect(url)
    Sql(database).run("CREATE TABLE kept (id INT)")
    Sql(database).run("INSERT INTO kept VALUES (1)")
    getattr(mortal_postgres, end)()
    for _ in range(2):
        with pytest.raises(CatalogAway):
            Sql(database).all("SELECT * FROM kept")
    mortal_postgres.start()
    assert Sql(database).all("SELECT * FROM kept") == [(1,)]
    database.close()
