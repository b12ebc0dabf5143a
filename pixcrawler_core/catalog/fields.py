"""Column types that mean the same on SQLite and PostgreSQL, and the base of all models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from peewee import SQL, AutoField, Database, DateTimeField, Field, Model, NodeList

if TYPE_CHECKING:
    JsonBase = Field[Any]
    TimeBase = DateTimeField[Any]
else:
    JsonBase, TimeBase = Field, DateTimeField


def utc_now() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)


_encode = json.JSONEncoder(separators=(",", ":"), default=_plain).encode


def to_json(value: object) -> str:
    """JSON text in ASCII, so that lone surrogates and NUL survive both databases.

    Mappings become objects, NumPy scalars numbers, and everything else that JSON does not know its `str`.
    """
    return _encode(value)


def to_sql_time(moment: datetime) -> str:
    """An aware moment as both databases keep it: UTC, to the microsecond, without an offset.

    Raises ValueError for a moment without a time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {moment.isoformat()}")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def from_sql_time(value: str | datetime) -> datetime:
    """The aware moment behind a stored one (text from SQLite, a naive datetime from PostgreSQL)."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC)


class JsonField(JsonBase):
    """Any JSON value, kept as text: key order, NUL and big integers survive, unlike in PostgreSQL's jsonb."""

    field_type = "TEXT"

    def db_value(self, value: Any) -> str | None:
        return None if value is None else to_json(value)

    def python_value(self, value: str | None) -> Any:
        return None if value is None else json.loads(value)


class UtcField(TimeBase):
    """An aware moment in UTC; a naive one is refused with ValueError."""

    def db_value(self, value: datetime | None) -> str | None:
        return None if value is None else to_sql_time(value)

    def python_value(self, value: str | datetime | None) -> datetime | None:
        return None if value is None else from_sql_time(value)


class NumberField(AutoField):
    """A number that is never given again, also when its row is gone: others may still know it."""

    def ddl(self, ctx: Any) -> Any:
        made = super().ddl(ctx)
        sqlite = ctx.state.field_types["AUTO"] == "INTEGER"
        return NodeList((made, SQL("AUTOINCREMENT"))) if sqlite else made


class CatalogModel(Model):
    """Base of all models; `pixcrawler_core.catalog.models.bind` gives them their database."""

    class Meta:
        legacy_table_names = False

    @classmethod
    def bound_to(cls) -> Database:
        """The database that `bind` gave it."""
        return cls._meta.database  # type: ignore[no-any-return]  # peewee's own

    def save(self, force_insert: bool = False, only: Any = None) -> int:
        """Insert or update the row; a model with `updated_at` gets the time now in it."""
        if "updated_at" in self._meta.fields and only is None:
            self.updated_at = utc_now()
        return super().save(force_insert, only)
