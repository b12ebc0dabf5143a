"""The spreading of a run over others, with somebody who takes shards in the same process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.migrate import upgrade
from pixcrawler_core.catalog.models import CrawlJob, Dataset, JobShard, bind
from pixcrawler_core.catalog.writer import LedgerWriter
from pixcrawler_core.crawl.lines import Lines
from pixcrawler_core.crawl.spreading import EVERY, FAILED, LONGEST_PATIENCE, Spread
from pixcrawler_core.crawl.tally import Tally
from pixcrawler_core.jobs.claims import MOST_ATTEMPTS, Claim, Lease, ShardQueue
from pixcrawler_core.jobs.offers import Offers
from pixcrawler_core.jobs.queue import LEASE
from pixcrawler_core.records import Candidate, Outcome, Stage, State

HOSTS = 8
COUNT = 80
PACE = 0.01
"""Seconds for one image."""
HERE = Outcome(state=State.FETCHED, stage=Stage.FETCH, sha256="a" * 64, size=10)
THERE = Outcome(state=State.FETCHED, stage=Stage.VALIDATION, sha256="b" * 64, size=10)


class Bench:
    """A spread of candidates of some hosts, of which the ledger has all. It fetches one here at a time."""

    def __init__(self, ledger: LedgerWriter, count: int, size: int) -> None:
        self.ledger = ledger
        self.time = 100.0
        job = ledger.ledger.job_id
        offers = Offers(database=ledger.ledger.database, job_id=job, place="here", now=utc_now)
        self.tally = Tally()
        self.spread = Spread(
            ledger, offers, self.tally, concurrency=1, size=size, clock=lambda: self.time + time.monotonic()
        )
        self.claims = ShardQueue(
            database=ledger.ledger.database, place="here", now=utc_now, make_token=lambda: "mine"
        )
        stream = ledger.ledger.open_stream("birds", "urls", "birds")
        told = [candidate_of(number) for number in range(count)]
        self.candidates = ledger.ledger.add_page(stream.id, 1, told, None, done=True)
        self._one_at_a_time = asyncio.Semaphore(1)
        self.here: list[int] = []

    async def fetch_here(self, candidate: Candidate) -> Outcome:
        self.here.append(candidate.id)
        async with self._one_at_a_time:
            await asyncio.sleep(PACE)
        return HERE

    def begin(self) -> list[asyncio.Task[Outcome]]:
        return [
            asyncio.ensure_future(self.spread.fetch(candidate, self.fetch_here))
            for candidate in self.candidates
        ]

    async def claimed(self) -> tuple[Claim, Lease, list[int]]:
        """A shard that is offered, taken."""
        while (claim := await self.ledger.call(self.claims.claim)) is None:
            await asyncio.sleep(0.01)
        database = self.ledger.ledger.database
        lease = Lease(database=database, shard=claim.shard, token=claim.token, now=utc_now, length=LEASE)
        return claim, lease, await self.ledger.call(lease.rows)

    async def settle(self, rows: list[int]) -> None:
        """Record what is fetched there."""
        by_row = {candidate.id: candidate for candidate in self.candidates}
        await self.ledger.call(self.ledger.ledger.apply, [(by_row[row], THERE) for row in rows])


def candidate_of(number: int) -> Candidate:
    url = f"https://host-{number % HOSTS}.org/{number}.jpg"
    return Candidate(engine="urls", category="birds", query="birds", image_url=url, rank=number)


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[LedgerWriter]:
    database = connect(tmp_path / "catalog.db")
    upgrade(database)
    bind(database)
    Dataset.create(id="birds", name="Birds")
    job = CrawlJob.create(dataset="birds", status="running")
    writer = LedgerWriter(Ledger(database, job.id), on_error=lambda _: None)
    yield writer
    await writer.close()
    database.close()


@pytest.fixture
async def make_bench(writer: LedgerWriter) -> AsyncIterator[Callable[..., Bench]]:
    tasks: list[asyncio.Task[None]] = []

    def make(count: int, size: int = 10) -> Bench:
        bench = Bench(writer, count, size)
        tasks.append(asyncio.ensure_future(bench.spread.keep_on()))
        return bench

    yield make
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_hosts_are_whole_in_a_shard_and_what_comes_of_it_is_handed_on(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(COUNT)
    fetches = bench.begin()
    _, lease, rows = await bench.claimed()
    before, hosts = len(bench.here), {row % HOSTS for row in rows}
    left = {each.id for each in bench.candidates if each.id % HOSTS in hosts} - set(bench.here)
    assert len(rows) >= 5
    assert set(rows) == left
    await bench.settle(rows[:3])
    await bench.ledger.call(lease.beat, 3)
    done = dict(zip((each.id for each in bench.candidates), fetches, strict=True))
    await until(lambda: all(done[row].done() for row in rows[:3]))
    assert not any(done[row].done() for row in rows[3:])
    await bench.settle(rows[3:])
    await bench.ledger.call(lease.done, len(rows))
    await asyncio.gather(*fetches)
    assert {row: fetch.result() for row, fetch in done.items()} == {
        row: THERE if row in rows else HERE for row in done
    }
    assert not hosts & {row % HOSTS for row in bench.here[before:]}
    assert bench.tally.downloads == len(rows)
    assert [each.id for each in bench.candidates if bench.spread.examined(each)] == sorted(rows)


async def test_without_others_all_is_fetched_here(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(COUNT)
    fetches = bench.begin()
    await until(lambda: JobShard.select().count())
    assert set(await asyncio.gather(*fetches)) == {HERE}
    assert JobShard.select().count() == 0


async def test_few_are_not_offered(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(12)
    bench.begin()
    await asyncio.sleep(0.6)
    assert JobShard.select().count() == 0


async def test_shards_are_smaller_towards_the_end(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(160, size=1_000)
    bench.begin()
    _, _, rows = await bench.claimed()
    assert 40 <= len(rows) <= 100


async def test_what_waits_for_somebody_who_is_busy_is_not_taken_back(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(4 * COUNT)
    bench.begin()
    _, lease, rows = await bench.claimed()
    await until(lambda: JobShard.select().where(JobShard.state == "waiting").count())
    waiting = JobShard.get(JobShard.state == "waiting").number
    for settled in range(1, 4):
        bench.time += 2 * LONGEST_PATIENCE
        await bench.ledger.call(lease.beat, settled)
        await asyncio.sleep(3 * EVERY)
    assert JobShard.select().where(JobShard.number == waiting).count()
    await bench.settle(rows)
    await bench.ledger.call(lease.done, len(rows))
    await asyncio.sleep(3 * EVERY)
    bench.time += 2 * LONGEST_PATIENCE
    await until(lambda: not JobShard.select().where(JobShard.number == waiting).count())


async def test_what_a_shard_that_is_given_up_left_fails(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(COUNT)
    fetches = bench.begin()
    claim, _, rows = await bench.claimed()
    await bench.settle(rows[:1])
    await bench.ledger.call(lambda: JobShard.update(attempts=MOST_ATTEMPTS).execute())
    await bench.ledger.call(bench.claims.release, claim, "it broke")
    outcomes = dict(zip((each.id for each in bench.candidates), await asyncio.gather(*fetches), strict=True))
    failed = {row: outcome for row, outcome in outcomes.items() if outcome.reason == FAILED}
    assert set(failed) == set(rows[1:])
    assert {outcome.detail for outcome in failed.values()} == {"given up after 3 attempts: it broke"}
    assert all(outcome.passing for outcome in failed.values())


async def test_a_shard_that_nobody_waits_for_any_more_is_taken_away(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(COUNT)
    fetches = bench.begin()
    _, _, rows = await bench.claimed()
    unwanted = rows[: len(rows) // 2]
    for row, fetch in zip((each.id for each in bench.candidates), fetches, strict=True):
        if row in unwanted:
            fetch.cancel()
    await until(lambda: JobShard.get().row_ids == rows[len(rows) // 2 :])
    for fetch in fetches:
        fetch.cancel()
    await until(lambda: JobShard.select().count() == 0)
    assert not set(rows) & set(bench.here)


async def test_half_is_let_through_in_order_and_all_when_there_is_nobody_else() -> None:
    lines = Lines(least=2)
    tickets = [lines.join(lines.of(candidate_of(number)), candidate_of(number)) for number in range(8)]
    assert [ticket.begun for ticket in tickets] == [True] * 4 + [False] * 4
    tickets[4].turn.cancel()
    lines.leave(lines.of(candidate_of(0)))
    assert [ticket.begun for ticket in tickets[4:]] == [False] * 4
    lines.bounded = False
    lines.let()
    assert [ticket.begun for ticket in tickets[4:]] == [False, True, True, True]


async def test_what_is_taken_back_has_its_place_again() -> None:
    lines = Lines(least=1)
    line = lines.of(candidate_of(0))
    first, second, third, fourth = (lines.join(line, candidate_of(0)) for _ in range(4))
    assert [ticket.begun for ticket in (first, second, third)] == [True, True, False]
    line.lent = True
    line.waiting.remove(third)
    lines.leave(line)
    assert not fourth.begun
    lines.take_back([line], [third])
    assert list(line.waiting) == [third, fourth]
