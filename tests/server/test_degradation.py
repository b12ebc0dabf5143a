"""What a job needs is missing for a while: its catalog, the place of its blobs, room on the disk."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from pixcrawler_core.catalog.models import CrawlJob, LedgerRow
from pixcrawler_core.registry import Registry
from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, until, wait
from tests.server.mill import Mill, opened_mill, processes_of, start_worker

pytestmark = [pytest.mark.drill, pytest.mark.timeout(300)]
COUNT = 200
LONG = 150.0
"""Seconds after which a job counts as hanging, on a machine with much else to do."""
LOCKED = 13.0
"""Seconds for which the catalog is locked: longer than SQLite waits."""
SMALL = 48
"""MiB of a disk that is filled."""


@pytest.fixture
def mill(workspace: Path, registry: Registry, web: SimulatedWeb, pixcrawler: Command) -> Iterator[Mill]:
    with opened_mill(workspace, registry, web, None, pixcrawler, least_disk=0) as mill:
        yield mill


def accepted() -> int:
    return LedgerRow.select().where(LedgerRow.state == "accepted").count()


def stop(*workers: subprocess.Popen[str]) -> None:
    for worker in workers:
        worker.terminate()
        assert wait(worker).code == 0


def test_another_process_has_the_catalog_locked(mill: Mill, pixcrawler: Command) -> None:
    """It is no attempt of the job."""
    mill.order(COUNT)
    worker = start_worker(pixcrawler)
    until(lambda: accepted() > COUNT // 8)
    with closing(sqlite3.connect(mill.workspace.catalog_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(LOCKED)
        other.execute("ROLLBACK")
    until(lambda: mill.ended, patience=LONG)
    assert mill.status == "completed", mill.events()
    assert "queued the catalog did not answer" in mill.events()
    assert CrawlJob.get_by_id(mill.job).attempts == 1
    mill.check()
    stop(worker)


def test_blobs_cannot_be_written_for_a_while(mill: Mill, pixcrawler: Command) -> None:
    """As where the disk on which they lie is not mounted, for a run, and for a shard of another's."""
    mill.order(COUNT)
    workers = [start_worker(pixcrawler) for _ in range(2)]
    until(lambda: accepted() > COUNT // 8)
    blobs = mill.workspace.blobs.root
    away = blobs.with_name("elsewhere")
    blobs.rename(away)
    blobs.write_text("nothing is mounted here")
    until(lambda: mill.status == "failed", patience=LONG)
    assert "what is recorded is safe" in CrawlJob.get_by_id(mill.job).error
    blobs.unlink()
    away.rename(blobs)
    mill.retry()
    until(lambda: mill.ended, patience=LONG)
    assert mill.status == "completed", mill.events()
    mill.check()
    stop(*workers)


@pytest.fixture
def small_disk(workspace: Path) -> Iterator[Path]:
    """A disk of some MiB on which the workspace lies."""
    workspace.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a file system can be mounted by root on Linux alone")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}m", "none", str(workspace)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield workspace
    subprocess.run(["umount", "--lazy", str(workspace)], check=True)


def fill(disk: Path, leave: int) -> Path:
    """A file that takes all room but some bytes."""
    path, size = disk / "filling", 0
    with path.open("wb") as file:
        while (room := free(disk) - leave) > 0:
            with suppress(OSError):  # a run was quicker
                os.posix_fallocate(file.fileno(), size, room)
                size += room
    return path


def free(disk: Path) -> int:
    told = os.statvfs(disk)
    return told.f_bavail * told.f_frsize


@pytest.mark.parametrize("leave", [0, 2**20])
def test_the_disk_is_full(small_disk: Path, mill: Mill, pixcrawler: Command, leave: int) -> None:
    """At once, or by what the run writes."""
    mill.order(COUNT)
    worker = start_worker(pixcrawler)
    until(lambda: accepted() > COUNT // 8)
    filling = fill(small_disk, leave)
    until(lambda: not any(processes_of(worker.pid, "--ordered")), patience=LONG)
    time.sleep(3)  # the worker has seen it
    assert worker.poll() is None
    filling.unlink()
    until(partial(ended_as_failed, mill), patience=LONG)
    assert re.search("is full|No space left", CrawlJob.get_by_id(mill.job).error)
    with closing(sqlite3.connect(mill.workspace.catalog_path)) as catalog:
        assert catalog.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    mill.retry()
    until(lambda: mill.ended, patience=LONG)
    assert mill.status == "completed", mill.events()
    mill.check()
    folder = small_disk / "datasets/dataset-ds-1"
    assert pixcrawler("verify", folder).code == 0
    stop(worker)


def ended_as_failed(mill: Mill) -> bool:
    return mill.status == "failed"
