"""The catalog for an event loop: blocking calls run in a few threads, each with a connection of its own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any, TypeVar

from peewee import Database, SqliteDatabase

from pixcrawler_core.catalog.database import describe, failed, reported
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_server.replies import Ready
from pixcrawler_server.unchanged import Unchanged

T = TypeVar("T")


class Catalog:
    """Runs functions that use the models. `threads` is how many run at once."""

    def __init__(self, database: Database, threads: int) -> None:
        self.database = database
        self._failed = f"cannot use the catalog {describe(database)}"
        self._count = threads
        self._sql = Sql(database)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="catalog")
        self._unchanged: Unchanged | None = None
        if isinstance(database, SqliteDatabase):
            with reported(self._failed):
                self._unchanged = Unchanged(str(database.database))

    async def read(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """What a function finds; it sees what is committed. Raises WorkspaceError, and what that raises."""
        return await self._in_thread(partial(self._reading, work, *arguments, **named))

    async def write(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Run a function in one transaction, which is rolled back when it raises.

        On SQLite no other process writes meanwhile. Raises WorkspaceError, and what the function raises.
        """
        return await self._in_thread(partial(self._writing, work, *arguments, **named))

    async def quick(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """The rows of a query that takes some microseconds, with `?` for each value.

        On SQLite it is made here, which is quicker than going to a thread, and waits for nobody: in WAL mode
        writers do not keep readers. Raises WorkspaceError.
        """
        if isinstance(self.database, SqliteDatabase):
            return self._sql.all(statement, values)
        return await self._in_thread(partial(self._sql.all, statement, values))

    async def ready(
        self,
        statement: str,
        values: tuple[object, ...],
        made: Callable[[Sequence[tuple[Any, ...]]], Ready | None],
    ) -> Ready | None:
        """What `made` makes of the rows of such a query, and of nothing else.

        On SQLite it is kept, and made anew after each change of the catalog. Raises WorkspaceError.
        """
        if self._unchanged is None:
            return made(await self.quick(statement, values))
        try:
            return self._unchanged.get(statement, values, made)
        except sqlite3.Error as error:
            raise failed(self._failed, error) from error

    def close(self) -> None:
        """Wait for what is under way, and let go of the connections; each thread closes its own."""
        together = Barrier(self._count)
        for _ in range(self._count):
            self._threads.submit(self._leave, together)
        self._threads.shutdown()
        if self._unchanged is not None:
            self._unchanged.close()
        self.database.close()

    def _leave(self, together: Barrier) -> None:
        together.wait()
        self.database.close()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _reading(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        with reported(self._failed):
            return work(*arguments, **named)

    def _writing(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        with reported(self._failed), self.database.atomic():
            return work(*arguments, **named)
