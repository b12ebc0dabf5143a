from __future__ import annotations

import asyncio
import gc
import logging
import time

import pytest
from falcon.asgi import Request
from pixcrawler_server.budgets import LATE, MOST_PAUSES, PAUSE, Budgets
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


def test_a_loop_that_is_late_twice_turns_all_away_but_health() -> None:
    """And takes them again when it is not."""

    async def run() -> tuple[float, float]:
        budgets = Budgets({})
        budgets.start()
        await asyncio.sleep(0)
        time.sleep(LATE * 2)  # noqa: ASYNC251  # this is what makes it late
        budgets.take(Budget.READ)
        await asyncio.sleep(0.001)  # so that it is seen
        budgets.take(Budget.READ)
        time.sleep(LATE * 2)  # noqa: ASYNC251
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


def test_who_is_turned_away_is_told_after_a_pause() -> None:
    """Unless many are."""

    async def waited(count: int) -> list[float]:
        budgets, began, ended = Budgets({}), time.monotonic(), []

        async def pause() -> None:
            await budgets.pause()
            ended.append(time.monotonic() - began)

        await asyncio.gather(*(pause() for _ in range(count)))
        return ended

    ended = asyncio.run(waited(MOST_PAUSES + 5))
    assert sum(each >= PAUSE for each in ended) == MOST_PAUSES
    assert max(ended) < PAUSE * 10


def test_what_was_turned_away_is_not_logged(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    ada = api.user()
    taken = [api.services.budgets.take(Budget.READ) for _ in range(api.services.settings.places.read)]
    with caplog.at_level(logging.INFO, "pixcrawler.requests"):
        assert ada("GET", "/projects").status_code == 503
    assert (len(taken), caplog.records) == (api.services.settings.places.read, [])


def test_a_request_leaves_nothing_to_the_garbage_collector(api: Api) -> None:
    """Whose memory would be cold by the time that it is used again."""
    ada = api.user()
    gc.collect()
    gc.disable()
    try:
        assert ada("GET", "/projects").status_code == 200
        assert [each for each in gc.get_objects() if isinstance(each, Request)] == []
    finally:
        gc.enable()


@pytest.mark.parametrize("path", ["/audit/export", "/admin/audit/export"])
def test_what_is_streamed_takes_a_place_of_downloads(api: Api, path: str) -> None:
    root = api.admin()
    taken = [api.services.budgets.take(Budget.DOWNLOAD) for _ in range(api.services.settings.places.download)]
    refused = root("GET", path)
    assert (refused.status_code, "download" in refused.json["error"]["message"]) == (503, True)
    taken.pop().release()
    assert root("GET", path).status_code == 200
    assert api.services.budgets.taken[Budget.DOWNLOAD] == len(taken)


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
    counted = api.anonymous("GET", "//metrics").text
    assert 'pixcrawler_http_shed_total{budget="read"}' in counted
    taken.pop().release()
    for path in ("/projects", "/projects", "/projects/77", "/nothing"):
        ada("GET", path)
    assert api.services.budgets.taken[Budget.READ] == len(taken)
