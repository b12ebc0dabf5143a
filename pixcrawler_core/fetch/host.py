"""What is known of one host, and the queue of requests that wait for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

FIRST_DELAY = 0.25
"""Seconds between requests after a host first complained; doubled at each further complaint."""

LONGEST_DELAY = 60.0
FAILURES = 5
"""Failed connections in a row after which a host counts as down."""

DOWN_FOR, LONGEST_DOWN_FOR = 60.0, 600.0
"""Seconds."""


class Host:
    """Counts, limits and queue of one host; `hosts.Hosts` explains them. Times are the event loop's."""

    __slots__ = (
        "_adaptive",
        "_base",
        "_down_for",
        "_down_until",
        "_first_down_for",
        "_loop",
        "_most",
        "_next_start",
        "_paused_until",
        "_reduced_at",
        "_streak",
        "_timer",
        "active",
        "failures",
        "limit",
        "name",
        "spacing",
        "waiters",
    )

    def __init__(self, name: str, most: int, delay: float, down_for: float = DOWN_FOR) -> None:
        self.name = name
        self.limit = most
        self.active = 0
        self.failures = 0
        self.spacing = 0.0
        self.waiters: deque[asyncio.Future[None]] = deque()
        self._loop = asyncio.get_running_loop()
        self._most = most
        self._base = delay
        self._adaptive = 0.0
        self._streak = 0
        self._next_start = 0.0
        self._paused_until = 0.0
        self._reduced_at = 0.0
        self._down_until = 0.0
        self._first_down_for = self._down_for = down_for
        self._timer: asyncio.TimerHandle | None = None

    @property
    def delay(self) -> float:
        """Seconds between the starts of two requests."""
        return max(self._base, self._adaptive, self.spacing)

    def now(self) -> float:
        """The time that the other times are measured in."""
        return self._loop.time()

    def paused_for(self) -> float:
        """Seconds for which the host wants no request."""
        return max(0.0, self._paused_until - self.now())

    def down_for(self) -> float:
        """Seconds for which the host is not tried because it cannot be reached."""
        return max(0.0, self._down_until - self.now())

    def idle(self) -> bool:
        """Whether the host may be forgotten: nothing runs, waits, or is being waited for."""
        return not (self.active or self.waiters or self._wait() > 0 or self.down_for() > 0)

    def enter(self) -> bool:
        """Start a request now if that is possible and nobody waits."""
        if self.waiters or self.active >= self.limit or self._wait() > 0:
            return False
        self._start()
        return True

    def queue(self) -> asyncio.Future[None]:
        """A future that is done when the request has been started."""
        waiter: asyncio.Future[None] = self._loop.create_future()
        self.waiters.append(waiter)
        self._pump()
        return waiter

    def give_up(self, waiter: asyncio.Future[None]) -> None:
        """A waiting request was cancelled; if it had just been started, its place goes to the next."""
        if waiter in self.waiters:
            self.waiters.remove(waiter)
        elif not waiter.cancelled() and waiter.exception() is None:
            self.leave()

    def leave(self) -> None:
        """A request is over."""
        self.active -= 1
        self._pump()

    def answered(self) -> None:
        """Count an answer that was no complaint."""
        self.failures = 0
        self._down_for = self._first_down_for
        self._streak += 1
        if self._streak < self.limit:
            return
        self._streak = 0
        self.limit = min(self._most, self.limit + 1)
        self._adaptive = self._adaptive / 2 if self._adaptive > FIRST_DELAY / 8 else 0.0
        self._pump()

    def throttled(self, started: float, retry_after: float | None) -> float:
        """Count a complaint about a request started at a time; returns the pause from now in seconds.

        Complaints about requests that were under way when the limit was last reduced do not reduce it again.
        """
        self.failures = 0
        self._streak = 0
        if started >= self._reduced_at:
            self.limit = max(1, self.limit // 2)
            self._adaptive = min(LONGEST_DELAY, max(FIRST_DELAY, 2 * self._adaptive))
            self._reduced_at = self.now()
        pause = self.delay if retry_after is None else retry_after
        self._paused_until = max(self._paused_until, self.now() + pause)
        return self.paused_for()

    def unreachable(self) -> bool:
        """Count a failed connection; True when the host is now taken to be down."""
        self.failures += 1
        if self.failures < FAILURES:
            return False
        if self.down_for() <= 0:
            self._down_until = self.now() + self._down_for
            self._down_for = min(LONGEST_DOWN_FOR, 2 * self._down_for)
            self.limit = 1
        return True

    def turn_away(self, failure: Callable[[], Exception]) -> None:
        """End the waiting of all that wait, with a failure."""
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done():
                waiter.set_exception(failure())

    def _wait(self) -> float:
        return max(self._next_start, self._paused_until) - self._loop.time()

    def _start(self) -> None:
        self.active += 1
        self._next_start = self._loop.time() + self.delay

    def _pump(self) -> None:
        while self.waiters and self.active < self.limit:
            wait = self._wait()
            if wait > 0:
                if self._timer is None:
                    self._timer = self._loop.call_later(wait, self._wake)
                return
            waiter = self.waiters.popleft()
            if not waiter.done():
                self._start()
                waiter.set_result(None)

    def _wake(self) -> None:
        self._timer = None
        self._pump()
