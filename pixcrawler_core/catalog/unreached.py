"""Keeps which stores a takedown has not reached, so that the next one goes on there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from peewee import TextField

from pixcrawler_core.catalog.fields import CatalogModel, UtcField, to_sql_time
from pixcrawler_core.catalog.sql import Sql

if TYPE_CHECKING:
    from peewee import Database

NOT_YET = "it was broken off before"
_NOTE = (
    "INSERT INTO unreached_store (store, why, since) VALUES (?, ?, ?) "
    "ON CONFLICT (store) DO UPDATE SET why = excluded.why"
)


class UnreachedStore(CatalogModel):
    """A store that may have what was taken down."""

    store = TextField(primary_key=True)
    """Its name in the table `[storage]`."""
    why = TextField()
    since = UtcField()
    """When a takedown was to reach it first."""


def unreached(database: Database) -> dict[str, str]:
    """Stores that a takedown has not reached, and why. Raises WorkspaceError, as all functions here do."""
    return dict(Sql(database).all("SELECT store, why FROM unreached_store ORDER BY store"))


def note_unreached(database: Database, stores: Iterable[str], why: str, now: datetime) -> None:
    """Note that stores are to be reached yet."""
    sql = Sql(database)
    for store in stores:
        sql.run(_NOTE, (store, why, to_sql_time(now)))


def note_reached(database: Database, store: str) -> None:
    """Note that nothing that was taken down is in a store any more."""
    Sql(database).run("DELETE FROM unreached_store WHERE store = ?", (store,))
