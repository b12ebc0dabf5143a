"""Clients that leave in the middle: a real server notices, and lets go of what they had."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from pixcrawler_server.operations import Budget

from pixcrawler_core.catalog.models import CrawlJob, Export, JobStatus
from pixcrawler_core.jobs.transitions import move
from tests.conftest import until
from tests.server.conftest import Api, Caller
from tests.server.test_serve import free_port

SIZE = 256 * 2**20
"""Bytes of a download: more than all buffers on the way."""


@pytest.fixture
def port(api: Api) -> Iterator[int]:
    """Where a server answers."""
    number = free_port()
    config = uvicorn.Config(api.app, port=number, http="httptools", loop="uvloop", log_config=None)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    yield number
    server.should_exit = True
    thread.join()


def begun(port: int, caller: Caller, path: str, wanted: bytes) -> socket.socket:
    """A connection whose answer has come as far as this."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    headers = "".join(f"{name}: {value}\r\n" for name, value in caller.headers.items())
    client.sendall(f"GET /api/v1{path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
    seen = b""
    while wanted not in seen:
        seen += client.recv(4096)
    return client


def test_a_stream_whose_client_leaves_gives_its_place_back(api: Api, port: int) -> None:
    ada = api.user()
    key = api.job(api.dataset(api.project(ada)))
    move(CrawlJob.get_by_id(key), JobStatus.QUEUED, now=api.clock())
    taken = api.services.budgets.taken
    with closing(begun(port, ada, f"/jobs/{key}/events", b"progress")):
        assert taken[Budget.STREAM] == 1
        assert api.services.feed.followed == 1
    until(lambda: taken[Budget.STREAM] == 0, patience=5)  # before a ping would be sent
    assert api.services.feed.followed == 0


def test_a_download_whose_client_leaves_is_closed(api: Api, port: int) -> None:
    ada = api.user()
    path = api.services.workspace.exports / "big.zip"
    with path.open("wb") as file:
        file.truncate(SIZE)
    dataset = api.dataset(api.project(ada))
    row = Export.create(dataset=dataset, format="zip", path=path.name, size=SIZE, sha256="0" * 64)
    with closing(begun(port, ada, f"/exports/{row.id}/file", b"\r\n\r\n")):
        assert is_open(path)
        assert api.services.budgets.taken[Budget.DOWNLOAD] == 1
    until(lambda: not is_open(path))
    until(lambda: not api.services.budgets.taken[Budget.DOWNLOAD])
    assert set(api.services.budgets.taken.values()) == {0}


def is_open(path: Path) -> bool:
    """Whether this process reads a file."""
    links = [Path("/proc/self/fd", each) for each in os.listdir("/proc/self/fd")]
    return any(os.readlink(link) == str(path) for link in links if link.is_symlink())
