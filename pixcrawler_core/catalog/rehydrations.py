"""Keeps what was asked to come out of the archives of stores, until it is there."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from peewee import SQL, AutoField, TextField

from pixcrawler_core.catalog.fields import CatalogModel, UtcField, from_sql_time, to_sql_time
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.storage.protocols import Priority

_ASK = (
    "INSERT INTO rehydration (store, unit, priority, asked_at, ready_at) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (store, unit) WHERE completed_at IS NULL DO UPDATE SET ready_at = excluded.ready_at, "
    "priority = CASE WHEN excluded.priority = 'high' THEN 'high' ELSE rehydration.priority END"
)
_PENDING = (
    "SELECT id, unit, priority, asked_at, ready_at FROM rehydration "
    "WHERE store = ? AND completed_at IS NULL ORDER BY id"
)
_COMPLETE = "UPDATE rehydration SET completed_at = ? WHERE id = ? AND completed_at IS NULL"
_FORGET = "DELETE FROM rehydration WHERE id = ? AND completed_at IS NULL"


class Rehydration(CatalogModel):
    """A dataset or export that was asked to come out of an archive."""

    id = AutoField()
    store = TextField()
    """Name of the store, in the table `[storage]`."""
    unit = TextField()
    priority = TextField()
    asked_at = UtcField()
    ready_at = UtcField(null=True)
    """When all of it can be read, as the store estimates."""
    completed_at = UtcField(null=True)
    """When it was seen that all of it can be read; None before."""


Rehydration.add_index(
    Rehydration.index(
        Rehydration.store,
        Rehydration.unit,
        unique=True,
        where=SQL("completed_at IS NULL"),
        name="rehydration_on_its_way",
    )
)


class Pending(NamedTuple):
    """A rehydration that is not known to be complete."""

    id: int
    unit: str
    priority: Priority
    asked_at: datetime
    ready_at: datetime | None


def ask(
    sql: Sql, store: str, unit: str, priority: Priority, ready_at: datetime | None, now: datetime
) -> None:
    """Keep that a unit was asked for, or what is new of one that is on its way: its time, a higher priority.

    Raises WorkspaceError, as all functions here do.
    """
    ready = ready_at and to_sql_time(ready_at)
    sql.run(_ASK, (store, unit, priority.value, to_sql_time(now), ready))


def pending(sql: Sql, store: str) -> list[Pending]:
    """What is on its way out of a store, in the order in which it was asked for."""
    return [
        Pending(number, unit, Priority(priority), from_sql_time(asked), ready and from_sql_time(ready))
        for number, unit, priority, asked, ready in sql.all(_PENDING, (store,))
    ]


def complete(sql: Sql, number: int, now: datetime) -> bool:
    """Note that a rehydration is complete; False if somebody else has noted it."""
    return sql.run(_COMPLETE, (to_sql_time(now), number)) == 1


def forget(sql: Sql, number: int) -> None:
    """Forget one whose unit is gone."""
    sql.run(_FORGET, (number,))
