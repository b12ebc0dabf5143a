from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixcrawler_server.leases import LIFE, MOST, PATIENCE, Leases
from pixcrawler_server.window_store import SqliteWindows

EXPIRY = 1


class Clock:
    """A clock that several processes see."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Process:
    """One that answers requests: it has leases of its own, in the file that all share."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.leases = Leases(SqliteWindows(path, clock), clock)

    async def ask(self, limit: int) -> bool:
        return await self.leases.acquire_entry("ada", limit, EXPIRY)


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.001, 0.01, 0.04, 0.06, 0.2, 0.9]), st.integers(0, 2), st.integers(1, 40)
    ),
    max_size=25,
)


@settings(max_examples=25)
@given(limit=st.integers(1, 150), steps=STEPS)
def test_processes_together_never_allow_more_than_the_limit(
    limit: int, steps: list[tuple[float, int, int]]
) -> None:
    clock = Clock()
    allowed: list[float] = []

    async def ask(path: Path) -> None:
        processes = [Process(path, clock) for _ in range(3)]
        for wait, number, count in steps:
            for _ in range(count):
                clock.now += wait / 10
                if await processes[number].ask(limit):
                    allowed.append(clock.now)
                    assert sum(at > clock.now - EXPIRY for at in allowed) <= limit
            clock.now += wait
            if count % 2:
                processes[(number + 1) % 3].leases.settle()
        for process in processes:
            await process.leases.aclose()
        late = Process(path, clock)
        _, left = await late.leases.get_moving_window("ada", limit, EXPIRY)
        assert sum(at > clock.now - EXPIRY for at in allowed) <= left
        assert left <= sum(at > clock.now - EXPIRY - LIFE for at in allowed)
        await late.leases.aclose()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(ask(Path(folder) / "limits.db"))


@settings(max_examples=25)
@given(limit=st.integers(1, 150), steps=STEPS)
def test_one_process_refuses_nobody_who_has_something_left(
    limit: int, steps: list[tuple[float, int, int]]
) -> None:
    clock = Clock()
    allowed: list[float] = []

    async def ask(path: Path) -> None:
        process = Process(path, clock)
        for wait, settles, count in steps:
            for _ in range(count):
                clock.now += wait / 10
                took = await process.ask(limit)
                _, told = await process.leases.get_moving_window("ada", limit, EXPIRY)
                allowed.extend([clock.now] * took)
                lately = sum(at > clock.now - EXPIRY - 2 * LIFE for at in allowed)
                assert took or lately >= limit
                assert sum(at > clock.now - EXPIRY for at in allowed) <= told <= lately
            clock.now += wait
            if settles:
                process.leases.settle()
        await process.leases.aclose()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(ask(Path(folder) / "limits.db"))


def test_all_that_is_allowed_can_be_used_and_no_more(tmp_path: Path) -> None:
    clock = Clock()

    async def ask() -> list[int]:
        process, told = Process(tmp_path / "limits.db", clock), []
        for _ in range(200):
            assert await process.leases.acquire_entry("ada", 200, 3600)
            told.append((await process.leases.get_moving_window("ada", 200, 3600))[1])
            clock.now += 0.001
        assert not await process.leases.acquire_entry("ada", 200, 3600)
        await process.leases.aclose()
        return told

    assert asyncio.run(ask()) == list(range(1, 201))


def test_what_is_used_late_leaves_its_window_late(tmp_path: Path) -> None:
    clock = Clock()

    async def ask() -> None:
        process, allowed = Process(tmp_path / "limits.db", clock), list[float]()
        for wait in [*[0.012] * 64, EXPIRY - 63 * 0.012 + 0.001, 0, 0, 0]:
            allowed += [clock.now] * await process.ask(64)
            clock.now += wait
        assert sum(at > clock.now - EXPIRY for at in allowed) <= 64
        await process.leases.aclose()

    asyncio.run(ask())


def test_what_another_process_took_meanwhile_stays(tmp_path: Path) -> None:
    clock = Clock()

    async def ask() -> int:
        process, other = (Process(tmp_path / "limits.db", clock) for _ in range(2))
        for each in [*[process] * 10, other, other]:
            assert await each.ask(10_000)
        clock.now += 2 * LIFE
        process.leases.settle()
        other.leases.settle()
        count = (await process.leases.get_moving_window("ada", 10_000, EXPIRY))[1]
        await process.leases.aclose()
        await other.leases.aclose()
        return count

    assert asyncio.run(ask()) == 12


def test_few_requests_write_when_they_come_quickly(tmp_path: Path) -> None:
    clock = Clock()

    async def ask(wait: float) -> int:
        process, other = (Process(tmp_path / f"{wait}.db", clock) for _ in range(2))
        for _ in range(100):
            assert await process.ask(10_000)
            clock.now += wait
        before = (await other.leases.get_moving_window("ada", 10_000, EXPIRY))[1]
        assert await process.ask(10_000)
        after = (await other.leases.get_moving_window("ada", 10_000, EXPIRY))[1]
        await process.leases.aclose()
        await other.leases.aclose()
        return after - before

    assert asyncio.run(ask(0.0001)) == 0
    assert asyncio.run(ask(0.06)) == 1


def test_what_nobody_uses_is_given_back_by_itself(tmp_path: Path) -> None:
    async def ask() -> tuple[int, int]:
        leases = Leases(SqliteWindows(tmp_path / "limits.db"), time.time)
        other = SqliteWindows(tmp_path / "limits.db")
        for _ in range(2 * MOST):
            assert await leases.acquire_entry("ada", 10_000, 3600)
        leased = other.span("ada", 10_000, 3600)[1]
        await asyncio.sleep(3 * LIFE)
        left = other.span("ada", 10_000, 3600)[1]
        await leases.aclose()
        await other.aclose()
        return leased, left

    leased, left = asyncio.run(ask())
    assert leased > 2 * MOST
    assert left == 2 * MOST


def _take(path: Path, count: int) -> int:
    async def take() -> int:
        leases = Leases(SqliteWindows(path), time.time)
        taken = sum([await leases.acquire_entry("ada", 200, 3600) for _ in range(count)])
        await leases.aclose()
        return taken

    return asyncio.run(take())


def test_two_processes_use_all_of_a_limit_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "limits.db"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        taken = pool.starmap(_take, [(path, 200)] * 2)
    assert sum(taken) == 200


def test_who_waits_for_others_to_write_keeps_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "limits.db"
    leases = Leases(SqliteWindows(path, time.time, PATIENCE), time.time)
    late: list[float] = []

    async def look() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - began)

    async def ask(seconds: float) -> bool:
        looking = asyncio.create_task(look())
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(seconds, other.execute, "COMMIT")
        try:
            return await leases.acquire_entry("ada", 5, 3600)
        finally:
            looking.cancel()

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        assert asyncio.run(ask(0.15))
        assert max(late) < 0.1
        with pytest.raises(sqlite3.OperationalError):
            asyncio.run(ask(30))
    asyncio.run(leases.aclose())
