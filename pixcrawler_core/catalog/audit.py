"""The record of who did what: each entry is chained to the one before it by a hash, and only ever added.

The chain is that of a hash-linked list (Haber and Stornetta, "How to time-stamp a digital document", 1991):
an entry's hash covers the hash before it, so that an edit, a removal or an insertion changes all later ones.
Whoever can write the whole table can write the whole chain anew; keep the newest hash elsewhere to find that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from peewee import PostgresqlDatabase

from pixcrawler_core.catalog.accounts import ActivityLog
from pixcrawler_core.catalog.fields import from_sql_time, to_json, to_sql_time, utc_now
from pixcrawler_core.catalog.sql import Sql

CHAIN_LOCK = 0x5049584341
"""Key of the PostgreSQL advisory lock under which entries are added, one after the other."""
PAGE = 1000
"""Entries read at a time."""
COLUMNS = "actor, action, entity, entity_id, details"
APPEND = """
INSERT INTO activity_log (user_id, action, entity, entity_id, details, created_at, actor, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
NEWEST = "SELECT id, hash FROM activity_log ORDER BY id DESC LIMIT 1"
ENTRIES = f"SELECT id, created_at, hash, {COLUMNS} FROM activity_log WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """The first entry that is not as it was written."""

    id: int
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What is to be recorded; `details` are JSON values and should name no person."""

    action: str
    entity: str = ""
    """Kind of the thing, such as `dataset`."""
    entity_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    actor: UUID | None = None
    """The user; None for the command line."""


def record(
    action: str,
    *,
    entity: str = "",
    entity_id: object = "",
    details: Mapping[str, Any] | None = None,
    actor: UUID | None = None,
) -> None:
    """Add an entry, in the transaction under way or in one of its own. Raises the errors of the driver."""
    entry = Entry(
        action=action, entity=entity, entity_id=str(entity_id), details=dict(details or {}), actor=actor
    )
    database = ActivityLog.bound_to()
    with database.atomic():
        append(Sql(database), [entry], utc_now())


def append(sql: Sql, entries: Sequence[Entry], at: datetime) -> None:
    """Add entries in the transaction under way; until it ends, nobody else adds any."""
    if isinstance(sql.database, PostgresqlDatabase):
        sql.all("SELECT pg_advisory_xact_lock(?)", (CHAIN_LOCK,))
    (_, before), now = newest(sql), to_sql_time(at)
    rows = []
    for entry in entries:
        actor, details = str(entry.actor or ""), to_json(entry.details)
        before = _hash(before, (actor, entry.action, entry.entity, entry.entity_id, details, now))
        user = entry.actor.hex if entry.actor else None
        rows.append((user, entry.action, entry.entity, entry.entity_id, details, now, actor, before))
    sql.many(APPEND, rows)


def newest(sql: Sql) -> tuple[int, str]:
    """Number and hash of the newest entry; 0 and an empty hash when there is none."""
    number, told = sql.first(NEWEST) or (0, "")
    return int(number), str(told)


def verify(sql: Sql, head: str | None = None) -> Broken | None:
    """The first entry whose hash does not fit, None if all do.

    `head` is the hash of an entry that must be there: one that was the newest at an earlier time.
    """
    before, seen, last = "", head is None, 0
    for number, at, own, *told in _entries(sql):
        last = number
        if own != _hash(before, (*told, to_sql_time(from_sql_time(at)))):
            return Broken(id=last, why="it, or one before it, was changed, removed or put in")
        before = own
        seen = seen or before == head
    return None if seen else Broken(id=last, why=f"no entry has the hash {head}: some were cut off after it")


def _entries(sql: Sql) -> Iterator[tuple[Any, ...]]:
    last = 0
    while page := sql.all(ENTRIES, (last, PAGE)):
        yield from page
        last = page[-1][0]


def _hash(before: str, told: Sequence[str]) -> str:
    return hashlib.sha256(to_json((before, *told)).encode()).hexdigest()
