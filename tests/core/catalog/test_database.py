from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from pixcrawler_core.catalog.database import connect, describe
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import WorkspaceError


def test_sqlite_is_set_up_for_many_threads_and_processes(tmp_path: Path) -> None:
    database = connect(tmp_path / "catalog.db")
    assert isinstance(database, SqliteDatabase)
    pragmas = {name: database.pragma(name) for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1}
    assert database.pragma("busy_timeout") == 10_000
    database.close()


def test_urls_of_sqlite_are_relative_with_three_slashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///my%20catalog.db", f"sqlite:///{tmp_path}/absolute.db"):
        connect(url).close()
    assert (tmp_path / "my catalog.db").exists()
    assert (tmp_path / "absolute.db").exists()


def test_each_thread_has_a_connection_of_its_own(tmp_path: Path) -> None:
    database = connect(tmp_path / "catalog.db")
    seen: list[object] = []

    def work() -> None:
        Sql(database).run("SELECT 1")
        seen.append(database.connection())  # type: ignore[no-untyped-call]  # peewee's stub
        database.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen
    assert seen[0] is not database.connection()  # type: ignore[no-untyped-call]  # as above
    assert not database.is_closed()
    database.close()


@pytest.mark.parametrize("url", ["mysql://root@host/name", "sqlite://", "sqlite:///", "sqlite://host/name"])
def test_an_unknown_url_says_what_would_fit(url: str) -> None:
    with pytest.raises(WorkspaceError, match="looks like postgresql://"):
        connect(url)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"not a database, but text" * 50, "no SQLite database"), (None, "cannot be opened")],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / ("catalog.db" if content else "missing/catalog.db")
    if content:
        path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=message) as caught:
        connect(path)
    assert str(path) in str(caught.value)


def test_a_locked_database_is_an_error_after_the_wait(tmp_path: Path) -> None:
    database = connect(tmp_path / "catalog.db", busy_seconds=0.05)
    other = sqlite3.connect(tmp_path / "catalog.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(WorkspaceError, match="another process is writing"), Sql(database).transaction():
        pytest.fail("the lock was not needed")
    other.close()
    with Sql(database).transaction():
        pass
    database.close()


def test_a_full_disk_is_named_and_the_transaction_undone(tmp_path: Path) -> None:
    database = connect(tmp_path / "catalog.db")
    assert isinstance(database, SqliteDatabase)
    sql = Sql(database)
    sql.run("CREATE TABLE pages (content TEXT)")
    database.pragma("max_page_count", 4)
    with pytest.raises(WorkspaceError, match="the disk is full"), sql.transaction():
        sql.many("INSERT INTO pages VALUES (?)", [("x" * 1000,)] * 100)
    assert sql.all("SELECT * FROM pages") == []
    database.close()


def test_a_read_only_database_is_named(tmp_path: Path) -> None:
    connect(tmp_path / "catalog.db").close()
    database = connect(tmp_path / "catalog.db")
    Sql(database).run("PRAGMA query_only = 1")
    with pytest.raises(WorkspaceError, match="read-only"):
        Sql(database).run("CREATE TABLE pages (content TEXT)")
    database.close()


def test_passwords_never_show(tmp_path: Path) -> None:
    for url in (
        "postgresql://me:hun/ter2@localhost/name",
        f"postgres://me:hunter2@/name?host={tmp_path}",
    ):
        with pytest.raises(WorkspaceError) as caught:
            connect(url)
        assert "hun" not in str(caught.value)
        assert "ter2" not in str(caught.value)


def test_postgres_is_described_without_its_user(postgres_url: str) -> None:
    database = connect(postgres_url)
    assert describe(database) == "postgresql:///postgres"
    database.close()


ADD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("INSERT INTO item VALUES (NULL)")
connection.close()
"""


def test_a_second_connection_takes_no_lock_from_the_first(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    database = connect(path)
    Sql(database).run("CREATE TABLE item (key INTEGER PRIMARY KEY)")
    connect(path).close()
    for _ in range(2):
        Sql(database).run("INSERT INTO item VALUES (NULL)")
        subprocess.run([sys.executable, "-c", ADD, path], check=True)
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM item").fetchone() == (4,)
