"""Databases of both kinds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import Database

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.migrate import upgrade
from pixcrawler_core.catalog.models import CrawlJob, Dataset, bind


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
