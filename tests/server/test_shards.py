"""Jobs that several workers do together, and what becomes of them when some of these die or are stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import CrawlJob, JobShard, JobStatus, LedgerRow
from pixcrawler_core.crawl.gate import SPARE
from pixcrawler_core.jobs.claims import MOST_ATTEMPTS
from pixcrawler_core.jobs.transitions import move
from pixcrawler_core.registry import Registry
from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, until, wait
from tests.e2e.jobs import dataset, image_requests
from tests.server.mill import DATASET, Mill, opened_mill, processes_of, start_worker, wait_for_shard
from tests.server.test_serve import free_port, get

COUNT = 200
LONG = 200.0
"""Seconds after which a job counts as hanging, on a machine with much else to do."""
SOON = 3.0
MISSING = 0.2
"""Of the addresses of a mill, more are none of a new picture than one in ten."""
ALONE = """
[job]
name = "{name}"
report = false
[urls]
file = "{urls}"
[fetch]
contact = "https://example.org/bot"
allow_private_hosts = ["localhost"]
retries = 1
backoff = 0.05
"""


@pytest.fixture
def mill(
    workspace: Path, registry: Registry, web: SimulatedWeb, database: str | None, pixcrawler: Command
) -> Iterator[Mill]:
    with opened_mill(workspace, registry, web, database, pixcrawler) as mill:
        yield mill


class Crowd:
    """Two workers of a mill that do one thing at a time each."""

    def __init__(self, mill: Mill, pixcrawler: Command) -> None:
        self.mill, self._pixcrawler = mill, pixcrawler
        self.workers = [start_worker(pixcrawler) for _ in range(2)]

    def add(self) -> None:
        """Begin one more."""
        self.workers.append(start_worker(self._pixcrawler))

    def doing(self, option: str) -> tuple[subprocess.Popen[str], int]:
        """A worker, and its process that does this."""
        found: list[tuple[subprocess.Popen[str], int]] = []

        def doing() -> bool:
            found[:] = [
                (each, process) for each in self.workers for process in processes_of(each.pid, option)
            ]
            return bool(found)

        until(doing)
        return found[0]

    def stop(self) -> None:
        """End all, as a service does."""
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            wait(worker)


@pytest.fixture
def crowd(mill: Mill, pixcrawler: Command) -> Crowd:
    mill.order(COUNT)
    return Crowd(mill, pixcrawler)


def end(crowd: Crowd) -> None:
    """The job ends, and nothing is lost."""
    until(lambda: crowd.mill.ended, patience=LONG)
    assert crowd.mill.status == "completed", crowd.mill.events()
    crowd.mill.check()
    crowd.stop()


@pytest.mark.drill
@pytest.mark.timeout(300)
def test_two_workers_do_a_job_together(crowd: Crowd) -> None:
    end(crowd)
    assert crowd.mill.shards("done")
    assert {each.attempts for each in crowd.mill.shards()} == {1}


@pytest.mark.drill
@pytest.mark.timeout(300)
def test_a_worker_without_room_helps_nobody(mill: Mill, pixcrawler: Command) -> None:
    """The run does its job alone, as one that has begun."""
    mill.order(COUNT)
    first = start_worker(pixcrawler)
    until(lambda: mill.status == "running")
    mill.settings(least_disk=2**60)
    second = start_worker(pixcrawler)
    until(lambda: mill.ended, patience=LONG)
    assert mill.status == "completed", mill.events()
    mill.check()
    assert {each.attempts for each in mill.shards()} <= {0}
    for worker in (first, second):
        worker.terminate()
        assert wait(worker).code == 0


def kill_shard(crowd: Crowd) -> None:
    wait_for_shard(crowd.mill, settled=1)
    os.kill(crowd.doing("--shard")[1], signal.SIGKILL)


def kill_helper(crowd: Crowd) -> None:
    wait_for_shard(crowd.mill, settled=1)
    crowd.doing("--shard")[0].kill()
    crowd.add()


def kill_run(crowd: Crowd) -> None:
    wait_for_shard(crowd.mill, settled=1)
    os.kill(crowd.doing("--ordered")[1], signal.SIGKILL)


def kill_runner(crowd: Crowd) -> None:
    wait_for_shard(crowd.mill, settled=1)
    crowd.doing("--ordered")[0].kill()
    crowd.add()


def kill_all(crowd: Crowd) -> None:
    wait_for_shard(crowd.mill, settled=1)
    for worker in crowd.workers:
        worker.kill()
    crowd.add()


def freeze_shard(crowd: Crowd) -> None:
    """It comes back when its shard is somebody else's."""
    shard = wait_for_shard(crowd.mill, settled=1)
    _, process = crowd.doing("--shard")
    freeze([process], lambda: JobShard.get_by_id(shard.id).token != shard.token)


def freeze_helper(crowd: Crowd) -> None:
    """With its process, as a machine does that is suspended."""
    shard = wait_for_shard(crowd.mill, settled=1)
    worker, process = crowd.doing("--shard")
    crowd.add()
    freeze([process, worker.pid], lambda: JobShard.get_by_id(shard.id).token != shard.token)


def freeze_runner(crowd: Crowd) -> None:
    wait_for_shard(crowd.mill, settled=1)
    worker, process = crowd.doing("--ordered")
    crowd.add()
    freeze([process, worker.pid], lambda: CrawlJob.get_by_id(crowd.mill.job).worker == "")


def freeze(processes: Sequence[int], lost: Callable[[], bool]) -> None:
    """Stop processes until what they had is somebody else's."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        until(lost)
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


FAULTS = (
    kill_shard,
    kill_helper,
    kill_run,
    kill_runner,
    kill_all,
    freeze_shard,
    freeze_helper,
    freeze_runner,
)


@pytest.mark.drill
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_nothing_is_lost(crowd: Crowd, fault: Callable[[Crowd], None]) -> None:
    fault(crowd)
    end(crowd)
    runs = CrawlJob.get_by_id(crowd.mill.job).attempts
    assert runs > 1 or any(shard.attempts > 1 for shard in crowd.mill.shards())


@pytest.mark.drill
@pytest.mark.timeout(300)
def test_the_api_is_killed(mill: Mill, pixcrawler: Command) -> None:
    """With the worker that it runs besides; another worker is there, and the API comes back."""
    mill.order(COUNT)
    port = free_port()
    serve = ("serve", "--bind", f"127.0.0.1:{port}", "--quiet")
    server = pixcrawler.start(*serve)
    worker = start_worker(pixcrawler)
    wait_for_shard(mill, settled=1)
    server.kill()
    until(lambda: not get(port, "/health/live")[0])  # what it had begun is gone, too
    server = pixcrawler.start(*serve)
    until(lambda: mill.ended, patience=LONG)
    mill.check()
    until(lambda: get(port, "/health/live")[0] == 200)  # what is told to end while it starts was interrupted
    for process in (server, worker):
        process.terminate()
        assert wait(process).code == 0


@pytest.mark.drill
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("to", "then"),
    [(JobStatus.CANCELLING, "cancelled"), (JobStatus.PAUSED, "paused")],
    ids=["cancel", "pause"],
)
def test_a_shard_stops_within_three_seconds(crowd: Crowd, to: JobStatus, then: str) -> None:
    mill = crowd.mill
    wait_for_shard(mill, settled=1)
    began = time.monotonic()
    move(CrawlJob.get_by_id(mill.job), to, now=utc_now())
    until(lambda: mill.status == then and not any(list(processes_of(each.pid)) for each in crowd.workers))
    assert time.monotonic() - began < SOON
    assert not mill.shards("waiting", "leased")
    kept = LedgerRow.select().where(LedgerRow.state == "accepted").count()
    mill.retry()
    end(crowd)
    assert 0 < kept < COUNT


def tried(mill: Mill, attempt: int) -> bool:
    """Whether a process is at a shard for this time."""
    return any(each.attempts == attempt for each in mill.shards("leased"))


@pytest.mark.drill
@pytest.mark.timeout(300)
def test_a_shard_that_kills_its_processes_is_given_up(crowd: Crowd) -> None:
    for attempt in range(1, MOST_ATTEMPTS + 1):
        until(partial(tried, crowd.mill, attempt))
        os.kill(crowd.doing("--shard")[1], signal.SIGKILL)
    until(lambda: crowd.mill.ended, patience=LONG)
    (parked,) = crowd.mill.shards("parked")
    assert parked.error == "given up after 3 attempts: the run was ended by signal 9"
    failed = LedgerRow.select().where(LedgerRow.reason == "shard-failed")
    assert {row.detail for row in failed} == {parked.error}
    assert all(row.passing for row in failed)
    crowd.stop()


@pytest.mark.drill
@pytest.mark.timeout(300)
def test_shards_fetch_no_more_than_is_wanted(mill: Mill, pixcrawler: Command) -> None:
    wanted = 120
    mill.order(COUNT * 4, max_images=wanted)
    crowd = Crowd(mill, pixcrawler)
    until(lambda: mill.ended, patience=LONG)
    assert mill.status == "completed"
    assert len(image_requests(mill.web)) <= wanted + wanted // 4 + SPARE + MISSING * wanted
    assert LedgerRow.select().where(LedgerRow.state == "accepted").count() == wanted
    crowd.stop()


@pytest.mark.drill
@pytest.mark.timeout(300)
def test_the_dataset_is_the_same_without_shards(mill: Mill, pixcrawler: Command) -> None:
    mill.order(COUNT)
    crowd = Crowd(mill, pixcrawler)
    end(crowd)
    together = dataset(mill.workspace.root, DATASET)
    assert mill.shards("done")
    job = mill.workspace.root / "alone.toml"
    job.write_text(ALONE.format(name="alone", urls=mill.workspace.root / "urls.txt"))
    assert pixcrawler("run", job, "--quiet").code == 0
    assert dataset(mill.workspace.root, "alone") == together
