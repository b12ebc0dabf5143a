"""Clocks in seconds, for what is asked in each request."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from pixcrawler_core.catalog.fields import utc_now


def seconds_of(now: Callable[[], datetime]) -> Callable[[], float]:
    """A clock in seconds since 1970; the system's own without the way over a datetime, ten times as long."""
    return time.time if now is utc_now else lambda: now().timestamp()
