"""Plain SQL through the driver: the ledger's rows are too many for an ORM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any

from peewee import Database

from pixcrawler_core.catalog.database import DRIVER_ERRORS, describe, failed, reported
from pixcrawler_core.catalog.fencing import Fence


class Sql:
    """Runs statements with `?` for each value on either database; driver errors become WorkspaceError.

    With a `fence`, transactions raise LeaseLost once the lease is somebody else's.
    """

    def __init__(self, database: Database, fence: Fence | None = None) -> None:
        self.database = database
        self._fence = fence
        self._failed = f"cannot use the catalog {describe(database)}"

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is inside; it does not nest.

        On SQLite it holds the write lock from its beginning.
        """
        with reported(self._failed):
            self.database.begin()
            self.database.push_transaction(self)
            try:
                if self._fence is not None:
                    self._fence.check(self)
                yield
                self.database.commit()
            except BaseException:
                self._roll_back()
                raise
            finally:
                self.database.pop_transaction()  # type: ignore[no-untyped-call]  # peewee's stub

    def all(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        try:
            cursor = self.database.cursor()  # type: ignore[no-untyped-call]  # peewee's stub
            try:
                cursor.execute(self._own(statement), values)
                return list(cursor.fetchall())
            finally:
                cursor.close()
        except DRIVER_ERRORS as error:  # without `reported`, which takes as long as a small query
            raise failed(self._failed, error) from error

    def first(self, statement: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, if there is one."""
        return next(iter(self.all(statement, values)), None)

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        """Change rows; returns how many."""
        with self._cursor() as cursor:
            cursor.execute(self._own(statement), values)
            return int(cursor.rowcount)

    def many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values."""
        with self._cursor() as cursor:
            cursor.executemany(self._own(statement), rows)

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        with reported(self._failed), closing(self.database.cursor()) as cursor:  # type: ignore[no-untyped-call]  # peewee's stub
            yield cursor

    def new_ids(self, table: str, count: int) -> Sequence[int]:
        """Ids for rows about to be inserted in this transaction, rising."""
        if self.database.sequences:
            found = self.all(
                "SELECT nextval(pg_get_serial_sequence(?, 'id')) FROM generate_series(1, ?)", (table, count)
            )
            return sorted(key for (key,) in found)
        (last,) = self.all(f"SELECT COALESCE(MAX(id), 0) FROM {table}")[0]  # noqa: S608  # our own table names
        return range(last + 1, last + 1 + count)

    def _roll_back(self) -> None:
        # SQLite ends the transaction by itself when the disk is full, and a lost server has none any more:
        # the error on its way says more than one from here.
        connection = self.database.connection()  # type: ignore[no-untyped-call]  # peewee's stub
        if getattr(connection, "in_transaction", True):
            with suppress(*DRIVER_ERRORS):
                self.database.rollback()

    def _own(self, statement: str) -> str:
        return statement if self.database.param == "?" else statement.replace("?", self.database.param)
