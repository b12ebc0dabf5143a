"""Turns requests away when there is too much to do, each kind for itself.

A server that takes on everything answers everything late. Here each kind of request has so many places, and
when the event loop itself is late, all but a few kinds are turned away until it is not: those that are taken
are then answered quickly, which is what Welsh and Culler call adaptive overload control (USITS 2003).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from math import inf
from typing import Any, Self

from pixcrawler_server.errors import Unavailable
from pixcrawler_server.operations import Budget

LATE = 0.1
"""Seconds by which the event loop may be late before requests are turned away."""
EVERY = 0.02
"""Seconds between two looks at how late it is."""
RETRY_AFTER = "1"
PAUSE = 0.1
"""Seconds after which those that are turned away are told so. Some ask again at once, whatever `Retry-After`
says, and to refuse takes half the time of a small answer, which they would take from others."""
MOST_PAUSES = 1_000
"""Requests that wait for that at most; others are told at once."""


class Slot:
    """A place that something has until `release`, or until nobody has the slot any more."""

    __slots__ = ("_kind", "_places")

    def __init__(self, places: dict[Any, int], kind: Hashable) -> None:
        self._places: dict[Any, int] | None = places
        self._kind = kind
        places[kind] += 1

    def release(self) -> None:
        """Give the place back; harmless when that was done."""
        if self._places is not None:
            self._places[self._kind] -= 1
            self._places = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __del__(self) -> None:
        self.release()


class Held:
    """A stream of bytes that has a place until it is closed, which Falcon does however it ends."""

    def __init__(self, stream: Any, slot: Slot) -> None:
        self._stream, self._slot = stream, slot
        self._chunks: AsyncIterator[bytes] = aiter(stream)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._chunks)

    async def close(self) -> None:
        """Close the stream, and give the place back."""
        try:
            if hasattr(self._stream, "close"):
                await self._stream.close()
        finally:
            self._slot.release()


class Budgets:
    """How many requests of each kind are under way, and how late the event loop is.

    `most` has the places of each kind in this process; `clock` is in seconds.
    """

    def __init__(self, most: Mapping[Budget, int], clock: Callable[[], float] = time.monotonic) -> None:
        self._most = dict(most)
        self._clock = clock
        self.taken = dict.fromkeys(Budget, 0)
        """Requests under way."""
        self.shed = dict.fromkeys(Budget, 0)
        """Requests that were turned away."""
        self._pauses = 0
        self._late = self._late_before = 0.0
        self._due: float | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def late(self) -> float:
        """Seconds by which the event loop is late twice in a row, at looks or by now.

        Once is a moment in which something was imported, say, and no overload.
        """
        now = 0.0 if self._due is None else self._clock() - self._due
        return max(min(self._late_before, self._late), min(self._late, now))

    def take(self, budget: Budget) -> Slot:
        """A place for a request. Raises Unavailable at once when there is none, or the loop is late."""
        full = self.taken[budget] >= self._most.get(budget, inf)
        if budget is not Budget.FREE and (full or self.late > LATE):
            self.shed[budget] += 1
            raise Unavailable(
                f"there is too much to do ({budget.value}); ask again in a second",
                headers={"Retry-After": RETRY_AFTER},
            )
        return Slot(self.taken, budget)

    async def pause(self) -> None:
        """Wait before a request is told that it is turned away."""
        if self._pauses >= MOST_PAUSES:
            return
        self._pauses += 1
        try:
            await asyncio.sleep(PAUSE)
        finally:
            self._pauses -= 1

    def start(self) -> None:
        """Begin to watch the event loop."""
        self._watch = asyncio.get_running_loop().create_task(self._watching())

    async def stop(self) -> None:
        """End watching."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._due = None

    async def _watching(self) -> None:
        while True:
            self._due = self._clock() + EVERY
            await asyncio.sleep(EVERY)
            self._late_before, self._late = self._late, max(0.0, self._clock() - self._due)
