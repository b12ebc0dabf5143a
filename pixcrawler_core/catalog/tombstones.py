"""Keeps what was taken down, so that it does not come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from peewee import AutoField, BooleanField, IntegerField, TextField

from pixcrawler_core.catalog.fields import CatalogModel, UtcField, utc_now
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.takedown.rules import Kind, Rule

if TYPE_CHECKING:
    from peewee import Database

_ALL = "SELECT kind, value, radius FROM tombstone ORDER BY id"
_UNSWEPT = "SELECT kind, value FROM tombstone WHERE swept_at IS NULL"
_KEEP = (
    "INSERT INTO tombstone (kind, value, radius, derived, note, created_at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (kind, value) DO UPDATE SET "
    "radius = CASE WHEN excluded.radius > tombstone.radius THEN excluded.radius ELSE tombstone.radius END, "
    "swept_at = NULL"
)
_SWEPT = "UPDATE tombstone SET swept_at = ? WHERE swept_at IS NULL"


class Tombstone(CatalogModel):
    """A rule by which images are kept out of the workspace."""

    id = AutoField()
    kind = TextField()
    value = TextField()
    radius = IntegerField(default=0)
    derived = BooleanField()
    """Whether it follows from another one: the digests and hashes of what that one meant."""
    note = TextField(null=True)
    created_at = UtcField(default=utc_now)
    swept_at = UtcField(null=True)
    """When the last file of what it means was gone; None before."""

    class Meta:
        indexes = ((("kind", "value"), True),)


def tombstones(database: Database) -> list[Rule]:
    """All rules, the oldest first. Raises WorkspaceError."""
    rows = Sql(database).all(_ALL)
    return [Rule(kind=Kind(kind), value=value, radius=radius) for kind, value, radius in rows]


def unswept(database: Database) -> dict[str, Kind]:
    """The values of rules whose files may be there yet, since their takedown was broken off.

    Raises WorkspaceError.
    """
    return {value: Kind(kind) for kind, value in Sql(database).all(_UNSWEPT)}


def barred(database: Database) -> set[str]:
    """The digests of all bytes that were ever taken down. Raises WorkspaceError."""
    return {each.value for each in tombstones(database) if each.kind is Kind.SHA256}


def keep_tombstones(sql: Sql, rules: Iterable[Rule], *, derived: bool, note: str | None, now: str) -> None:
    """Keep rules, within a transaction; of a rule that is there already the greater radius counts."""
    sql.many(_KEEP, [(each.kind.value, each.value, each.radius, derived, note, now) for each in rules])


def note_swept(sql: Sql, now: str) -> None:
    """Note that all files are gone."""
    sql.run(_SWEPT, (now,))
