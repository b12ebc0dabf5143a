"""The room for a run's images in the quota of their owner."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.models import CrawlJob, Dataset, Image, Project, User
from pixcrawler_core.catalog.writer import LedgerWriter
from pixcrawler_core.crawl.room import EVERY, Room, room_of
from pixcrawler_core.workspace import Workspace


def kept(dataset: str, size: int) -> None:
    """An image that another job of the owner kept."""
    number = Image.select().count() + 1
    Image.create(
        dataset=dataset,
        row=number,
        category="cat",
        number=number,
        original_url="https://example.org/a.jpg",
        file_size=size,
    )


@pytest.fixture
def job(tmp_path: Path) -> Iterator[CrawlJob]:
    with Workspace(tmp_path / "workspace") as workspace:
        workspace.open()
        owner = User.create(email="ada@example.org", storage_quota=1000)
        project = Project.create(owner=owner, name="Animals")
        dataset = Dataset.create(id="ds-1", name="ds-1", project=project)
        yield CrawlJob.create(dataset=dataset, ordered_by=str(owner.id))


def test_there_is_room_to_the_last_byte_and_then_none(job: CrawlJob) -> None:
    kept("ds-1", 400)
    room = room_of(job)
    assert room.fits(600)
    room.take(500)
    assert room.fits(100)
    assert not room.full
    assert not room.fits(101)
    assert "1000 bytes" in room.full
    assert not room.fits(1)


def test_admins_and_the_command_line_have_no_limit(job: CrawlJob) -> None:
    job.ordered_by = ""
    assert room_of(job).fits(10**15)
    User.update(role="ADMIN").execute()
    job.ordered_by = "somebody"
    assert room_of(job).fits(10**15)


def test_what_other_jobs_of_the_owner_keep_is_seen_a_second_later(job: CrawlJob) -> None:
    time = [0.0]

    async def seen() -> tuple[bool, bool]:
        room = Room(lambda: (1000, sum(each.file_size or 0 for each in Image.select())), lambda: time[0])
        writer = LedgerWriter(Ledger(CrawlJob.bound_to(), job.id), on_error=lambda _: None)
        kept("ds-1", 900)
        await room.look_again(writer)
        early = room.fits(200)
        time[0] = EVERY
        await room.look_again(writer)
        await writer.close()
        return early, room.fits(200)

    assert asyncio.run(seen()) == (True, False)
