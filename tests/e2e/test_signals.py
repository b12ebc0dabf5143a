"""SIGINT and SIGTERM end a run soon, with exit code 130, and the next run goes on."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import PATIENCE, Command, until, wait
from tests.e2e.jobs import check_dataset, image_requests, write_job

SOON = 3.0
"""Seconds within which a stopped run has to be gone."""


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        yield server


def stalling_list(folder: Path, web: SimulatedWeb) -> Path:
    """A list whose downloads stall, beside photographs that do not."""
    keys = [each["key"] for each in web.photographs()]
    urls = [web.fault_url("stalled", key) for key in keys[:8]] + [
        web.photograph_url(key) for key in keys[8:20]
    ]
    path = folder / "stalling.txt"
    path.write_text("\n".join(urls), encoding="utf-8")
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stops_soon_with_stalled_downloads(
    tmp_path: Path, pixcrawler: Command, web: SimulatedWeb, number: signal.Signals
) -> None:
    arguments = ["fetch", stalling_list(tmp_path, web), "--allow-private-host", "localhost"]
    process = pixcrawler.start(*arguments, "--per-host", 16, "--name", "stopped")
    until(lambda: sum("/fault/stalled" in each["path"] for each in web.log()) == 8)
    began = time.monotonic()
    os.kill(process.pid, number)
    done = wait(process, began)
    assert done.code == 130
    assert done.seconds < SOON
    assert "same command again" in done.stderr
    assert "Traceback" not in done.stderr


def test_goes_on_after_an_interrupt(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    web.delay(200)
    job = write_job(tmp_path / "stopped.toml", web, ("castles",), 9, fetch={"concurrency": 2})
    process = pixcrawler.start("run", job, "--json")
    until(lambda: len(image_requests(web)) > 4)
    os.kill(process.pid, signal.SIGINT)
    done = wait(process)
    assert (done.code, done.json["status"], done.json["folder"]) == (130, "paused", None)
    web.delay(0)
    assert pixcrawler("run", job).code == 0
    assert check_dataset(workspace, "stopped") == {"castles": 9}


def test_stops_soon_when_an_engine_is_silent(
    tmp_path: Path, pixcrawler: Command, web: SimulatedWeb, silent: socket.socket
) -> None:
    address = f"http://127.0.0.1:{silent.getsockname()[1]}"
    job = write_job(tmp_path / "silent.toml", web, ("castles",), 3)
    job.write_text(job.read_text().replace(web.openverse_url, address))
    process = pixcrawler.start("run", job)
    connection, _ = silent.accept()
    with connection:
        began = time.monotonic()
        os.kill(process.pid, signal.SIGTERM)
        done = wait(process, began)
    assert done.code == 130
    assert done.seconds < SOON
    assert "Traceback" not in done.stderr


def test_a_second_signal_ends_at_once(tmp_path: Path, pixcrawler: Command, web: SimulatedWeb) -> None:
    arguments = ["fetch", stalling_list(tmp_path, web), "--allow-private-host", "localhost"]
    process = pixcrawler.start(*arguments, "--per-host", 16)
    until(lambda: any("/fault/stalled" in each["path"] for each in web.log()))
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.05)
    began = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    done = wait(process, began)
    assert done.code in (130, -signal.SIGINT), "a shell shows 130 for both"
    assert done.seconds < 1
