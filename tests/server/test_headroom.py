"""No job is begun where disk or memory is short, and whoever asks is told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pixcrawler_server.jobs.headroom import Doorkeeper, Headroom, free_memory

from pixcrawler_core.catalog.models import JobEvent
from tests.conftest import Command, until, wait
from tests.server.conftest import MakeApi
from tests.server.test_worker import Shop, shop

__all__ = ["shop"]
HUGE = 2**60


@pytest.mark.parametrize(
    ("disk", "memory", "parts"),
    [(10, 10, []), (9, 10, ["disk"]), (10, 9, ["memory"]), (9, 9, ["disk", "memory"]), (10, None, [])],
)
def test_what_is_short(tmp_path: Path, disk: int, memory: int | None, parts: list[str]) -> None:
    room = Headroom(root=tmp_path, disk=10, memory=10, free_disk=lambda _: disk, free_memory=lambda: memory)
    assert list(room.lacking()) == parts


def test_a_workspace_that_is_gone_has_no_room(tmp_path: Path) -> None:
    """Its disk may come back."""
    room = Headroom(root=tmp_path / "gone", disk=10, memory=0)
    assert room.lacking() == {
        "disk": "what is free cannot be told (No such file or directory); no job is begun"
    }


def test_the_door_is_looked_after_once_a_second(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    now, disk = [0.0], [9]
    room = Headroom(root=tmp_path, disk=10, memory=0, free_disk=lambda _: disk[0], free_memory=lambda: None)
    door = Doorkeeper(room, lambda: now[0])
    assert not door.opens()
    disk[0] = 10
    assert not door.opens()
    now[0] = 1.0
    assert door.opens()
    assert caplog.messages == ["jobs wait for disk: fewer than 10 bytes are free; no job is begun"]


def test_memory_is_told_or_not(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:   2 kB\n")
    assert free_memory(tmp_path / "meminfo") == 2048
    assert free_memory(tmp_path / "nothing") is None


@pytest.mark.parametrize("part", ["disk", "memory"])
def test_whoever_asks_is_told(make_api: MakeApi, part: str) -> None:
    """It goes on answering."""
    api = make_api(crawl={f"least_{part}": HUGE})
    ready = api.anonymous("GET", "//health/ready")
    assert (ready.status_code, ready.json["status"]) == (200, "degraded")
    assert "no job is begun" in ready.json["parts"][part]


@pytest.mark.drill
def test_jobs_wait_until_there_is_room(shop: Shop, pixcrawler: Command) -> None:
    shop.settings(least_disk=HUGE)
    key = shop.order("ds-1", keyword="birds")
    worker = pixcrawler.start("worker")
    until(lambda: shop.history(key) == ["draft", "queued", "queued"])
    why = JobEvent.select(JobEvent.why).where(JobEvent.job == key).order_by(-JobEvent.revision).scalar()
    assert why.startswith("a worker has no room for it: disk")
    worker.terminate()
    done = wait(worker)
    assert "running" not in shop.history(key)
    assert "jobs wait for disk" in done.stderr
    shop.settings()
    worker = pixcrawler.start("worker")
    until(lambda: shop.status(key) == "completed")
    worker.terminate()
    assert wait(worker).code == 0


@pytest.mark.drill
def test_a_workspace_that_is_away_for_a_while_ends_no_worker(shop: Shop, pixcrawler: Command) -> None:
    root = shop.workspace.root
    worker = pixcrawler.start("worker")
    first = shop.order("ds-1", keyword="birds")
    until(lambda: shop.status(first) == "completed")
    away = root.rename(root.with_name("away"))
    time.sleep(2.5)
    away.rename(root)
    second = shop.order("ds-2", keyword="birds")
    until(lambda: shop.status(second) == "completed")
    worker.terminate()
    done = wait(worker)
    assert done.code == 0
    assert "jobs wait for disk: what is free cannot be told" in done.stderr
