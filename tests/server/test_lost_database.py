"""The database server is killed, or stopped, under workers and the API, and comes back."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pixcrawler_server.tokens import hash_of, new_api_key

from pixcrawler_core.catalog.models import ApiKey, CrawlJob, LedgerRow
from pixcrawler_core.registry import Registry
from pixcrawler_core.service import Scope
from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, until, wait
from tests.databases import OwnServer
from tests.server.mill import Mill, opened_mill, processes_of, start_worker, wait_for_shard
from tests.server.test_serve import free_port, get

pytestmark = [pytest.mark.drill, pytest.mark.timeout(300)]
COUNT = 200
LONG = 150.0
"""Seconds after which a job counts as hanging, on a machine with much else to do."""
AWAY = 3.0
"""Seconds for which the server is away: longer than a lease."""


@pytest.fixture
def mill(
    workspace: Path, registry: Registry, web: SimulatedWeb, mortal_postgres: OwnServer, pixcrawler: Command
) -> Iterator[Mill]:
    with opened_mill(workspace, registry, web, mortal_postgres.schema(), pixcrawler) as mill:
        yield mill


@pytest.fixture(params=["kill", "stop"])
def away(request: pytest.FixtureRequest, mortal_postgres: OwnServer) -> Callable[[], None]:
    """Takes the server away for a while."""

    def go() -> None:
        getattr(mortal_postgres, request.param)()
        time.sleep(AWAY)
        mortal_postgres.start()

    return go


def discovering(mill: Mill) -> bool:
    return mill.status == "running" and LedgerRow.select().count() > 0


def fetching(mill: Mill) -> bool:
    return LedgerRow.select().where(LedgerRow.state == "accepted").count() > COUNT // 8


def finishing(mill: Mill) -> bool:
    """All is chosen; the dataset is being written, or about to be."""
    return LedgerRow.select().where(LedgerRow.state == "found").count() == 0 and fetching(mill)


def end(mill: Mill, *workers: subprocess.Popen[str]) -> None:
    """The job ends by itself, and nothing is lost, nor called failed meanwhile."""
    until(lambda: mill.ended, patience=LONG)
    assert mill.status == "completed", mill.events()
    mill.check()
    assert not any(event.startswith("failed") for event in mill.events())
    for worker in workers:
        worker.terminate()
        assert wait(worker).code == 0


@pytest.mark.parametrize("stage", [discovering, fetching, finishing], ids=lambda stage: stage.__name__)
def test_under_a_run(
    mill: Mill, pixcrawler: Command, away: Callable[[], None], stage: Callable[[Mill], bool]
) -> None:
    """It is no attempt of the job."""
    mill.order(COUNT)
    worker = start_worker(pixcrawler)
    until(partial(stage, mill))
    away()
    assert worker.poll() is None
    end(mill, worker)
    assert CrawlJob.get_by_id(mill.job).attempts == 1


def test_again_and_again(mill: Mill, pixcrawler: Command, away: Callable[[], None]) -> None:
    """More often than a job may end with the death of its run."""
    mill.order(2 * COUNT)
    worker = start_worker(pixcrawler)
    for _ in range(4):
        until(lambda: any(processes_of(worker.pid, "--ordered")))
        time.sleep(2)
        away()
    end(mill, worker)
    assert CrawlJob.get_by_id(mill.job).attempts == 1


def test_under_a_shard(mill: Mill, pixcrawler: Command, away: Callable[[], None]) -> None:
    mill.order(COUNT)
    workers = [start_worker(pixcrawler) for _ in range(2)]
    wait_for_shard(mill, settled=1)
    away()
    end(mill, *workers)
    assert {each.attempts for each in mill.shards()} <= {0, 1}


def test_a_worker_is_stopped_meanwhile(mill: Mill, pixcrawler: Command, mortal_postgres: OwnServer) -> None:
    """It leaves nothing running, and another one goes on with its job when its lease is over."""
    mill.order(COUNT)
    first = start_worker(pixcrawler)
    until(partial(fetching, mill))
    (run,) = processes_of(first.pid, "--ordered")
    mortal_postgres.kill()
    first.terminate()
    assert wait(first).code == 0
    assert not Path(f"/proc/{run}").exists()
    mortal_postgres.start()
    end(mill, start_worker(pixcrawler))


class Listener(threading.Thread):
    """Follows a job by a stream of events, as long as that goes."""

    def __init__(self, port: int, job: int, token: str) -> None:
        super().__init__(daemon=True)
        self._request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/jobs/{job}/events", headers={"Authorization": f"Bearer {token}"}
        )
        self.told: list[dict[str, Any]] = []

    def run(self) -> None:
        with urllib.request.urlopen(self._request, timeout=LONG) as answer:  # noqa: S310  # ours
            for line in answer:
                if line.startswith(b"data: "):
                    self.told.append(json.loads(line.removeprefix(b"data: ")))


def test_under_the_api(mill: Mill, pixcrawler: Command, mortal_postgres: OwnServer) -> None:
    """It answers 503, as long as the server is away; then it works, in all its threads and streams."""
    mill.order(COUNT)
    token = new_api_key()
    scopes = [str(Scope.JOBS_READ), str(Scope.PROJECTS_READ)]
    ApiKey.create(user=mill.user, name="test", key_hash=hash_of(token), scopes=scopes)
    port, key = free_port(), {"Authorization": f"Bearer {token}"}
    serve = ("serve", "--bind", f"127.0.0.1:{port}", "--quiet")
    server = pixcrawler.start(*serve, stderr=subprocess.DEVNULL)
    until(partial(fetching, mill))
    listener = Listener(port, mill.job, token)
    listener.start()
    until(lambda: listener.told)
    mortal_postgres.kill()
    until(lambda: get(port, f"/api/v1/jobs/{mill.job}", **key)[0] == 503)
    for _ in range(20):
        status, body = get(port, f"/api/v1/jobs/{mill.job}", **key)
        assert (status, body["error"]["code"]) == (503, "UNAVAILABLE")
    until(lambda: get(port, "/health/ready")[0] == 503)
    assert get(port, "/health/live")[0] == 200
    mortal_postgres.start()
    for _ in range(20):
        assert get(port, f"/api/v1/jobs/{mill.job}", **key)[0] == 200
    until(lambda: get(port, "/health/ready")[0] == 200)
    end(mill, server)
    listener.join(LONG)
    assert listener.told[-1]["status"] == "completed"
