"""Politeness towards one host: order, limits, pauses, the breaker, and that nothing ever hangs."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.fetch.failure import Failure
from pixcrawler_core.fetch.host import FAILURES, FIRST_DELAY, Host
from pixcrawler_core.fetch.hosts import Hosts


def now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def entered(hosts: Hosts, count: int, name: str = "a") -> AsyncIterator[list[asyncio.Task[None]]]:
    """`count` tasks that ask for a slot of a host and hold it until the context is left."""
    end = asyncio.Event()

    async def hold() -> None:
        async with hosts.slot(name):
            await end.wait()

    tasks = [asyncio.create_task(hold()) for _ in range(count)]
    await asyncio.sleep(0)
    yield tasks
    end.set()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_limit_and_order() -> None:
    hosts = Hosts(per_host=2)
    order: list[int] = []
    active = most = 0

    async def work(number: int) -> None:
        nonlocal active, most
        async with hosts.slot("a"):
            order.append(number)
            active += 1
            most = max(most, active)
            await asyncio.sleep(0.001)
            active -= 1

    await asyncio.gather(*(work(number) for number in range(50)))
    assert order == list(range(50))
    assert most == 2


async def test_hosts_do_not_wait_for_each_other() -> None:
    hosts = Hosts(per_host=1)
    async with hosts.slot("a"), asyncio.timeout(1), hosts.slot("b"):
        pass


async def test_starts_are_spaced_by_the_larger_of_both_delays() -> None:
    hosts = Hosts(per_host=5, delay=0.02)
    starts: list[float] = []

    async def work(spacing: float) -> None:
        async with hosts.slot("a", spacing):
            starts.append(now())

    await asyncio.gather(*(work(0) for _ in range(4)))
    await asyncio.gather(*(work(0.05) for _ in range(3)))
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert min(gaps[:3]) >= 0.018
    assert min(gaps[4:]) >= 0.048


async def test_complaints_halve_the_limit_once_for_a_burst_and_success_restores_it() -> None:
    hosts = Hosts(per_host=8)
    slots = [hosts.slot("a") for _ in range(8)]
    for slot in slots:
        await slot.__aenter__()
    for slot in slots:
        slot.throttled(0)
        await slot.__aexit__(None, None, None)
    assert hosts.status()["a"].limit == 4
    assert hosts.status()["a"].delay == FIRST_DELAY
    limits: list[int] = []
    for _ in range(4 + 5 + 6 + 7 + 8):
        slots[0].answered()
        limits.append(hosts.status()["a"].limit)
    assert limits == [4] * 3 + [5] * 5 + [6] * 6 + [7] * 7 + [8] * 9
    assert hosts.status()["a"].delay == 0


async def test_a_raised_limit_lets_those_in_who_wait() -> None:
    hosts = Hosts(per_host=2)
    async with hosts.slot("a") as slot:
        slot.throttled(0)
        assert hosts.status()["a"].limit == 1
        async with entered(hosts, 1):
            assert hosts.status()["a"].waiting == 1
            await asyncio.sleep(2 * FIRST_DELAY)
            slot.answered()
            assert hosts.status()["a"].waiting == 0


async def test_limit_never_falls_below_one_and_never_rises_above_the_job() -> None:
    hosts = Hosts(per_host=2)
    slot = hosts.slot("a")
    for _ in range(5):
        slot.throttled(0)
    assert hosts.status()["a"].limit == 1
    for _ in range(50):
        slot.answered()
    assert hosts.status()["a"].limit == 2


async def test_pause_holds_for_those_who_wait_already() -> None:
    hosts = Hosts(per_host=1)
    async with hosts.slot("a") as slot:
        waiting = asyncio.create_task(hosts.slot("a").__aenter__())
        await asyncio.sleep(0)
        slot.throttled(0.1)
        started = now()
    await waiting
    assert now() - started >= 0.098


async def test_pause_beyond_the_limit_turns_all_away() -> None:
    hosts = Hosts(per_host=1, max_wait=5)
    async with hosts.slot("a") as slot, entered(hosts, 3) as tasks:
        slot.throttled(6)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert [error.reason for error in done if isinstance(error, Failure)] == ["throttled"] * 3
        with pytest.raises(Failure, match="max_wait"):
            await hosts.slot("a").__aenter__()
    assert hosts.status()["a"].paused_for > 5


async def test_breaker_turns_all_away_and_lets_one_try_later() -> None:
    hosts = Hosts(per_host=4, down_for=0.05)
    async with hosts.slot("a") as slot:
        async with entered(hosts, 6) as tasks:
            for _ in range(FAILURES):
                slot.unreachable()
            done = await asyncio.gather(*tasks[3:], return_exceptions=True)
        assert [error.reason for error in done if isinstance(error, Failure)] == ["host-down"] * 3
        with pytest.raises(Failure, match="5 times in a row"):
            await hosts.slot("a").__aenter__()
    await asyncio.sleep(0.06)
    async with entered(hosts, 3) as tasks:
        assert hosts.status()["a"].waiting == 2
    assert not any(task.exception() for task in tasks)


async def test_breaker_waits_longer_each_time() -> None:
    host = Host("a", 4, 0)
    times = []
    for _ in range(6):
        for _ in range(FAILURES):
            host.unreachable()
        times.append(round(host.down_for()))
        host._down_until = 0  # noqa: SLF001
    assert times == [60, 120, 240, 480, 600, 600]


async def test_cancelled_waiters_lose_neither_place_nor_slot() -> None:
    hosts = Hosts(per_host=1)
    async with hosts.slot("a"):
        tasks = [asyncio.create_task(hosts.slot("a").__aenter__()) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.sleep(0)
    tasks[1].cancel()  # it was given the slot in the same moment
    async with asyncio.timeout(1):
        await tasks[2]
    assert (hosts.status()["a"].active, hosts.status()["a"].waiting) == (1, 0)


async def test_memory_is_bounded_and_busy_hosts_are_kept() -> None:
    hosts = Hosts(per_host=1, capacity=10)
    async with hosts.slot("busy"):
        hosts.slot("paused").throttled(60)
        for number in range(100):
            async with hosts.slot(str(number)):
                pass
        assert len(hosts.status()) == 10
        assert {"busy", "paused", "99"} <= hosts.status().keys()


class SkippingSelector(selectors.DefaultSelector):
    """Does not wait, but counts the seconds; what would wait for ever is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits, and nobody will wake them")
        self.skipped += timeout
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop in which waiting takes no time."""

    def __init__(self) -> None:
        self._skipping = SkippingSelector()
        super().__init__(self._skipping)

    def time(self) -> float:
        return super().time() + self._skipping.skipped


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), per_host=st.integers(1, 4), delay=st.sampled_from([0, 0.5]))
def test_nothing_hangs_whatever_happens(seed: int, per_host: int, delay: float) -> None:
    chance = random.Random(seed)

    async def work(hosts: Hosts) -> None:
        async with hosts.slot(chance.choice("ab"), chance.choice([0, 0, 2])) as slot:
            await asyncio.sleep(chance.choice([0, 0, 1]))
            kind = chance.random()
            if kind < 0.1:
                slot.throttled(chance.choice([None, 0, 3]))
            elif kind < 0.15:
                slot.throttled(100)
            elif kind < 0.3:
                slot.unreachable()
            elif kind < 0.4:
                raise ConnectionError
            else:
                slot.answered()

    async def main() -> None:
        hosts = Hosts(per_host=per_host, delay=delay, max_wait=10)
        tasks = [asyncio.create_task(work(hosts)) for _ in range(60)]
        await asyncio.sleep(3)
        for task in chance.sample(tasks, 20):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(status.active == status.waiting == 0 for status in hosts.status().values())

    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        runner.run(main())
