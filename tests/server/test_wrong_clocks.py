"""The wall clock of workers is off by an hour, and jumps, while they have leases."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixcrawler_core.catalog.models import CrawlJob
from pixcrawler_core.jobs.queue import MOST_ATTEMPTS
from pixcrawler_core.registry import Registry
from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, until, wait
from tests.server.mill import Mill, opened_mill, start_worker, wait_for_shard

pytestmark = [pytest.mark.drill, pytest.mark.timeout(300)]
COUNT = 300
HOUR = 3600
LONG = 150.0
"""Seconds after which a job counts as hanging, on a machine with much else to do."""
SOURCE = Path(__file__).with_name("wrong_clock.c")
Jump = Callable[[int], None]


@pytest.fixture
def jump(tmp_path: Path, pixcrawler: Command) -> Jump:
    """Sets by how many seconds the wall clock of commands that are begun from now on is off."""
    if sys.platform != "linux" or shutil.which("cc") is None:
        pytest.skip("a wrong clock needs Linux and a C compiler")
    library, told = tmp_path / "wrong_clock.so", tmp_path / "off"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)

    def set_off(seconds: int) -> None:
        new = told.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(told)

    set_off(0)
    pixcrawler.environment |= {"LD_PRELOAD": str(library), "WALL_CLOCK_OFF": str(told)}
    return set_off


@pytest.fixture
def mill(
    workspace: Path, registry: Registry, web: SimulatedWeb, database: str | None, pixcrawler: Command
) -> Iterator[Mill]:
    with opened_mill(workspace, registry, web, database, pixcrawler) as mill:
        yield mill


def jump_about(jump: Jump) -> None:
    for seconds in (HOUR, -HOUR, 0):
        jump(seconds)
        time.sleep(3)


def end(mill: Mill, *workers: subprocess.Popen[str]) -> None:
    until(lambda: mill.ended, patience=LONG)
    assert mill.status == "completed", mill.events()
    mill.check()
    for worker in workers:
        worker.terminate()
        assert wait(worker).code == 0


def test_the_clock_is_off_indeed(jump: Jump, pixcrawler: Command) -> None:
    jump(HOUR)
    ask = [sys.executable, "-c", "import time; print(time.time())"]
    told = subprocess.run(ask, env=pixcrawler.environment, check=True, capture_output=True, text=True)
    assert float(told.stdout) - time.time() == pytest.approx(HOUR, abs=60)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_one_of_two_workers(mill: Mill, jump: Jump, pixcrawler: Command) -> None:
    """With a server nothing comes of it: leases go by its clock."""
    mill.order(COUNT)
    wrong = start_worker(pixcrawler)
    until(lambda: mill.status == "running")
    pixcrawler.environment.pop("LD_PRELOAD")
    right = start_worker(pixcrawler)
    wait_for_shard(mill, settled=1)
    jump_about(jump)
    end(mill, wrong, right)
    assert CrawlJob.get_by_id(mill.job).attempts == 1
    assert {each.attempts for each in mill.shards()} <= {0, 1}


def test_of_all_workers_of_a_machine(
    mill: Mill, jump: Jump, pixcrawler: Command, database: str | None
) -> None:
    """One may take over what another one does; nothing is lost."""
    mill.order(COUNT)
    workers = [start_worker(pixcrawler) for _ in range(2)]
    wait_for_shard(mill, settled=1)
    jump_about(jump)
    end(mill, *workers)
    runs = CrawlJob.get_by_id(mill.job).attempts
    assert runs == 1 if database else runs <= MOST_ATTEMPTS
