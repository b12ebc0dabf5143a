from __future__ import annotations

import asyncio

import pytest

from pixcrawler_core.fetch.origins import ENTRY, Answer, OriginCache


class Questions:
    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[str] = []
        self.cache = OriginCache(self.ask, lambda: self.now, capacity=2 * (ENTRY + 40))

    async def ask(self, origin: str) -> Answer[int]:
        self.asked.append(origin)
        await asyncio.sleep(0.01)
        if origin == "bad":
            raise LookupError(origin)
        return Answer(len(self.asked), self.now + 60, 40)


async def test_one_question_for_all_who_ask_at_once_and_while_it_holds() -> None:
    questions = Questions()
    assert await asyncio.gather(*(questions.cache.get("a") for _ in range(5))) == [1] * 5
    questions.now = 59
    assert await questions.cache.get("a") == 1
    questions.now = 60
    assert await questions.cache.get("a") == 2


async def test_an_error_reaches_everybody_and_is_not_kept() -> None:
    questions = Questions()
    results = await asyncio.gather(*(questions.cache.get("bad") for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [LookupError] * 3
    with pytest.raises(LookupError):
        await questions.cache.get("bad")
    assert questions.asked == ["bad", "bad"]


async def test_what_was_used_longest_ago_makes_room() -> None:
    questions = Questions()
    for origin in "abac":
        await questions.cache.get(origin)
    assert questions.asked == ["a", "b", "c"]
    await questions.cache.get("a")
    await questions.cache.get("b")
    assert questions.asked == ["a", "b", "c", "b"]


async def test_close_ends_open_questions() -> None:
    questions = Questions()
    asking = asyncio.create_task(questions.cache.get("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await questions.cache.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
