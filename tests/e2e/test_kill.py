"""kill -9 at any moment, and the same command goes on to the same dataset."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, until
from tests.e2e.jobs import check_dataset, dataset, image_requests, rows_in_catalog, write_job

CATEGORIES = ("castles", "farm-animals", "landscapes", "ruins")
CONCURRENCY = 4
KILLS = 10
RECORDED = "SELECT url FROM ledger_row WHERE sha256 IS NOT NULL"


@pytest.mark.drill
@pytest.mark.timeout(180)
def test_killed_at_ten_moments(tmp_path: Path, pixcrawler: Command, faulty_web: SimulatedWeb) -> None:
    faulty_web.reset()
    faulty_web.delay(60)
    job = write_job(tmp_path / "killed.toml", faulty_web, CATEGORIES, 9, fetch={"concurrency": CONCURRENCY})
    assert pixcrawler("run", job, "--workspace", tmp_path / "undisturbed", "-q").code == 0
    faulty_web.reset()
    faulty_web.delay(60)

    moments = random.Random(7)
    accepted = asked = 0
    recorded: set[str] = set()
    for _ in range(KILLS):
        before = len(faulty_web.log())
        process = pixcrawler.start("run", job, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait_for_requests(faulty_web, process, before + moments.randrange(12))
        time.sleep(moments.random() / 20)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert not recorded & {each["url"] for each in image_requests(faulty_web)[asked:]}
        asked = len(image_requests(faulty_web))
        recorded = {str(row[0]) for row in rows_in_catalog(tmp_path / "workspace", RECORDED)}
        ((images,),) = rows_in_catalog(tmp_path / "workspace", "SELECT COUNT(*) FROM image")
        assert images >= accepted
        accepted = images

    finished = pixcrawler("run", job)
    assert finished.code == 0, finished.stderr
    assert check_dataset(tmp_path / "workspace", "killed") == dict.fromkeys(CATEGORIES, 9)
    assert dataset(tmp_path / "workspace", "killed") == dataset(tmp_path / "undisturbed", "killed")
    completed = Counter(
        each["url"] for each in image_requests(faulty_web) if each["completed"] and each["status"] == 200
    )
    assert sum(completed.values()) - len(completed) <= KILLS * CONCURRENCY


def _wait_for_requests(web: SimulatedWeb, process: subprocess.Popen[str], count: int) -> None:
    until(lambda: len(web.log()) > count or process.poll() is not None)
    assert process.poll() is None, "the run ended before it could be killed"
