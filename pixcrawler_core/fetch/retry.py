"""Which failures are worth another attempt, and when it is made."""

from __future__ import annotations

import email.utils
import random as _random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC
from typing import TypeVar

from pixcrawler_core.fetch.failure import Failure

PASSING_STATUS = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Answers that a host may give differently a little later (RFC 9110, RFC 6585, RFC 8470); no other is."""

THROTTLING_STATUS = frozenset((429, 503))
"""Answers by which a host says that it is asked too much."""

LONGEST_BACKOFF = 30.0
"""Seconds."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Retries:
    """How often and when an attempt is repeated.

    The pause before retry n (counted from 0) is drawn from 0 to `backoff` * 2**n seconds, 30 at most: "full
    jitter" as in M. Brooker, "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015).
    """

    retries: int
    backoff: float
    max_wait: float
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float] = _random.random

    async def run(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """The result of the first attempt that succeeds; raises the Failure of the last one."""
        made = 0
        while True:
            try:
                return await attempt()
            except Failure as failure:
                if not failure.again or made >= self.retries:
                    raise
                wait = self._wait(failure, made)
            made += 1
            await self.sleep(wait)

    def _wait(self, failure: Failure, made: int) -> float:
        jitter = self.random() * min(LONGEST_BACKOFF, self.backoff * 2.0**made)
        asked = failure.retry_after or 0.0
        if asked > self.max_wait:
            raise throttled(asked, self.max_wait, failure.status) from failure
        if failure.status in THROTTLING_STATUS:
            return jitter  # the whole host pauses, see hosts.py
        return max(jitter, asked)


def throttled(seconds: float, max_wait: float, status: int | None = None) -> Failure:
    """The failure for a host that wants a longer pause than the job allows."""
    detail = f"the host asks to wait {seconds:.0f} s, longer than max_wait of {max_wait:g} s"
    return Failure("throttled", detail, passing=True, again=False, status=status)


def retry_after(value: str | None, clock: Callable[[], float] = time.time) -> float | None:
    """Seconds to wait by a Retry-After header: a number or an HTTP date (RFC 9110, section 10.2.3).

    None if there is no such header or it cannot be read; never negative.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = email.utils.parsedate_to_datetime(value)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds - clock())
