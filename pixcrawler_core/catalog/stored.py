"""What stores have of which dataset and user: the model, and the statements that write and read it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from peewee import BigIntegerField, CompositeKey, ForeignKeyField, TextField

from pixcrawler_core.catalog.accounts import User
from pixcrawler_core.catalog.datasets import Dataset
from pixcrawler_core.catalog.fields import CatalogModel, UtcField, to_sql_time, utc_now
from pixcrawler_core.catalog.sql import Sql

_OWNER = "(SELECT p.owner_id FROM project p JOIN dataset d ON d.project_id = p.id WHERE d.id = ?)"
_ADD = (
    "INSERT INTO stored_unit (dataset_id, owner_id, objects, hot, warm, cold, updated_at, store, unit) "  # noqa: S608  # a constant
    f"VALUES (?, {_OWNER}, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (store, unit) DO "
)
_KEEP = (
    f"{_ADD}UPDATE SET dataset_id = excluded.dataset_id, "
    "owner_id = COALESCE(excluded.owner_id, stored_unit.owner_id), objects = excluded.objects, "
    "hot = excluded.hot, warm = excluded.warm, cold = excluded.cold, updated_at = excluded.updated_at"
)
_REVISE = (
    f"UPDATE stored_unit SET dataset_id = ?, owner_id = COALESCE({_OWNER}, owner_id), objects = ?, hot = ?, "  # noqa: S608  # a constant
    "warm = ?, cold = ?, updated_at = ? WHERE store = ? AND unit = ? AND updated_at = ?"
)
_FORGET = "DELETE FROM stored_unit WHERE store = ? AND unit = ?"
_ALL = "SELECT unit, updated_at, dataset_id, objects, hot, warm, cold FROM stored_unit WHERE store = ?"
_OWNERS = (
    "SELECT s.unit, COALESCE(owner.email, former.email) FROM stored_unit s "
    "LEFT JOIN dataset d ON d.id = s.dataset_id LEFT JOIN project p ON p.id = d.project_id "
    "LEFT JOIN users owner ON owner.id = p.owner_id LEFT JOIN users former ON former.id = s.owner_id "
    "WHERE s.store = ?"
)


class StoredUnit(CatalogModel):
    """What a store was seen to have of a dataset, an export or the blobs, or is about to get.

    The store is asked where it matters; `pixcrawler_core.storage.bookkeeping` writes all rows.
    """

    dataset_id: str | None
    store = TextField()
    """Its name in `[storage] stores`."""
    unit = TextField()
    """`datasets/dataset-ID`, `exports/NAME` or `blobs`."""
    dataset = ForeignKeyField(Dataset, null=True, backref="stored", on_delete="SET NULL")
    owner = ForeignKeyField(User, null=True, backref="stored", on_delete="SET NULL")
    """Who owned the dataset when it was last seen in a project. It counts for who owns it now, and for this
    user only when the dataset or its project is gone. Null for datasets of the command line."""
    objects = BigIntegerField()
    hot = BigIntegerField()
    """Bytes, as are the next two."""
    warm = BigIntegerField()
    cold = BigIntegerField()
    updated_at = UtcField(default=utc_now)

    class Meta:
        primary_key = CompositeKey("store", "unit")


class Amounts(NamedTuple):
    """How much of a unit is stored."""

    objects: int = 0
    hot: int = 0
    """Bytes, as are the next two."""
    warm: int = 0
    cold: int = 0

    @property
    def size(self) -> int:
        """Bytes in all tiers."""
        return self.hot + self.warm + self.cold

    def __str__(self) -> str:
        return f"{self.objects} objects, {self.hot} bytes hot, {self.warm} warm, {self.cold} cold"


class Noted(NamedTuple):
    """What a row says of a unit."""

    dataset: str | None = None
    amounts: Amounts = Amounts()

    def __str__(self) -> str:
        of = f" of dataset {self.dataset}" if self.dataset else ""
        return f"{self.amounts}{of}" if self.amounts.objects else "nothing"


NOTHING = Noted()
"""Of a unit without a row, and of one that a store does not have."""


class Seen(NamedTuple):
    """What a row said of a unit when it was read."""

    noted: Noted = NOTHING
    at: object = None
    """When it was written, as the database keeps it; None if there was none."""


def keep_stored(sql: Sql, store: str, unit: str, noted: Noted, at: datetime) -> None:
    """Write a unit's row, in the place of an earlier one; there is none of nothing.

    Raises WorkspaceError, as do the next ones.
    """
    if noted.amounts.objects:
        sql.run(_KEEP, (*_told(noted, at), store, unit))
    else:
        sql.run(_FORGET, (store, unit))


def revise_stored(sql: Sql, store: str, unit: str, noted: Noted, at: datetime, seen: Seen) -> bool:
    """The same, if the row is still as it was seen; returns whether it was."""
    if not noted.amounts.objects:
        return seen.at is None or bool(sql.run(f"{_FORGET} AND updated_at = ?", (store, unit, seen.at)))
    told = (*_told(noted, at), store, unit)
    if seen.at is None:
        return bool(sql.run(f"{_ADD}NOTHING", told))
    return bool(sql.run(_REVISE, (*told, seen.at)))


def stored_unit(sql: Sql, store: str, unit: str) -> Seen:
    """What the catalog says of a unit."""
    found = sql.first(f"{_ALL} AND unit = ?", (store, unit))
    return _seen(*found[1:]) if found else Seen()


def stored_units(sql: Sql, store: str) -> dict[str, Seen]:
    """What the catalog says of each unit of a store."""
    return {unit: _seen(*row) for unit, *row in sql.all(f"{_ALL} ORDER BY unit", (store,))}


def stored_owners(sql: Sql, store: str) -> dict[str, str | None]:
    """The address of the user for whom each unit of a store counts; None for nobody."""
    return dict(sql.all(_OWNERS, (store,)))


def _told(noted: Noted, at: datetime) -> tuple[object, ...]:
    return (noted.dataset, noted.dataset, *noted.amounts, to_sql_time(at))


def _seen(at: object, dataset: str | None, *amounts: int) -> Seen:
    return Seen(Noted(dataset, Amounts(*amounts)), at)
