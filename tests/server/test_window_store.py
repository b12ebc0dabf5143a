from __future__ import annotations

import asyncio
import multiprocessing
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pixcrawler_server.window_store import SqliteWindows

EXPIRY = 10


@given(
    limit=st.integers(1, 5),
    steps=st.lists(st.tuples(st.floats(0, 6), st.integers(1, 3)), max_size=40),
)
def test_it_allows_what_a_list_of_all_times_allows(limit: int, steps: list[tuple[float, int]]) -> None:
    now = 1000.0
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        windows = SqliteWindows(Path(folder) / "limits.db", lambda: now)

        async def ask(amount: int) -> tuple[bool, tuple[float, int]]:
            allowed = await windows.acquire_entry("ada", limit, EXPIRY, amount)
            return allowed, await windows.get_moving_window("ada", limit, EXPIRY)

        for wait, amount in steps:
            now += wait
            times = [each for each in times if each > now - EXPIRY]
            fits = len(times) + amount <= limit
            times += [now] * amount if fits else []
            assert asyncio.run(ask(amount)) == (fits, (times[0] if times else now, len(times)))
        asyncio.run(windows.aclose())


def test_entries_are_forgotten_when_nobody_needs_them(tmp_path: Path) -> None:
    now = 0.0
    windows = SqliteWindows(tmp_path / "limits.db", lambda: now)
    asyncio.run(windows.acquire_entry("ada", 5, EXPIRY))
    now = 100.0
    asyncio.run(windows.acquire_entry("bob", 5, EXPIRY))
    assert windows.forget(50) == 1
    assert asyncio.run(windows.get_moving_window("bob", 5, EXPIRY)) == (100.0, 1)
    asyncio.run(windows.aclose())


def _take(path: Path, count: int) -> int:
    windows = SqliteWindows(path)

    async def take() -> int:
        return sum([await windows.acquire_entry("ada", 100, 3600) for _ in range(count)])

    taken = asyncio.run(take())
    asyncio.run(windows.aclose())
    return taken


def test_many_processes_share_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "limits.db"
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        taken = pool.starmap(_take, [(path, 60)] * 3)
    assert sum(taken) == 100


def test_what_another_process_forgot_is_not_remembered(tmp_path: Path) -> None:
    time = [1000.0]
    one, two = (SqliteWindows(tmp_path / "limits.db", lambda: time[0]) for _ in range(2))
    with closing(one), closing(two):
        for _ in range(5):
            assert one.add("a", 10, 60, 1, time[0])
        assert one.span("a", 10, 60)[1] == 5
        time[0] += 100
        assert two.forget(60) == 5
        for _ in range(6):
            assert one.add("a", 10, 60, 1, time[0])
        assert [each.span("a", 10, 60)[1] for each in (one, two)] == [6, 6]
