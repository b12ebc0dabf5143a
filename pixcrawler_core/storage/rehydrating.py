"""What is on its way out of a store's archive: kept when it is asked for, told once when it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pixcrawler_core.catalog import rehydrations
from pixcrawler_core.catalog.audit import Entry, append
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.rehydrations import Pending
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.events.noting import tell
from pixcrawler_core.storage.protocols import Availability, Priority
from pixcrawler_core.storage.pushing import stats_of

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.events.sinks import Sinks
    from pixcrawler_core.storage.protocols import Store

REHYDRATED = "rehydrated"


class Rehydrations:
    """Those of the store that the table `[storage]` has under a `name`. Raises WorkspaceError.

    Whoever sees first that one is complete notes it in the log, and tells the sinks; nobody else does.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        name: str,
        sinks: Sinks,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sql = Sql(database)
        self._store, self._name = store, name
        self._sinks = sinks
        self._now = now

    def ask(self, unit: str, keys: Sequence[str], priority: Priority) -> datetime | None:
        """Bring objects of a unit back; returns when all can be read, None if they can be read now.

        It is kept before the store is asked, so that a program that is killed has not forgotten it.
        """
        rehydrations.ask(self._sql, self._name, unit, priority, None, self._now())
        asked = self._store.rehydrate(keys, priority)
        ready_at = max((each.ready_at for each in asked if each.ready_at), default=None)
        rehydrations.ask(self._sql, self._name, unit, priority, ready_at, self._now())
        return ready_at

    def pending(self) -> dict[str, Pending]:
        """What is on its way, by unit."""
        return {each.unit: each for each in rehydrations.pending(self._sql, self._name)}

    def look(self) -> list[str]:
        """Look at what is on its way; returns the units that are there, and that nobody had seen to be."""
        return [each.unit for each in self.pending().values() if self._is_new(each)]

    def _is_new(self, each: Pending) -> bool:
        stats = stats_of(self._store, each.unit)
        if not stats:
            rehydrations.forget(self._sql, each.id)
            return False
        if any(stat.availability is not Availability.READY for stat in stats):
            return False
        now = self._now()
        details = {
            "unit": each.unit,
            "store": self._name,
            "objects": len(stats),
            "priority": each.priority.value,
            "asked_at": each.asked_at.isoformat(timespec="seconds"),
        }
        with self._sql.transaction():
            if not rehydrations.complete(self._sql, each.id, now):
                return False
            append(self._sql, [Entry(action=REHYDRATED, entity="storage", details=details)], now)
        tell(self._sinks, REHYDRATED, each.unit, details)
        return True
