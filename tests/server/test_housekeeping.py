"""What servers and workers do now and then: each chore when it is due, by one of them."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pixcrawler_server.housekeeping import Chore, Housekeeper

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import (
    CrawlJob,
    Dataset,
    IdempotencyKey,
    Image,
    JobStatus,
    Project,
    ProjectMember,
    UsageRecord,
    User,
    UserStatus,
)
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.workspace import Workspace
from tests.conftest import Command, until, wait
from tests.server.belongings import fill
from tests.server.conftest import Api, MakeApi

URLS = ["https://example.org/1.jpg"]


def erasing(api: Api, email: str = "ada@example.org") -> Any:
    """A user whose time of grace has passed."""
    return api.user(email, status=UserStatus.ERASING, erase_after=api.clock() - timedelta(days=1))


def housekeepers(api: Api, *chores: Chore) -> list[Housekeeper]:
    """Those of two processes."""
    return [Housekeeper(api.services.catalog.database, chores, api.clock) for _ in range(2)]


def test_each_chore_is_done_once_in_its_time_whoever_looks(api: Api) -> None:
    done: list[str] = []
    one, two = housekeepers(
        api,
        Chore(name="often", every=timedelta(minutes=5), work=lambda: done.append("often")),
        Chore(name="seldom", every=timedelta(hours=1), work=lambda: done.append("seldom")),
    )
    assert (one.tend(), two.tend()) == (["often", "seldom"], [])
    api.clock.forward(minutes=4.9)
    assert one.tend() == two.tend() == []
    api.clock.forward(minutes=0.1)
    assert (two.tend(), one.tend()) == (["often"], [])
    assert done == ["often", "seldom", "often"]


@pytest.mark.parametrize("error", [WorkspaceError("the disk is full"), ValueError("the disk is full")])
def test_a_chore_that_fails_is_told_and_tried_at_its_next_time_and_others_go_on(
    api: Api, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    done: list[int] = []

    def fail() -> None:
        raise error

    one, two = housekeepers(
        api,
        Chore(name="broken", every=timedelta(hours=1), work=fail),
        Chore(name="whole", every=timedelta(hours=1), work=lambda: done.append(1)),
    )
    one.tend()
    assert (done, two.tend()) == ([1], [])
    (told,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert "broken" in told.getMessage()
    assert "the disk is full" in caplog.text
    api.clock.forward(hours=1)
    assert two.tend() == ["broken", "whole"]


def test_who_asked_to_be_erased_is_erased_when_the_time_comes(api: Api) -> None:
    ada, eve = erasing(api), api.user("eve@example.org")
    fill(api.services.workspace, "cats", api.project(ada), b"hers")
    assert "erasures" in api.services.housekeeper.tend()
    assert [each.id for each in User.select()] == [eve.id]
    assert not api.services.workspace.dataset("cats").exists()


def test_logs_go_with_their_jobs(api: Api) -> None:
    ada, eve = api.user(), api.user("eve@example.org")
    dataset = api.dataset(api.project(ada))
    removed, kept = api.job(dataset), api.job(api.dataset(api.project(ada, "Dogs")))
    hers = api.dataset(api.project(eve))
    logs = api.services.workspace.root / "jobs"
    logs.mkdir()
    for key in (removed, kept, 1234):
        (logs / f"{key}.log").write_text("the secret plans of Ada\n")
    assert ada("DELETE", f"/datasets/{dataset}").status_code == 204
    assert {path.stem for path in logs.iterdir()} == {str(kept), "1234"}
    api.job(hers, id=removed)
    assert eve("GET", f"/jobs/{removed}/logs").json["lines"] == []
    api.services.housekeeper.tend()
    assert [path.stem for path in logs.iterdir()] == [str(kept)]


def test_lists_go_when_no_job_needs_them(api: Api) -> None:
    ada = api.user()
    jobs: list[int] = []
    lists = api.services.workspace.root / "lists"
    for _ in range(4):
        body = {"dataset": api.dataset(api.project(ada, f"P{len(jobs)}")), "urls": URLS}
        jobs.append(ada("POST", "/validation/batch", body).json["id"])
        CrawlJob.update(status=JobStatus.FAILED).execute()
    names = [CrawlJob.get_by_id(each).tables["urls"]["file"] for each in jobs]
    CrawlJob.update(status=JobStatus.COMPLETED).where(CrawlJob.id == jobs[0]).execute()
    Dataset.delete().where(Dataset.id == CrawlJob.get_by_id(jobs[1]).dataset_id).execute()
    (lists / "young.txt").touch()
    at = api.clock().timestamp()
    for path in lists.iterdir():
        os.utime(path, (at, at))
    api.services.housekeeper.tend()
    assert {path.name for path in lists.iterdir()} == {*names, "young.txt"}
    api.clock.forward(hours=1, seconds=1)
    api.services.housekeeper.tend()
    assert {path.name for path in lists.iterdir()} == {*names[2:]}


def test_who_asked_is_forgotten_when_no_limit_goes_by_it(api: Api) -> None:
    ada = api.user()
    path = api.services.workspace.root / "limits.db"
    ada("GET", "/datasets")
    for hours, left in ((0.5, 1), (48, 0)):
        api.clock.forward(hours=hours)
        api.services.housekeeper.tend()
        with closing(sqlite3.connect(path)) as windows:
            (found,) = windows.execute("SELECT count(*) FROM entry").fetchone()
        assert min(found, 1) == left


def test_answers_that_were_kept_for_a_day_go(api: Api) -> None:
    ada = api.user()
    ada("POST", "/projects", {"name": "Cats"}, headers={"Idempotency-Key": "1"})
    api.clock.forward(hours=23)
    api.services.housekeeper.tend()
    assert IdempotencyKey.select().count() == 1
    api.clock.forward(hours=1)
    api.services.housekeeper.tend()
    assert IdempotencyKey.select().count() == 0


def test_what_is_kept_is_charged_each_hour_and_meters_are_told(make_api: MakeApi, tmp_path: Path) -> None:
    path = tmp_path / "usage.jsonl"
    api = make_api(billing={"meters": ["log"]}, meters={"log": {"path": str(path)}})
    fill(api.services.workspace, "cats", api.project(api.user()), b"hers")
    Image.update(file_size=1000).execute()
    for _ in range(2):
        api.services.housekeeper.tend()
        api.clock.forward(minutes=30)
    assert UsageRecord.select().count() == 1
    api.services.housekeeper.tend()
    assert UsageRecord.select().count() == 2
    assert len(path.read_text().splitlines()) == 2


def test_a_worker_keeps_house(workspace: Path, pixcrawler: Command) -> None:
    lists = workspace / "lists"
    lists.mkdir(parents=True)
    (lists / "left.txt").touch()
    os.utime(lists / "left.txt", (0, 0))
    process = pixcrawler.start("worker")
    until(lambda: not (lists / "left.txt").exists())
    process.terminate()
    assert wait(process).code == 0


@pytest.mark.drill
def test_two_processes_erase_the_same_users_side_by_side(workspace: Path, pixcrawler: Command) -> None:
    with Workspace(workspace) as opened:
        grace = {"status": UserStatus.ERASING, "erase_after": utc_now()}
        for number in range(20):
            user = User.create(email=f"{number}@example.org", **grace)
            shared, own = (Project.create(owner=user, name=f"{name} {number}") for name in ("Cats", "Dogs"))
            fill(opened, f"own-{number}", own.id, b"own %d" % number)
            fill(opened, f"shared-{number}", shared.id, b"shared %d" % number)
            for name in ("first", "second"):
                member = User.create(email=f"{name}-{number}@example.org")
                ProjectMember.create(project=shared, user=member)
        commands = [pixcrawler.start("worker"), *(pixcrawler.start("users", "erase-due") for _ in range(2))]
        until(lambda: not User.select().where(User.status == UserStatus.ERASING).exists())
        commands[0].terminate()
        told = [wait(each) for each in commands]
        assert [each.stderr for each in told[1:]] == ["", ""]
        assert {each.id for each in Dataset.select()} == {f"shared-{number}" for number in range(20)}
        owners = {each.owner.email for each in Project.select()}
        assert owners == {f"first-{number}@example.org" for number in range(20)}
