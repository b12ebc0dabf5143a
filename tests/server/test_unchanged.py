from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pixcrawler_server.replies import Ready
from pixcrawler_server.unchanged import LARGEST, MOST, Unchanged

from pixcrawler_core.catalog.models import CrawlJob, Project, ProjectMember
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.service import Scope
from tests.server.conftest import Api, Caller

QUERY = "SELECT told FROM thing WHERE id = ?"
UPDATE = "UPDATE thing SET told = 'new' WHERE id = 1"
OUTSIDE = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"


class Things:
    """A table of things, and what was made of their rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = wal")
            connection.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, told TEXT)")
            connection.execute("INSERT INTO thing VALUES (1, 'old'), (2, 'other')")
            connection.commit()
        self.made = 0
        self.answers = Unchanged(str(path))

    def ask(self, number: int = 1) -> str | None:
        answer = self.answers.get(QUERY, (number,), self._ready)
        return None if answer is None else answer.data.decode()

    def _ready(self, rows: Sequence[tuple[Any, ...]]) -> Ready | None:
        self.made += 1
        return Ready(rows[0][0].encode(), "tag") if rows else None


@pytest.fixture
def things(tmp_path: Path) -> Things:
    return Things(tmp_path / "things # of ours.db")


def test_an_answer_is_made_once_until_something_changes(things: Things) -> None:
    assert [things.ask(), things.ask(), things.ask(2), things.ask(2)] == ["old", "old", "other", "other"]
    assert things.made == 2
    with closing(sqlite3.connect(things.path)) as other:
        other.execute(UPDATE)
        assert things.ask() == "old"  # not committed
        other.commit()
    assert [things.ask(), things.ask()] == ["new", "new"]
    assert things.made == 3


def test_another_process_changes_it(things: Things) -> None:
    assert things.ask() == "old"
    subprocess.run([sys.executable, "-c", OUTSIDE, str(things.path), UPDATE], check=True)
    assert things.ask() == "new"


def test_a_change_is_seen_after_the_log_was_written_back(things: Things) -> None:
    assert things.ask() == "old"
    with closing(sqlite3.connect(things.path, isolation_level=None)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert things.ask() == "old"
        other.execute(UPDATE)
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert things.ask() == "new"


def test_it_never_writes(things: Things) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        things.answers.get("DELETE FROM thing WHERE id = ?", (1,), lambda rows: None)


def test_there_is_an_end_to_what_is_kept(things: Things) -> None:
    def asked(value: int, size: int = 1) -> int:
        before = things.made
        things.answers.get("SELECT ?", (value,), lambda rows: _counted(things, size))
        return things.made - before

    assert [asked(0, LARGEST + 1), asked(0, LARGEST + 1)] == [1, 1]
    assert [asked(each) for each in range(MOST + 1)] == [1] * (MOST + 1)
    assert (asked(0), asked(MOST)) == (1, 0)


def _counted(things: Things, size: int) -> Ready:
    things.made += 1
    return Ready(b"x" * size, "tag")


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user()


def test_a_job_is_shown_as_it_is_now(api: Api, ada: Caller) -> None:
    job = api.job(api.dataset(api.project(ada)))
    before = [ada("GET", f"/jobs/{job}") for _ in range(2)]
    CrawlJob.update(progress=50, revision=CrawlJob.revision + 1).where(CrawlJob.id == job).execute()
    after = ada("GET", f"/jobs/{job}")
    assert [each.json["progress"] for each in (*before, after)] == [0, 0, 50]
    assert before[0].headers["ETag"] == before[1].headers["ETag"] != after.headers["ETag"]
    same = ada("GET", f"/jobs/{job}", headers={"If-None-Match": after.headers["ETag"]})
    assert same.status_code == 304
    CrawlJob.delete().where(CrawlJob.id == job).execute()
    assert ada("GET", f"/jobs/{job}").status_code == 404


def test_what_was_shown_to_one_is_not_shown_to_another(api: Api, ada: Caller) -> None:
    bob, root = api.user("bob@example.org"), api.admin()
    job = api.job(api.dataset(api.project(ada)))
    for _ in range(2):
        statuses = [who("GET", f"/jobs/{job}").status_code for who in (ada, bob, root, api.anonymous)]
        assert statuses == [200, 404, 200, 401]


def test_who_loses_access_loses_it_at_once(api: Api, ada: Caller) -> None:
    bob = api.user("bob@example.org")
    project = api.project(ada, viewer=bob)
    job = api.job(api.dataset(project))
    assert bob("GET", f"/jobs/{job}").status_code == 200
    ProjectMember.delete().where(ProjectMember.user == bob.id).execute()
    assert bob("GET", f"/jobs/{job}").status_code == 404
    assert ada("GET", f"/jobs/{job}").status_code == 200
    Project.update(owner=bob.id).where(Project.id == project).execute()
    assert [who("GET", f"/jobs/{job}").status_code for who in (ada, bob)] == [404, 200]


def test_a_key_that_is_revoked_shows_nothing_any_more(api: Api, ada: Caller) -> None:
    job = api.job(api.dataset(api.project(ada)))
    key = api.key(ada, Scope.JOBS_READ)
    assert [key("GET", f"/jobs/{job}").status_code for _ in range(2)] == [200, 200]
    (known,) = ada("GET", "/api-keys").json["items"]
    assert ada("DELETE", f"/api-keys/{known['id']}").status_code == 204
    assert key("GET", f"/jobs/{job}").status_code == 401


def test_a_catalog_that_cannot_be_read_is_told(api: Api, ada: Caller) -> None:
    job = api.job(api.dataset(api.project(ada)))
    assert ada("GET", f"/jobs/{job}").status_code == 200
    asyncio.run(api.services.catalog.write(_break))
    assert ada("GET", f"/jobs/{job}").status_code == 503


def _break() -> None:
    Sql(CrawlJob.bound_to()).run("ALTER TABLE crawl_job RENAME TO gone")
