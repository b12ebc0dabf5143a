from __future__ import annotations

import asyncio
import gc
import time

import pytest
from pixcrawler_server.budgets import LATE, Budgets
from pixcrawler_server.errors import Unavailable
from pixcrawler_server.operations import Budget

from tests.server.conftest import Api, error_code


def test_each_kind_has_its_own_places() -> None:
    budgets = Budgets({Budget.WRITE: 2, Budget.READ: 1})
    slots = [budgets.take(Budget.WRITE), budgets.take(Budget.WRITE)]
    with pytest.raises(Unavailable) as refused:
        budgets.take(Budget.WRITE)
    assert refused.value.headers == {"Retry-After": "1"}
    with budgets.take(Budget.READ):
        pass
    slots[0].release()
    slots[0].release()
    assert budgets.taken[Budget.WRITE] == 1
    budgets.take(Budget.WRITE).release()
    assert budgets.shed[Budget.WRITE] == 1


def test_a_slot_that_nobody_has_any_more_is_free() -> None:
    budgets = Budgets({Budget.STREAM: 1})
    budgets.take(Budget.STREAM)
    gc.collect()
    assert budgets.taken[Budget.STREAM] == 0


def test_a_late_loop_turns_all_away_but_health() -> None:
    async def run() -> tuple[float, float]:
        budgets = Budgets({})
        budgets.start()
        await asyncio.sleep(0)
        time.sleep(LATE * 2)  # noqa: ASYNC251  # this is what makes it late
        late = budgets.late
        with pytest.raises(Unavailable):
            budgets.take(Budget.READ)
        budgets.take(Budget.FREE)
        await asyncio.sleep(LATE)
        budgets.take(Budget.READ)
        await budgets.stop()
        return late, budgets.late

    late, after = asyncio.run(run())
    assert late > LATE > after


def test_a_full_server_says_so_and_gives_places_back(api: Api) -> None:
    ada = api.user()
    taken = [api.services.budgets.take(Budget.READ) for _ in range(api.services.settings.places.read)]
    refused = ada("GET", "/projects")
    assert (refused.status_code, error_code(refused), refused.headers["Retry-After"]) == (
        503,
        "UNAVAILABLE",
        "1",
    )
    assert api.anonymous("GET", "//health/ready").status_code == 200
    taken.pop().release()
    for path in ("/projects", "/projects", "/projects/77", "/nothing"):
        ada("GET", path)
    assert api.services.budgets.taken[Budget.READ] == len(taken)
