"""A dataset without a crawl, and images that are told in a few words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixcrawler_core.catalog.datasets import CrawlJob, Dataset
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.splitting.rules import Rules
from pixcrawler_core.splitting.table import Fact
from pixcrawler_core.workspace import Workspace
from tests.core.assembly.conftest import House

SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}
RULES = Rules(shares=SHARES)


def fact(
    row: int,
    category: str = "cat",
    phash: int | None = None,
    page: str | None = None,
    split: str | None = None,
) -> Fact:
    """An image of its own bytes."""
    told = None if phash is None else f"{phash:016x}"
    return Fact(row, category, digest(row), told, page, split)


def digest(row: int) -> str:
    """The SHA-256 of some bytes that only this row has."""
    return hashlib.sha256(str(row).encode()).hexdigest()


def far(number: int) -> int:
    """A hash that is far from those of other numbers."""
    return int.from_bytes(hashlib.blake2b(str(number).encode(), digest_size=8).digest())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Workspace(tmp_path / "workspace") as workspace:
        job = CrawlJob.create(dataset=Dataset.create(id="set", name="Set"), max_images=5, status="running")
        yield House(workspace, Ledger(workspace.open(), job.id))
