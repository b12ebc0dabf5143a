"""The ledger of what users have used: entries are only added, each once, and summed up by hour as they are.

All functions go to the database that `pixcrawler_core.catalog.models.bind` gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pixcrawler_core.catalog.accounts import Project, UsageRecord, User
from pixcrawler_core.catalog.fields import to_json, to_sql_time
from pixcrawler_core.catalog.quotas import used_bytes
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.metering import UNITS, Kind

HOUR = "%Y-%m-%d %H"
_ADD = (
    "INSERT INTO usage_record (user_id, kind, amount, unit, details, created_at, source, subject, project) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO NOTHING"
)
_SUM_UP = (
    "INSERT INTO usage_hour (user_id, hour, kind, project, amount) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (user_id, hour, kind, project) DO UPDATE SET amount = usage_hour.amount + excluded.amount"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """What is to be charged."""

    user: UUID
    kind: Kind
    amount: int
    source: str
    """What it is for, so that it is charged once: the same source again adds nothing."""
    subject: str = ""
    """The thing that used it, such as `job:42`."""
    project: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)


def add_usage(entries: Iterable[Used], at: datetime) -> int:
    """Add what was used, and return how many entries are new; nothing is added twice, whoever tries.

    In the transaction under way, or in one of its own. Entries of nothing are left out.
    """
    database = UsageRecord.bound_to()
    with database.atomic():
        return sum(_added(Sql(database), each, at) for each in sorted(entries, key=_order) if each.amount > 0)


def _order(entry: Used) -> tuple[str, str, int]:
    """All add in one order, so that no two wait for each other."""
    return (entry.user.hex, entry.kind, entry.project)


def _added(sql: Sql, entry: Used, at: datetime) -> int:
    user, unit, details = entry.user.hex, UNITS[entry.kind], to_json(entry.details)
    told = (user, entry.kind.value, entry.amount, unit, details, to_sql_time(at))
    new = sql.run(_ADD, (*told, entry.source, entry.subject, entry.project))
    if new:
        sql.run(_SUM_UP, (user, f"{at:{HOUR}}", entry.kind.value, entry.project, entry.amount))
    return new


def add_storage(at: datetime) -> int:
    """Charge every owner of projects for an hour of what they keep, once an hour; returns how many."""
    owners = User.select().join(Project, on=Project.owner == User.id).distinct()
    hour = f"{at:%Y-%m-%dT%H}"
    return add_usage(
        [
            Used(
                user=user.id,
                kind=Kind.STORAGE,
                amount=used_bytes(user),
                source=f"user:{user.id}:storage:{hour}",
                subject=f"user:{user.id}",
            )
            for user in owners
        ],
        at,
    )


def used_so_far(subject: str, kind: Kind) -> int:
    """How much of a kind was charged for a thing."""
    sql = Sql(UsageRecord.bound_to())
    (total,) = sql.all(
        "SELECT COALESCE(SUM(amount), 0) FROM usage_record WHERE subject = ? AND kind = ?",
        (subject, kind.value),
    )
    return int(total[0])
