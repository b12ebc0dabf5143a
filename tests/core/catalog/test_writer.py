from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.writer import LedgerWriter
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import Candidate, Outcome, Stage, State

GONE = Outcome(state=State.FAILED, stage=Stage.FETCH, reason="http-404")
Update = tuple[Candidate, Outcome]


class SlowLedger(Ledger):
    """Waits before it writes until it is allowed to, and remembers what it wrote together."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger.database, ledger.job_id)
        self.allowed = threading.Event()
        self.groups: list[int] = []

    def apply(self, updates: Sequence[Update]) -> None:
        assert self.allowed.wait(10)
        super().apply(updates)
        self.groups.append(len(updates))


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite alone: what differs on PostgreSQL is the ledger's, and tested with it."""
    return sqlite_url


@pytest.fixture
def errors() -> list[WorkspaceError]:
    return []


@pytest.fixture
async def writer(ledger: Ledger, errors: list[WorkspaceError]) -> AsyncIterator[LedgerWriter]:
    writer = LedgerWriter(ledger, errors.append)
    yield writer
    await writer.close()


@pytest.fixture
async def slow(ledger: Ledger, errors: list[WorkspaceError]) -> AsyncIterator[LedgerWriter]:
    slow = SlowLedger(ledger)
    writer = LedgerWriter(slow, errors.append, max_waiting=10)
    yield writer
    slow.allowed.set()
    await writer.close()


def page(number: int) -> list[Candidate]:
    return [
        Candidate(engine="e", category="c", query="q", image_url=f"https://example.org/{rank}.jpg", rank=rank)
        for rank in range(number)
    ]


async def add(writer: LedgerWriter, number: int) -> list[Candidate]:
    stream = await writer.call(writer.ledger.open_stream, "c", "e", "q")
    return await writer.call(writer.ledger.add_page, stream.id, 1, page(number), None, False)


async def test_a_call_sees_what_was_posted_before(writer: LedgerWriter) -> None:
    added = await add(writer, 100)
    for candidate in added[:60]:
        writer.post(candidate, GONE)
    counts = await writer.call(writer.ledger.counts)
    assert {count.state: count.rows for count in counts} == {"failed": 60, "found": 40}


async def test_what_waits_is_written_in_one_transaction(slow: LedgerWriter) -> None:
    ledger = slow.ledger
    assert isinstance(ledger, SlowLedger)
    added = await add(slow, 50)
    slow.post(added[0], GONE)
    await asyncio.sleep(0.05)
    for candidate in added[1:]:
        slow.post(candidate, GONE)
    ledger.allowed.set()
    await slow.flush()
    assert ledger.groups == [1, 49]


async def test_a_call_between_posts_keeps_its_place(slow: LedgerWriter) -> None:
    ledger = slow.ledger
    assert isinstance(ledger, SlowLedger)
    added = await add(slow, 4)
    slow.post(added[0], GONE)
    slow.post(added[1], GONE)
    between = asyncio.create_task(slow.call(ledger.counts))
    await asyncio.sleep(0)
    slow.post(added[2], GONE)
    ledger.allowed.set()
    assert {count.state: count.rows for count in await between} == {"failed": 2, "found": 2}


async def test_room_waits_while_too_much_is_outstanding(slow: LedgerWriter) -> None:
    ledger = slow.ledger
    assert isinstance(ledger, SlowLedger)
    added = await add(slow, 12)
    for candidate in added[:10]:
        slow.post(candidate, GONE)
    await asyncio.wait_for(slow.room(), 1)
    slow.post(added[10], GONE)
    waiting = asyncio.create_task(slow.room())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    ledger.allowed.set()
    await asyncio.wait_for(waiting, 5)


async def test_an_error_of_a_call_goes_to_its_caller_alone(
    writer: LedgerWriter, errors: list[WorkspaceError]
) -> None:
    with pytest.raises(WorkspaceError, match="no stream 99"):
        await writer.call(writer.ledger.add_page, 99, 1, [], None, False)
    assert len(await add(writer, 3)) == 3
    assert (errors, writer.error) == ([], None)


async def test_a_failed_write_is_told_once_and_stops_everything(
    writer: LedgerWriter, errors: list[WorkspaceError]
) -> None:
    first, second = await add(writer, 2)
    writer.post(first, Outcome(state=State.ACCEPTED, stage=Stage.SELECTION))
    writer.post(second, GONE)
    with pytest.raises(WorkspaceError, match="without a number"):
        await writer.flush()
    for attempt in (writer.room, writer.flush, lambda: writer.call(writer.ledger.counts)):
        with pytest.raises(WorkspaceError) as caught:
            await attempt()
        assert caught.value is writer.error
    with pytest.raises(WorkspaceError):
        writer.post(second, GONE)
    await writer.close()
    assert errors == [writer.error]
    assert [row["state"] for row in writer.ledger.rows()] == ["found", "found"]


async def test_nothing_is_written_after_a_failed_write(
    slow: LedgerWriter, errors: list[WorkspaceError]
) -> None:
    ledger = slow.ledger
    assert isinstance(ledger, SlowLedger)
    first, second = await add(slow, 2)
    slow.post(first, Outcome(state=State.ACCEPTED, stage=Stage.SELECTION))
    await asyncio.sleep(0.1)
    slow.post(second, GONE)
    page_two = asyncio.create_task(slow.call(ledger.add_page, 1, 2, page(9), None, False))
    await asyncio.sleep(0)
    ledger.allowed.set()
    with pytest.raises(WorkspaceError, match="without a number"):
        await page_two
    with pytest.raises(WorkspaceError, match="without a number"):
        await slow.flush()
    await slow.close()
    assert [row["state"] for row in ledger.rows()] == ["found", "found"]
    assert len(errors) == 1


async def test_a_full_disk_reaches_those_who_wait_for_room(
    ledger: Ledger, errors: list[WorkspaceError]
) -> None:
    assert isinstance(ledger.database, SqliteDatabase)
    writer = LedgerWriter(ledger, errors.append, max_waiting=5)
    added = await add(writer, 20)
    await writer.call(ledger.database.pragma, "max_page_count", 1)
    long = Outcome(state=State.REJECTED, stage=Stage.VALIDATION, detail="x" * 50_000)
    for candidate in added:
        writer.post(candidate, long)
    with pytest.raises(WorkspaceError, match="the disk is full"):
        await writer.room()
    await writer.close()
    assert errors == [writer.error]


async def test_a_closed_writer_says_so_and_has_written_all(
    ledger: Ledger, errors: list[WorkspaceError]
) -> None:
    writer = LedgerWriter(ledger, errors.append)
    added = await add(writer, 2)
    writer.post(added[0], GONE)
    await writer.close()
    await writer.close()
    assert [row["state"] for row in ledger.rows()] == ["failed", "found"]
    with pytest.raises(WorkspaceError, match="closed"):
        writer.post(added[1], GONE)
    with pytest.raises(WorkspaceError, match="closed"):
        await writer.flush()


KILLED = """
import asyncio, sys
from pathlib import Path
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.models import CrawlJob, Dataset
from pixcrawler_core.catalog.writer import LedgerWriter
from pixcrawler_core.records import Candidate, Outcome, Stage, State
from pixcrawler_core.workspace import Workspace

async def main():
    database = Workspace(Path(sys.argv[1])).open()
    Dataset.create(id="d", name="d")
    writer = LedgerWriter(Ledger(database, CrawlJob.create(dataset="d", max_images=1).id), print)
    stream = await writer.call(writer.ledger.open_stream, "c", "e", "q")
    page = 0
    while True:
        page += 1
        found = [
            Candidate(engine="e", category="c", query="q", image_url=f"https://a.org/{page}/{n}.jpg", rank=n)
            for n in range(20)
        ]
        for each in await writer.call(writer.ledger.add_page, stream.id, page, found, None, False):
            writer.post(each, Outcome(state=State.REJECTED, stage=Stage.VALIDATION, reason="too-small"))
        print(page, flush=True)

asyncio.run(main())
"""


def test_a_killed_process_loses_no_page_and_at_most_the_last_transaction(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    page = 0
    while page < 30:
        page = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    pages = [page, *map(int, process.stdout.read().split())]
    process.wait()
    process.stdout.close()
    database = sqlite3.connect(tmp_path / "catalog.db")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows, found = database.execute("SELECT COUNT(*), SUM(state = 'found') FROM ledger_row").fetchone()
    database.close()
    assert rows in (20 * pages[-1], 20 * pages[-1] + 20)
    assert found <= 40
