"""Does what has to be done now and then, in a thread of a server or a worker; see `pixcrawler_server.chores`.

Any number of processes share the chores of a catalog: whose row it is to note that a chore begins does it,
and others see that it was begun. A process that dies in the middle leaves the chore to its next time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from peewee import Database

from pixcrawler_core.catalog.database import reported
from pixcrawler_core.catalog.fields import from_sql_time, to_sql_time
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import PixCrawlerError

logger = logging.getLogger(__name__)
LOOK = 5.0
"""Seconds between two looks at what is due."""
PATIENCE = 5.0
"""Seconds that a chore has to end when the process does; what it leaves is done the next time."""
_BEGUN = "SELECT name, begun_at FROM chore"
_TAKE = """
INSERT INTO chore (name, begun_at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE
SET begun_at = excluded.begun_at WHERE chore.begun_at <= ?
"""


@dataclass(frozen=True, kw_only=True)
class Chore:
    """Something that is done again and again; two of them at once must do no harm."""

    name: str
    every: timedelta
    work: Callable[[], object]


class Housekeeper:
    """Does the chores of a catalog when they are due."""

    def __init__(self, database: Database, chores: Iterable[Chore], now: Callable[[], datetime]) -> None:
        self._database, self._chores, self._now = database, tuple(chores), now
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def tend(self) -> list[str]:
        """Do what is due, and return its names; what fails is told in the log. Raises WorkspaceError."""
        begun = {name: from_sql_time(at) for name, at in Sql(self._database).all(_BEGUN)}
        done = []
        for chore in self._chores:
            last = begun.get(chore.name)
            due = last is None or last <= self._now() - chore.every
            if due and not self._ending.is_set() and self._take(chore):
                _do(chore)
                done.append(chore.name)
        return done

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to look at what is due, in a thread."""
        self._thread = threading.Thread(target=self._tending, name="housekeeping", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begin no chore any more, and wait some seconds for the one under way."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def _take(self, chore: Chore) -> bool:
        """Note that a chore begins; False if another process did."""
        now = self._now()
        values = (chore.name, to_sql_time(now), to_sql_time(now - chore.every))
        return bool(Sql(self._database).run(_TAKE, values))

    def _tending(self) -> None:
        try:
            while not self._ending.is_set():
                try:
                    self.tend()
                except PixCrawlerError as error:
                    logger.warning("no chore could be done: %s", error)
                self._ending.wait(LOOK)
        finally:
            self._database.close()  # this thread's


def _do(chore: Chore) -> None:
    try:
        with reported("the catalog cannot be used"):
            chore.work()
    except (PixCrawlerError, OSError) as error:
        logger.warning("the chore %r failed, and is tried again in %s: %s", chore.name, chore.every, error)
    except Exception:  # the edge of a thread: what is wrong is told, and other chores are done
        logger.exception("the chore %r failed, and is tried again in %s", chore.name, chore.every)
