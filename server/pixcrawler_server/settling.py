"""Tells meters what was used: each row to each meter once, however often it has to be tried.

A row is claimed for a time before a meter is told of it, so that no two processes tell the same one. Who is
killed in the middle leaves it to be told again; meters know rows by their ids, and charge them once. Where a
meter forgets ids after a time, a row that may have been told that long ago is left for a person to see.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from peewee import Database

from pixcrawler_core.catalog.fields import from_sql_time, to_sql_time
from pixcrawler_core.catalog.models import DeliveryState
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import told
from pixcrawler_core.metering import Charger, Kind, MeterRefused, MeterUnavailable, Usage

LEASE = timedelta(minutes=5)
"""How long a row is left to the process that tells a meter of it."""
BACKOFF, LONGEST = timedelta(minutes=1), timedelta(hours=1)
"""How long a row waits after its first failure, twice as long after each further one, and at most."""
SETTLED = timedelta(minutes=10)
"""Rows younger than this may follow others with larger ids: no transaction takes that long."""
BATCH = 500
DUE = """
SELECT r.id, r.source, r.user_id, r.kind, r.amount, r.unit, r.created_at, r.project, a.customer, a.since,
  d.first_at, COALESCE(d.attempts, 0)
FROM usage_record r LEFT JOIN meter_delivery d ON d.meter = ? AND d.record_id = r.id
LEFT JOIN billing_account a ON a.user_id = r.user_id AND a.meter = ?
WHERE r.id > ? AND (d.record_id IS NULL OR (d.state = 'waiting' AND d.next_at <= ?)) ORDER BY r.id LIMIT ?
"""
CLAIM = """
INSERT INTO meter_delivery (meter, record_id, state, attempts, first_at, next_at, reference, error)
VALUES (?, ?, 'waiting', 1, ?, ?, '', '') ON CONFLICT (meter, record_id) DO UPDATE
SET attempts = meter_delivery.attempts + 1, next_at = excluded.next_at,
  first_at = COALESCE(meter_delivery.first_at, excluded.first_at)
WHERE meter_delivery.state = 'waiting' AND meter_delivery.next_at <= ?
"""
END = (
    "UPDATE meter_delivery SET state = ?, reference = ?, error = ?, next_at = ?, first_at = ? "
    "WHERE meter = ? AND record_id = ?"
)
MARK = "SELECT record FROM meter_mark WHERE meter = ?"
OPEN = """
SELECT MIN(r.id) FROM usage_record r LEFT JOIN meter_delivery d ON d.meter = ? AND d.record_id = r.id
WHERE r.id > ? AND (d.record_id IS NULL OR d.state = 'waiting' OR r.created_at > ?)
"""
BEFORE = "SELECT MAX(id) FROM usage_record WHERE id > ? AND (id < ? OR ? = 0)"
MOVE = (
    "INSERT INTO meter_mark (meter, record) VALUES (?, ?) ON CONFLICT (meter) DO UPDATE SET "
    "record = excluded.record WHERE meter_mark.record < excluded.record"
)
WAITING = "SELECT COUNT(*) FROM meter_delivery WHERE meter = ? AND state = 'waiting'"
logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Settled:
    """What a round of telling a meter came to, in rows."""

    told: int = 0
    refused: int = 0
    unsure: int = 0
    """Left for a person: whether the meter was told cannot be known any more."""
    waiting: int = 0
    """To be told again later."""
    error: str = ""
    """The last thing that went wrong."""

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row of usage that is due."""

    usage: Usage
    first_at: datetime | None
    attempts: int


class Settler:
    """Tells meters, by their names; `remembers` has how long each knows what it was told, None for ever."""

    def __init__(
        self,
        database: Database,
        meters: Mapping[str, Charger],
        remembers: Mapping[str, timedelta | None],
        now: Callable[[], datetime],
    ) -> None:
        self._sql = Sql(database)
        self._meters = meters
        self._remembers = remembers
        self._now = now

    def settle(self) -> dict[str, Settled]:
        """Tell every meter what it was not told so far. Raises WorkspaceError."""
        return {name: self._settle(name, meter) for name, meter in self._meters.items()}

    def _settle(self, name: str, meter: Charger) -> Settled:
        settled, answers = Settled(), True
        while answers and (rows := self._due(name)):
            for row in rows:
                answers = self._tell(name, meter, row, settled)
                if not answers:
                    break
        self._move_mark(name)
        settled.waiting = int(self._sql.all(WAITING, (name,))[0][0])
        return settled

    def _due(self, name: str) -> list[Row]:
        now = to_sql_time(self._now())
        return [_row(*each) for each in self._sql.all(DUE, (name, name, self._mark(name), now, BATCH))]

    def _tell(self, name: str, meter: Charger, row: Row, settled: Settled) -> bool:
        """Tell a meter of a row; whether it is of use to tell it of others now."""
        now = self._now()
        begin, lease = to_sql_time(now), to_sql_time(now + LEASE)
        if not self._sql.run(CLAIM, (name, row.usage.id, begin, lease, begin)):
            return True  # somebody else is at it
        memory = self._remembers.get(name)
        if memory is not None and row.first_at is not None and row.first_at + memory <= now:
            settled.unsure += 1
            self._end(name, row, DeliveryState.UNSURE, error="whether it was told cannot be known any more")
            return True
        try:
            reference = meter.charge(row.usage)
        except MeterRefused as refused:
            settled.refused += 1
            settled.error = str(refused)
            self._end(name, row, DeliveryState.REFUSED, error=str(refused))
        except MeterUnavailable as away:
            settled.error = str(away)
            self._end(name, row, DeliveryState.WAITING, error=str(away), untold=away.untold)
            return False
        except Exception as error:
            logger.exception("meter %s broke at usage %s", name, row.usage.id)
            settled.error = told(error)
            self._end(name, row, DeliveryState.WAITING, error=told(error))
        else:
            settled.told += 1
            self._end(name, row, DeliveryState.DONE, reference=reference)
        return True

    def _end(
        self,
        name: str,
        row: Row,
        state: DeliveryState,
        *,
        reference: str = "",
        error: str = "",
        untold: bool = False,
    ) -> None:
        now = self._now()
        again = to_sql_time(now + min(LONGEST, BACKOFF * 2 ** min(row.attempts, 10)))
        first = row.first_at if untold else row.first_at or now
        began = first and to_sql_time(first)
        self._sql.run(END, (state.value, reference, error, again, began, name, row.usage.id))

    def _mark(self, name: str) -> int:
        return int((self._sql.first(MARK, (name,)) or (0,))[0])

    def _move_mark(self, name: str) -> None:
        """Note up to which row everything is done, so that those before are not looked at again."""
        mark, settled = self._mark(name), to_sql_time(self._now() - SETTLED)
        (first,) = self._sql.all(OPEN, (name, mark, settled))[0]
        (last,) = self._sql.all(BEFORE, (mark, first or 0, first or 0))[0]
        if last is not None:
            self._sql.run(MOVE, (name, last))


def _row(*told: Any) -> Row:
    fields: Sequence[str] = (
        "id",
        "source",
        "user",
        "kind",
        "amount",
        "unit",
        "at",
        "project",
        "customer",
        "since",
    )
    found = dict(zip(fields, told, strict=False))
    found |= {"user": UUID(str(found["user"])), "kind": Kind(found["kind"]), "at": from_sql_time(found["at"])}
    found["customer"] = found["customer"] or ""
    found["since"] = found["since"] and from_sql_time(found["since"])
    first, attempts = told[len(fields) :]
    return Row(usage=Usage(**found), first_at=first and from_sql_time(first), attempts=attempts)
