"""Shards and leases in the catalog: who may have what, and who may write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import pytest
from peewee import Database, OperationalError

from pixcrawler_core.catalog.database import connect
from pixcrawler_core.catalog.fencing import job_fence, shard_fence
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.models import CrawlJob, Dataset, JobShard, JobStatus, LedgerRow
from pixcrawler_core.catalog.shards import ShardState
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import LeaseLost, WorkspaceError
from pixcrawler_core.jobs.claims import MOST_ATTEMPTS, Claim, Lease, ShardQueue
from pixcrawler_core.jobs.offers import LEFT, Offers, Standing
from pixcrawler_core.jobs.queue import Queue
from pixcrawler_core.records import Candidate, Outcome, Stage, State

LEASE = timedelta(seconds=15)
ONE, TWO = "one", "two"
"""Tokens of runs."""
GONE = Outcome(state=State.FAILED, stage=Stage.FETCH, reason="http-404")


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 15, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shards(database: Database, clock: Clock) -> ShardQueue:
    tokens = map("token-{}".format, count())
    make_token = partial(next, tokens)
    return ShardQueue(database=database, place="here", now=clock, make_token=make_token, lease=LEASE)


def offers_of(ledger: Ledger, clock: Clock, place: str = "here") -> Offers:
    return Offers(database=ledger.database, job_id=ledger.job_id, place=place, now=clock)


@pytest.fixture
def offers(ledger: Ledger, clock: Clock) -> Offers:
    return offers_of(ledger, clock)


def claimed(shards: ShardQueue) -> Claim:
    """The next shard, which there is."""
    claim = shards.claim()
    assert claim is not None
    return claim


def lease_of(claim: Claim, shards: ShardQueue) -> Lease:
    return Lease(database=shards.database, shard=claim.shard, token=claim.token, now=shards.now, length=LEASE)


def found(ledger: Ledger, count: int = 1) -> list[Candidate]:
    """Candidates that the ledger has."""
    stream = ledger.open_stream("birds", "openverse", "birds")
    told = [
        Candidate(engine="openverse", category="birds", query="birds", image_url=f"https://a.org/{n}.jpg")
        for n in range(count)
    ]
    return ledger.add_page(stream.id, 1, told, None, done=True)


def test_a_shard_is_taken_once_and_done_once(offers: Offers, shards: ShardQueue) -> None:
    offers.offer(1, [5, 6])
    claim = claimed(shards)
    assert shards.claim() is None
    assert shards.held([claim]) == {claim}
    lease = lease_of(claim, shards)
    assert lease.rows() == [5, 6]
    offers.narrow(1, [6])
    assert lease.rows() == [6]
    lease.beat(1)
    assert (offers.standing([1])[1].state, offers.standing([1])[1].settled) == ("leased", 1)
    lease.done(2)
    assert (offers.standing([1])[1].state, offers.standing([1])[1].settled) == ("done", 2)
    with pytest.raises(LeaseLost):
        lease.done(2)
    assert shards.held([claim]) == set()


def test_only_those_shards_are_read_that_are_asked_for(offers: Offers) -> None:
    """A run has had very many when it ends, and asks four times a second."""
    for number in (1, 2, 3):
        offers.offer(number, [5])
    assert offers.standing([2, 4]) == {2: Standing(ShardState.WAITING, 0, "")}


def test_only_shards_of_running_jobs_whose_bytes_lie_here_are_taken(
    ledger: Ledger, clock: Clock, shards: ShardQueue
) -> None:
    offers_of(ledger, clock, place="elsewhere").offer(1, [5])
    assert shards.claim() is None
    offers_of(ledger, clock).offer(2, [6])
    CrawlJob.update(status="paused").execute()
    assert shards.claim() is None
    CrawlJob.update(status="running").execute()
    claim = claimed(shards)
    CrawlJob.update(status="cancelling").execute()
    assert shards.held([claim]) == set()


def test_higher_priorities_come_first_then_users_with_fewer_shards(
    ledger: Ledger, clock: Clock, shards: ShardQueue
) -> None:
    jobs = {}
    for name, user, priority in (("a", "ada", 0), ("b", "ada", 0), ("c", "bob", 0), ("d", "ada", 1)):
        Dataset.create(id=name, name=name)
        row = CrawlJob.create(dataset=name, status="running", ordered_by=user, priority=priority)
        jobs[int(row.id)] = name
        offers_of(Ledger(ledger.database, row.id), clock).offer(1, [5])
    assert [jobs[claimed(shards).job] for _ in range(4)] == ["d", "c", "a", "b"]


def test_a_shard_that_fails_is_tried_again_later_and_given_up_at_last(
    offers: Offers, shards: ShardQueue, clock: Clock
) -> None:
    offers.offer(1, [5])
    for seconds in (2, 4):
        shards.release(claimed(shards), "it broke")
        clock.pass_by(seconds - 0.1)
        assert shards.claim() is None
        clock.pass_by(0.1)
    shards.release(claimed(shards), "it broke")
    assert (offers.standing([1])[1].state, offers.standing([1])[1].error) == (
        "parked",
        f"given up after {MOST_ATTEMPTS} attempts: it broke",
    )


def test_an_attempt_that_was_stopped_counts_for_nothing(offers: Offers, shards: ShardQueue) -> None:
    offers.offer(1, [5])
    for _ in range(MOST_ATTEMPTS + 1):
        shards.release(claimed(shards), "", uncounted=True)
    assert offers.standing([1])[1].state == "waiting"


def test_who_is_silent_loses_the_shard_and_writes_nothing_any_more(
    ledger: Ledger, offers: Offers, shards: ShardQueue, clock: Clock
) -> None:
    (candidate,) = found(ledger)
    offers.offer(1, [candidate.id])
    claim = claimed(shards)
    fenced = Ledger(ledger.database, ledger.job_id, fence=shard_fence(claim.shard, claim.token))
    fenced.apply([(candidate, GONE)])
    clock.pass_by(15.1)
    lease_of(claim, shards).beat(0)  # nobody took it meanwhile
    shards.sweep()
    assert shards.held([claim]) == {claim}
    clock.pass_by(15.1)
    shards.sweep()
    clock.pass_by(2)
    other = claimed(shards)
    assert other.shard == claim.shard
    for write in (lease_of(claim, shards).rows, lambda: lease_of(claim, shards).beat(0)):
        with pytest.raises(LeaseLost, match="given to somebody else"):
            write()
    LedgerRow.update(state="found").execute()
    with pytest.raises(LeaseLost, match=f"shard {claim.shard} was given to somebody else"):
        fenced.apply([(candidate, GONE)])
    assert LedgerRow.get().state == "found"
    shards.release(claim, "too late")
    assert shards.held([other]) == {other}


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_who_is_frozen_while_it_writes_keeps_nobody_from_sweeping(
    database: Database, offers: Offers, shards: ShardQueue, clock: Clock
) -> None:
    """On PostgreSQL; SQLite locks the whole file, and others wait."""
    offers.offer(1, [5])
    claim = claimed(shards)
    frozen = connect(str(database.database))
    clock.pass_by(16)
    with Sql(frozen, shard_fence(claim.shard, claim.token)).transaction():
        shards.sweep()
        assert shards.held([claim]) == {claim}
    frozen.close()
    shards.sweep()
    assert shards.held([claim]) == set()


def both_leased(database: Database, offers: Offers, shards: ShardQueue) -> Claim:
    """A shard and its job that are leased; whoever waits for a lock is soon told so."""
    offers.offer(1, [5])
    CrawlJob.update(worker="a", token=ONE).execute()
    Sql(database).run("SET lock_timeout = '500ms'")
    return claimed(shards)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_leases_are_renewed_while_their_holders_write(
    database: Database, ledger: Ledger, offers: Offers, shards: ShardQueue, clock: Clock
) -> None:
    """On PostgreSQL: a transaction may take longer than a lease, and others of the worker must not end."""
    claim = both_leased(database, offers, shards)
    for fence in (shard_fence(claim.shard, claim.token), job_fence(ledger.job_id, ONE)):
        writer = connect(str(database.database))
        with Sql(writer, fence).transaction():
            Queue(database, "a", clock, LEASE).renew([ledger.job_id])
            shards.renew([claim])
            offers.narrow(1, [5])
        writer.close()
    assert CrawlJob.get_by_id(ledger.job_id).lease_until == clock() + LEASE


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_lease_is_not_given_up_while_its_holder_writes(
    database: Database, ledger: Ledger, offers: Offers, shards: ShardQueue, clock: Clock
) -> None:
    """On PostgreSQL."""
    claim = both_leased(database, offers, shards)
    writer = connect(str(database.database))
    with Sql(writer, shard_fence(claim.shard, claim.token)).transaction(), pytest.raises(WorkspaceError):
        shards.release(claim, "it broke")
    queue = Queue(database, "a", clock, LEASE)
    held = Sql(writer, job_fence(ledger.job_id, ONE)).transaction()
    with held, pytest.raises(OperationalError):
        queue.release(ledger.job_id, JobStatus.QUEUED)
    writer.close()
    assert shards.held([claim]) == {claim}


def test_a_worker_keeps_what_begins_and_not_what_has_begun(
    offers: Offers, shards: ShardQueue, clock: Clock
) -> None:
    offers.offer(1, [5])
    claim = claimed(shards)
    clock.pass_by(14)
    shards.renew([claim])
    clock.pass_by(14)
    shards.sweep()
    assert shards.held([claim]) == {claim}
    lease_of(claim, shards).beat(0)
    clock.pass_by(14)
    shards.renew([claim])
    clock.pass_by(2)
    shards.sweep()
    assert shards.held([claim]) == set()


def test_a_run_that_lost_its_job_writes_nothing_and_takes_nothing_away(
    ledger: Ledger, clock: Clock, shards: ShardQueue
) -> None:
    (candidate,) = found(ledger)
    CrawlJob.update(worker="a", token=ONE).execute()
    fence = job_fence(ledger.job_id, ONE)
    fenced = Ledger(ledger.database, ledger.job_id, fence=fence)
    stale = Offers(database=ledger.database, job_id=ledger.job_id, place="here", now=clock, fence=fence)
    fenced.apply([(candidate, GONE)])
    stale.offer(1, [candidate.id])
    CrawlJob.update(worker="b", token=TWO).execute()
    writes = (partial(fenced.apply, [(candidate, GONE)]), stale.clear, partial(stale.offer, 2, []))
    for write in writes:
        with pytest.raises(LeaseLost, match=f"job {ledger.job_id} was given to somebody else"):
            write()
    assert JobShard.select().count() == 1


def test_an_offer_is_withdrawn_unless_somebody_has_it_or_comes_back_for_it(
    offers: Offers, shards: ShardQueue, clock: Clock
) -> None:
    offers.offer(1, [5])
    assert offers.withdraw(1)
    assert not offers.withdraw(1)
    offers.offer(2, [5])
    claim = claimed(shards)
    assert not offers.withdraw(2)
    shards.release(claim, "it broke")
    clock.pass_by(2)
    assert not offers.withdraw(2)
    clock.pass_by(LEFT.total_seconds() + 0.1)
    assert offers.withdraw(2)


def test_what_is_fetched_and_not_examined_is_left_to_be_settled(ledger: Ledger, offers: Offers) -> None:
    one, two, three = found(ledger, 3)
    half = Outcome(state=State.FETCHED, stage=Stage.FETCH, sha256="0" * 64, size=9)
    whole = Outcome(state=State.FETCHED, stage=Stage.VALIDATION, sha256="1" * 64, size=9, reason="too-small")
    ledger.apply([(one, half), (two, whole)])
    rows = [one.id, two.id, three.id]
    assert dict(offers.outcomes(rows)) == {two.id: whole}
    assert list(ledger.unsettled(rows)) == [(one, half), (three, None)]
