"""Takes several entries of a window at once for whoever asks in quick succession, so that few requests write.

A lease counts as used from its beginning, so that all processes together never allow more than the limit. Its
entries have the time at which it ends: none of them leaves its window earlier than it would have by itself,
and at most `LIFE` later. What nobody used by then is given back.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from pixcrawler_server.window_store import SqliteWindows, is_busy

LIFE = 0.1
"""Seconds a lease is good for."""
QUICK = 0.05
"""Seconds from one request to the next, of those for whom more is taken each time."""
MOST = 64
"""Entries of a lease: by then writing is some microseconds of each."""
SHARE = 16
"""A lease is at most this part of what is left, for other processes do not get what is leased."""
PATIENCE = 0.005
"""Seconds for which the event loop stands still at most while others write."""
PAUSES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds after which it is tried again then, while the loop does other things."""
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Lease:
    """Entries of one window that this process took."""

    limit: int
    size: int
    left: int
    """Not used so far."""
    at: float
    """The time of its entries in the window."""
    until: float
    last: float
    """When it was used."""
    begin: float = 0.0
    """When the oldest entry of the window was added."""
    count: int = 0
    """Entries in the window, with all of the lease."""


class Leases:
    """Windows of a file, of which it takes several entries at once where that pays. `now` is in seconds."""

    def __init__(self, windows: SqliteWindows, now: Callable[[], float]) -> None:
        self._windows = windows
        self._now = now
        self._held: dict[str, Lease] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def acquire_entry(self, key: str, limit: int, expiry: int) -> bool:
        """Add an entry if then there are at most `limit` in the last `expiry` seconds.

        Raises sqlite3.Error, also where others wrote for all the time of `PAUSES`.
        """
        for pause in PAUSES:
            try:
                return self._acquire(key, limit, expiry)
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
            await asyncio.sleep(pause)
        return self._acquire(key, limit, expiry)

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest entry of the window was added, and how many there are, as of `LIFE` ago at most."""
        held = self._held.get(key)
        if held is None:
            return self._windows.span(key, limit, expiry)
        return held.begin, held.count - held.left

    async def check(self) -> bool:
        """Whether the file answers."""
        return await self._windows.check()

    def settle(self) -> None:
        """Give back what nobody used in time."""
        now = self._now()
        for key, held in [each for each in self._held.items() if now >= each[1].until]:
            self._give_back(key, held)

    async def aclose(self) -> None:
        """Give back everything, and close the file."""
        if self._timer is not None:
            self._timer.cancel()
        for key, held in list(self._held.items()):
            self._give_back(key, held)
        await self._windows.aclose()

    def _acquire(self, key: str, limit: int, expiry: int) -> bool:
        now, held = self._now(), self._held.get(key)
        if held is None or not held.left or now >= held.until:
            held = self._lease(key, limit, expiry, held)
        if held is None:
            return False
        held.left -= 1
        held.last = now
        return True

    def _lease(self, key: str, limit: int, expiry: int, held: Lease | None) -> Lease | None:
        now, size = self._now(), 1
        if held is not None:
            self._give_back(key, held)
            size = _size(held, now)
        until = now + LIFE
        at = self._windows.add(key, limit, expiry, size, until) if size > 1 else None
        if at is None:
            size, at = 1, self._windows.add(key, limit, expiry, 1, now)
        if at is None:
            return None
        begin, count = self._windows.span(key, limit, expiry)
        lease = Lease(limit, size, size, at, until, now, begin, count)
        self._held[key] = lease
        if self._timer is None:
            self._watch()
        return lease

    def _give_back(self, key: str, held: Lease) -> None:
        if held.left:
            self._windows.give_back(key, held.limit, held.at, held.left)
        del self._held[key]

    def _watch(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LIFE, self._settle_and_watch)

    def _settle_and_watch(self) -> None:
        self._timer = None
        try:
            self.settle()
        except sqlite3.Error as error:
            if not is_busy(error):
                logger.exception("what was not used of rate limits cannot be given back; it counts as used")
                self._held.clear()
        if self._held:
            self._watch()


def _size(held: Lease, now: float) -> int:
    """How many entries to take after a lease: twice as many if it was used up quickly."""
    if now - held.last > QUICK:
        return 1
    wanted = held.size - held.left if held.left else 2 * held.size
    return max(1, min(wanted, MOST, (held.limit - held.count) // SHARE))
