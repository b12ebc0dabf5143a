"""What is on its way out of an archive, in databases of both kinds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from peewee import Database

from pixcrawler_core.catalog.rehydrations import Pending, ask, complete, forget, pending
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.storage.protocols import Priority

AT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_unit_is_on_its_way_once(database: Database) -> None:
    sql = Sql(database)
    ask(sql, "azure", "exports/a", Priority.STANDARD, None, AT)
    ask(sql, "azure", "exports/a", Priority.HIGH, AT + HOUR, AT + HOUR)
    ask(sql, "azure", "exports/a", Priority.STANDARD, AT + 2 * HOUR, AT + HOUR)
    ask(sql, "filesystem", "exports/a", Priority.STANDARD, None, AT)
    ((number, *told),) = pending(sql, "azure")
    assert told == ["exports/a", Priority.HIGH, AT, AT + 2 * HOUR]
    assert complete(sql, number, AT + 3 * HOUR)
    assert not complete(sql, number, AT + 3 * HOUR)
    forget(sql, number)
    ask(sql, "azure", "exports/a", Priority.STANDARD, None, AT + 4 * HOUR)
    (again,) = pending(sql, "azure")
    assert again == Pending(again.id, "exports/a", Priority.STANDARD, AT + 4 * HOUR, None)
    forget(sql, again.id)
    assert pending(sql, "azure") == []
    assert sql.all("SELECT unit, completed_at IS NULL FROM rehydration ORDER BY id") == [
        ("exports/a", 0),
        ("exports/a", 1),
    ]
