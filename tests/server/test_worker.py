"""Jobs as workers run them: real processes against a simulated web, that are killed now and then."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pixcrawler_server.jobs.children import log_of

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import (
    CrawlJob,
    Dataset,
    JobEvent,
    JobShard,
    JobStatus,
    Project,
    UsageRecord,
    User,
)
from pixcrawler_core.catalog.quotas import used_bytes
from pixcrawler_core.config.load import check_tables
from pixcrawler_core.jobs.ordering import order
from pixcrawler_core.jobs.transitions import move
from pixcrawler_core.registry import Registry
from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.workspace import Workspace
from tests.conftest import Command, until, wait
from tests.e2e.jobs import manifest
from tests.server.mill import children_of, command_of, processes_of
from tests.server.test_serve import free_port

OTHER = "other"
"""Token of a lease that somebody else has."""


class Shop:
    """A workspace in which jobs are ordered, for workers that know the simulated web."""

    def __init__(self, workspace: Workspace, registry: Registry, web: SimulatedWeb) -> None:
        self.workspace, self._registry, self.web = workspace, registry, web
        self.user = User.create(email="ada@example.org")
        self.project = Project.create(owner=self.user, name="Animals")

    def settings(self, **crawl: Any) -> None:
        """Write `server.toml`."""
        endpoint = self.web.endpoint("openverse")
        told = {
            "contact": "https://example.org/bot",
            "allow_private_hosts": ["127.0.0.1", "localhost"],
            **crawl,
        }
        lines = ["[crawl]", *(f"{key} = {json.dumps(value)}" for key, value in told.items())]
        lines += ["[crawl.sources.openverse]", f"endpoint = {json.dumps(endpoint)}", "delay = 0"]
        (self.workspace.root / "server.toml").write_text("\n".join(lines))

    def order(self, name: str, *, max_images: int = 3, keyword: str = "red panda", **fetch: Any) -> int:
        """Order a job for a dataset of that id, as a user does."""
        if Dataset.get_or_none(Dataset.id == name) is None:
            Dataset.create(id=name, name=name, project=self.project)
        tables = {
            "job": {"name": "pandas", "keywords": [keyword], "max_images": max_images, "report": False},
            "sources": {"engines": ["openverse"]},
            "fetch": fetch,
        }
        job = check_tables(tables, self._registry, Path())
        return int(order(job, name, now=utc_now(), actor=self.user.id).id)

    def status(self, job_id: int) -> str:
        """How a job stands."""
        return str(CrawlJob.get_by_id(job_id).status)

    def history(self, job_id: int) -> list[str]:
        """The statuses that a job had."""
        events = JobEvent.select().where(JobEvent.job == job_id).order_by(JobEvent.revision)
        return [str(each.status) for each in events]


@pytest.fixture
def shop(workspace: Path, registry: Registry, web: SimulatedWeb) -> Iterator[Shop]:
    with Workspace(workspace) as opened:
        shop = Shop(opened, registry, web)
        shop.settings()
        yield shop


def test_jobs_are_run_for_the_datasets_they_were_ordered_for(shop: Shop, pixcrawler: Command) -> None:
    jobs = [shop.order(name) for name in ("ds-1", "ds-2")]
    assert pixcrawler("worker", "--until-idle").code == 0
    for key, name in zip(jobs, ("ds-1", "ds-2"), strict=True):
        row = CrawlJob.get_by_id(key)
        told = manifest(shop.workspace.root, name)
        assert row.status == "completed_short"
        told_first, _, _ = row.error.partition("; not accepted: ")
        assert told_first == f"sources had no more: {row.live['accepted']} of 3 for 'red panda'"
        assert row.live["eta_seconds"] is None
        assert not {"contact", "allow_private_hosts"} & told["job"].get("fetch", {}).keys()
        assert "endpoint" not in json.dumps(told["job"])
        assert len(told["images"]) == row.live["accepted"] > 0
        assert row.live["engines"]["openverse"]["pages"] == {"ok": 1}
        assert len(row.live["latest"]["accepted"]) == row.live["accepted"]
        assert shop.history(key) == ["draft", "queued", "running", "completed_short"]
        assert (row.worker, row.lease_until) == ("", None)
    agents = {entry["headers"].get("user-agent", "") for entry in shop.web.log() if "headers" in entry}
    assert all("https://example.org/bot" in agent for agent in agents)


@pytest.mark.drill
@pytest.mark.parametrize("shards", ["auto", "off"])
def test_what_an_earlier_run_offered_is_taken_back(shop: Shop, pixcrawler: Command, shards: str) -> None:
    """It was killed; whoever works on a shard of it stops."""
    shop.settings(shards=shards)
    key = shop.order("ds-1")
    JobShard.create(job=key, number=1, place=shop.workspace.identity(), state="leased", token=OTHER)
    assert pixcrawler("worker", "--until-idle").code == 0
    assert shop.status(key) == "completed_short"
    assert JobShard.get_or_none(JobShard.token == OTHER) is None


def test_a_job_waits_for_a_takedown_and_counts_what_it_asks_for(shop: Shop, pixcrawler: Command) -> None:
    """Not what another job of its dataset asked for before."""
    first = shop.order("ds-1", keyword="birds")
    with shop.workspace.attend(alone=True):
        worker = pixcrawler.start("worker", "--until-idle")
        until(lambda: "running" in shop.history(first))
        time.sleep(0.5)
    assert wait(worker).code == 0
    second = shop.order("ds-1", max_images=4, keyword="ruins")
    assert pixcrawler("worker", "--until-idle").code == 0
    rows = [CrawlJob.get_by_id(key) for key in (first, second)]
    assert [row.status for row in rows] == ["completed", "completed"]
    assert [row.live["wanted"] for row in rows] == [3, 4]
    assert [row.progress for row in rows] == [100, 100]


@pytest.mark.drill
def test_a_job_ends_where_the_quota_of_the_owner_does(shop: Shop, pixcrawler: Command) -> None:
    User.update(storage_quota=400_000).execute()
    key = shop.order("ds-1", max_images=100, keyword="birds")
    assert pixcrawler("worker", "--until-idle").code == 0
    row, images = CrawlJob.get_by_id(key), manifest(shop.workspace.root, "ds-1")["images"]
    assert row.status == "completed_short"
    assert row.error.startswith("the storage quota of the project's owner, 400000 bytes, has no room")
    assert JobEvent.get(JobEvent.status == "completed_short").why == row.error
    assert 0 < len(images) == row.live["accepted"]
    assert 0 < used_bytes(shop.user) <= 400_000


def slow(shop: Shop, name: str = "ds-1") -> int:
    """A job that takes very long: it waits before each request to a host."""
    return shop.order(name, max_images=50, delay=30, per_host=1)


@pytest.fixture
def worker(shop: Shop, pixcrawler: Command) -> Iterator[subprocess.Popen[str]]:
    """A worker of the shop, which must end in good order when it is told to."""
    process = pixcrawler.start("worker")
    yield process
    process.terminate()
    assert wait(process).code == 0


@pytest.mark.drill
@pytest.mark.usefixtures("worker")
def test_a_job_that_runs_is_cancelled_within_three_seconds(shop: Shop) -> None:
    key = slow(shop)
    until(lambda: CrawlJob.get_by_id(key).live)
    began = time.monotonic()
    move(CrawlJob.get_by_id(key), JobStatus.CANCELLING, now=utc_now())
    until(lambda: shop.status(key) == "cancelled")
    assert time.monotonic() - began < 3


@pytest.mark.drill
def test_a_worker_that_is_stopped_lets_its_jobs_wait(shop: Shop, pixcrawler: Command) -> None:
    key = slow(shop)
    worker = pixcrawler.start("worker")
    until(lambda: CrawlJob.get_by_id(key).live)
    worker.terminate()
    assert wait(worker).code == 0
    row = CrawlJob.get_by_id(key)
    assert (row.status, row.attempts, row.lease_until) == ("queued", 0, None)


def begun(key: int, attempt: int, worker: int) -> bool:
    return CrawlJob.get_by_id(key).attempts == attempt and any(processes_of(worker))


@pytest.mark.drill
def test_a_run_that_is_killed_is_begun_anew_and_given_up_after_three(shop: Shop, pixcrawler: Command) -> None:
    key = slow(shop)
    worker = pixcrawler.start("worker")
    for attempt in (1, 2, 3):
        until(partial(begun, key, attempt, worker.pid))
        os.kill(next(processes_of(worker.pid)), signal.SIGKILL)
    until(lambda: shop.status(key) == "failed")
    assert "died 3 times" in CrawlJob.get_by_id(key).error
    worker.terminate()
    wait(worker)


@pytest.mark.drill
def test_a_run_that_is_frozen_while_its_worker_lives_is_begun_anew(shop: Shop, pixcrawler: Command) -> None:
    shop.settings(lease=1)
    key = slow(shop)
    worker = pixcrawler.start("worker")
    until(lambda: CrawlJob.get_by_id(key).live)
    os.kill(next(processes_of(worker.pid)), signal.SIGSTOP)
    until(partial(begun, key, 2, worker.pid))
    why = JobEvent.get((JobEvent.job == key) & (JobEvent.why != "")).why
    assert why == "the run gave no sign of life for 4 seconds, and was killed"
    worker.terminate()
    assert wait(worker).code == 0


@pytest.mark.drill
@pytest.mark.usefixtures("worker")
def test_a_run_whose_job_is_another_s_ends_by_itself(shop: Shop) -> None:
    """And does not tell how it goes on."""
    key = slow(shop)
    until(lambda: CrawlJob.get_by_id(key).live.get("stages", {}).get("found"))
    time.sleep(1)  # what it found is written, and no image is fetched yet
    CrawlJob.update(token=OTHER, live={}).execute()
    until(lambda: shop.status(key) == "failed")
    row = CrawlJob.get_by_id(key)
    assert (row.live, row.error) == ({}, f"job {key} was given to somebody else; this run of it ends")


@pytest.mark.drill
def test_a_run_whose_job_is_another_s_charges_nothing(shop: Shop, worker: subprocess.Popen[str]) -> None:
    """Nor does it note how it ended."""
    key = slow(shop)
    until(lambda: CrawlJob.get_by_id(key).live)
    CrawlJob.update(token=OTHER, status="paused").execute()
    until(lambda: not any(processes_of(worker.pid)))
    assert not UsageRecord.select().count()


@pytest.mark.drill
def test_jobs_go_on_when_what_their_runs_are_forked_from_is_killed(shop: Shop, pixcrawler: Command) -> None:
    key = slow(shop)
    worker = pixcrawler.start("worker")
    until(partial(begun, key, 1, worker.pid))
    (fork_server,) = (each for each in children_of(worker.pid) if any(children_of(each)))
    os.kill(fork_server, signal.SIGKILL)
    until(partial(begun, key, 2, worker.pid))
    assert shop.history(key) == ["draft", "queued", "running", "queued", "running"]
    worker.terminate()
    assert wait(worker).code == 0


@pytest.mark.drill
def test_nothing_is_imported_from_the_current_folder(shop: Shop, pixcrawler: Command, tmp_path: Path) -> None:
    (tmp_path / "scrapy.py").write_text("raise SystemExit('imported from the current folder')")
    key = shop.order("ds-1")
    assert pixcrawler("worker", "--until-idle").code == 0
    assert shop.status(key) == "completed_short"


@pytest.mark.drill
def test_another_worker_goes_on_when_one_was_killed(shop: Shop, pixcrawler: Command) -> None:
    key = slow(shop)
    first = pixcrawler.start("worker")
    until(lambda: CrawlJob.get_by_id(key).live)
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: not shop.workspace.in_use("ds-1"))
    second = pixcrawler.start("worker")
    until(lambda: CrawlJob.get_by_id(key).attempts == 2)
    assert shop.history(key) == ["draft", "queued", "running", "queued", "running"]
    second.terminate()
    wait(second)


@pytest.mark.drill
def test_a_run_does_not_outlive_its_worker(shop: Shop, pixcrawler: Command) -> None:
    """It does not wait for the catalog, which is locked, either; it would say so in its log."""
    key = slow(shop)
    worker = pixcrawler.start("worker")
    until(lambda: CrawlJob.get_by_id(key).live)
    (run,) = processes_of(worker.pid)
    with shop.workspace.open().atomic("IMMEDIATE"):
        os.kill(worker.pid, signal.SIGKILL)
        until(lambda: not command_of(run))
    assert not log_of(shop.workspace.root, key).read_text()


@pytest.mark.drill
def test_the_server_runs_a_worker_besides_and_again_when_it_dies(shop: Shop, pixcrawler: Command) -> None:
    port = free_port()
    server = pixcrawler.start("serve", "--bind", f"127.0.0.1:{port}", "--quiet")
    first = shop.order("ds-1")
    until(lambda: shop.status(first) == "completed_short")
    (worker,) = (each for each in children_of(server.pid) if "--until-stdin-ends" in command_of(each))
    os.kill(worker, signal.SIGKILL)
    second = shop.order("ds-2")
    until(lambda: shop.status(second) == "completed_short")
    server.terminate()
    assert wait(server).code == 0
    assert not shop.workspace.in_use("ds-2")
