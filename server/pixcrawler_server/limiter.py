"""How often each may do what: moving windows that all processes share."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from limits import RateLimitItem, parse
from limits.errors import StorageError

from pixcrawler_server.errors import RateLimited, Unavailable


class Allowance(NamedTuple):
    """What is left of a limit, as the headers tell it."""

    name: str
    limit: int
    remaining: int
    reset: int
    """Seconds until the oldest entry leaves the window."""

    @property
    def headers(self) -> dict[str, str]:
        """`X-RateLimit-*`, as GitHub's API has them, but with seconds from now for the reset."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
            "X-RateLimit-Resource": self.name,
        }


class Windows(Protocol):
    """Where windows are kept: such as a storage of the library `limits` that can be closed."""

    async def acquire_entry(self, key: str, limit: int, expiry: int) -> bool:
        """Add an entry, if there is room for it."""
        ...

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest entry was added, and how many there are."""
        ...

    async def check(self) -> bool:
        """Whether it answers."""
        ...

    async def aclose(self) -> None:
        """Let go of files and connections."""
        ...


class Limiter:
    """Counts what each does. `limits` has a text such as `20/hour` by name, `now` is in seconds."""

    def __init__(
        self, windows: Windows, limits: Mapping[str, str], now: Callable[[], float] = time.time
    ) -> None:
        self._texts = dict(limits)
        self._limits: dict[str, RateLimitItem] = {name: parse(text) for name, text in limits.items()}
        self._windows_of = {
            name: (limit.key_for(name, "{}"), limit.amount, limit.get_expiry())
            for name, limit in self._limits.items()
        }
        self._windows = windows
        self._now = now

    def names(self) -> frozenset[str]:
        """The limits there are."""
        return frozenset(self._limits)

    async def take(self, name: str, who: str) -> Allowance:
        """Count one more of `name` by `who`. Raises RateLimited when there were enough, and Unavailable."""
        template, amount, expiry = self._windows_of[name]
        key = template.format(who)
        try:
            taken = await self._windows.acquire_entry(key, amount, expiry)
            begin, count = await self._windows.get_moving_window(key, amount, expiry)
        except (StorageError, OSError, sqlite3.Error) as error:
            raise Unavailable("requests cannot be counted now; ask again later") from error
        reset = max(1, math.ceil(begin + expiry - self._now()))
        allowance = Allowance(name, amount, max(0, amount - count), reset)
        if not taken:
            limit = self._limits[name]
            raise RateLimited(
                f"this may be done {_in_words(limit)}, and was; ask again in {reset} seconds",
                details={"limit": self._texts[name], "retry_after": reset},
                headers={**allowance.headers, "Retry-After": str(reset)},
            )
        return allowance


def _in_words(limit: RateLimitItem) -> str:
    """Such as `5 times in a minute`."""
    times = "once" if limit.amount == 1 else f"{limit.amount} times"
    unit = limit.GRANULARITY.name
    article = "an" if unit == "hour" else "a"
    return f"{times} in {f'{article} {unit}' if limit.multiples == 1 else f'{limit.multiples} {unit}s'}"
