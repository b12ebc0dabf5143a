"""The time by which leases are reckoned: that of the catalog, so that no clock of a machine matters."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from peewee import PostgresqlDatabase

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.sql import Sql

if TYPE_CHECKING:
    from peewee import Database

EVERY = 10.0
"""Seconds after which the server is asked again: two clocks that run on drift by far less than a lease."""
_NOW = "SELECT EXTRACT(EPOCH FROM clock_timestamp())"


@dataclass(kw_only=True)
class CatalogClock:
    """The time now, in UTC: by the server of a PostgreSQL catalog, else by the `wall` clock of this machine.

    The server is asked now and then, and what goes by in between is measured by a clock that nobody sets.
    Raises WorkspaceError.
    """

    database: Database
    wall: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    _asked: float | None = field(default=None, init=False)
    _told: float = field(default=0.0, init=False)

    def __call__(self) -> datetime:
        if not isinstance(self.database, PostgresqlDatabase):
            return self.wall()
        now = self.monotonic()
        if self._asked is None or now >= self._asked + EVERY:
            self._told = float(Sql(self.database).all(_NOW)[0][0])
            self._asked = now
        return datetime.fromtimestamp(self._told, UTC) + timedelta(seconds=now - self._asked)
