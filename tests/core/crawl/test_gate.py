from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.crawl.gate import LOOKAHEAD, PAGE_SIZE, SPARE, Gate, Goal
from pixcrawler_core.crawl.turnstile import Key, Turnstile


@given(wanted=st.integers(0, 10**6), accepted=st.integers(0, 10**6))
def test_the_reach_shrinks_with_the_need(wanted: int, accepted: int) -> None:
    goal = Goal(wanted=wanted, accepted=accepted)
    later = Goal(wanted=wanted, accepted=accepted + 1)
    assert 0 < later.reach <= goal.reach <= LOOKAHEAD
    assert goal.met == (accepted >= wanted)
    assert goal.reach >= min(LOOKAHEAD, wanted - accepted)


def test_without_a_limit_nothing_is_ever_enough() -> None:
    goal = Goal(wanted=None, accepted=10**6)
    assert (goal.missing, goal.met, goal.reach) == (None, False, LOOKAHEAD)


def make(wanted: int | None, streams: int = 1) -> tuple[Turnstile[object], Gate]:
    turnstile: Turnstile[object] = Turnstile()
    for order in range(streams):
        turnstile.expect(order, 1)
    return turnstile, Gate(turnstile, {"cat": Goal(wanted=wanted)}, wanted)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def enter(turnstile: Turnstile[object], number: int) -> list[Key]:
    keys = [Key(1, 0, rank) for rank in range(number)]
    for key in keys:
        turnstile.enter(key)
    turnstile.end(0)
    return keys


async def test_as_many_as_are_missing_and_some_spare_are_let_through() -> None:
    turnstile, gate = make(wanted=8)
    keys = enter(turnstile, 40)
    tasks = [asyncio.ensure_future(gate.fetch("cat", key)) for key in reversed(keys)]
    await settle()
    through = 8 + 8 // 4 + SPARE
    # The last to ask are the first in order, so one more goes: the candidate that all others wait for.
    assert sum(task.done() for task in tasks) == through + 1 == gate.goal("cat").under_way
    gate.stop()
    assert [await task for task in tasks].count(True) == through + 1


async def test_what_all_wait_for_is_let_through_beyond_the_reach() -> None:
    turnstile, gate = make(wanted=1)
    keys = enter(turnstile, 10)
    gate.goal("cat").under_way = 100
    behind, head = (asyncio.ensure_future(gate.fetch("cat", key)) for key in (keys[1], keys[0]))
    await settle()
    assert (head.done(), behind.done()) == (True, False)
    turnstile.skip(keys[0])
    gate.update()
    await settle()
    assert behind.done()


async def test_pages_are_asked_for_as_the_backlog_needs_them() -> None:
    _, gate = make(wanted=2 * PAGE_SIZE, streams=9)
    tasks = [asyncio.ensure_future(gate.page("cat", Key(1, order, 0))) for order in reversed(range(9))]
    await settle()
    reach = gate.goal("cat").reach
    needed = -(-reach // PAGE_SIZE)
    assert sum(task.done() for task in tasks) == needed + 1
    assert tasks[-1].done()
    gate.goal("cat").accepted = 2 * PAGE_SIZE
    gate.update("cat")
    assert [await task for task in tasks].count(False) == 9 - needed - 1


async def test_a_met_goal_and_a_stop_send_everyone_away() -> None:
    turnstile, gate = make(wanted=0)
    keys = enter(turnstile, 1)
    assert await gate.fetch("cat", keys[0]) is False
    assert await gate.page("cat", Key(2, 0, 0)) is False
    turnstile, gate = make(wanted=None)
    keys = enter(turnstile, 1)
    gate.stop()
    assert await gate.fetch("cat", keys[0]) is False
    assert not gate.open("cat")


async def test_a_category_that_only_a_label_names_has_the_jobs_goal() -> None:
    gate = Gate(Turnstile(), {}, 3)
    assert gate.goal("dog").wanted == 3
    assert gate.goal("").wanted is None


async def test_of_a_category_that_an_earlier_job_asked_for_nothing_is_wanted() -> None:
    _, gate = make(wanted=3)
    gate.goal("dog").accepted = 5
    assert (gate.goal("dog").wanted, gate.goal("dog").met) == (0, True)
    assert gate.asked() == [gate.goal("cat")]


async def test_one_who_gave_up_waiting_does_not_count() -> None:
    turnstile, gate = make(wanted=1)
    keys = enter(turnstile, 10)
    tasks = [asyncio.ensure_future(gate.fetch("cat", key)) for key in keys]
    await settle()
    waiting = [task for task in tasks if not task.done()]
    assert waiting
    waiting[0].cancel()
    await settle()
    before = gate.goal("cat").under_way
    gate.goal("cat").under_way = 0
    gate.update("cat")
    await settle()
    assert all(task.done() for task in tasks)
    assert gate.goal("cat").under_way == len(tasks) - before - 1


async def test_a_page_that_waited_for_another_category_is_let_through() -> None:
    turnstile: Turnstile[object] = Turnstile()
    gate = Gate(turnstile, {"slow": Goal(wanted=1000), "cat": Goal(wanted=1000)}, None, {"cat"})
    for order, page in ((0, 1), (1, 3), (2, 3)):
        turnstile.expect(order, page)
    waiting = asyncio.ensure_future(gate.page("cat", Key(3, 1, 0)))
    await settle()
    assert not waiting.done(), "candidates of the first round may still come"
    turnstile.expect(0, 2)
    gate.update("slow")
    await settle()
    assert waiting.done()
    assert await waiting
