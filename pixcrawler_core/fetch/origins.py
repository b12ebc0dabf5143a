"""One answer for each origin: asked for once at a time, kept for a while, within bounded memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

CAPACITY = 64 * 2**20
"""Bytes that the answers of one kind may take."""

ENTRY = 512
"""Bytes that an answer takes at least."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value, the clock's time until which it holds, and about how many bytes it takes."""

    value: T
    until: float
    size: int = 0


class OriginCache(Generic[T]):
    """Asks with `ask` for what it does not know; callers that want the same origin share one question.

    Answers used longest ago are dropped when they take more than `capacity` bytes together.
    """

    def __init__(
        self,
        ask: Callable[[str], Awaitable[Answer[T]]],
        clock: Callable[[], float],
        capacity: int = CAPACITY,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._capacity = capacity
        self._size = 0
        self._answers: OrderedDict[str, Answer[T]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Answer[T]]] = {}

    async def get(self, origin: str) -> T:
        """The value for an origin; raises what `ask` raises."""
        answer = self._answers.get(origin)
        if answer is not None and answer.until > self._clock():
            self._answers.move_to_end(origin)
            return answer.value
        task = self._asking.get(origin)
        if task is None:
            task = self._asking[origin] = asyncio.create_task(self._ask_and_keep(origin))
            task.add_done_callback(lambda done: self._asked(origin, done))
        return (await asyncio.shield(task)).value

    async def close(self) -> None:
        """Stop the questions that are under way."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask_and_keep(self, origin: str) -> Answer[T]:
        answer = await self._ask(origin)
        self._drop(origin)
        self._answers[origin] = answer
        self._size += ENTRY + answer.size
        while self._size > self._capacity and len(self._answers) > 1:
            self._drop(next(iter(self._answers)))
        return answer

    def _drop(self, origin: str) -> None:
        old = self._answers.pop(origin, None)
        if old is not None:
            self._size -= ENTRY + old.size

    def _asked(self, origin: str, task: asyncio.Task[Answer[T]]) -> None:
        del self._asking[origin]
        if not task.cancelled():
            task.exception()  # callers have it; without any left, nobody needs it
