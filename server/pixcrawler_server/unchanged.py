"""Keeps what was made of a query's rows for as long as nobody has changed the database; SQLite alone.

SQLite tells a connection whether another one has committed anything, in this process or elsewhere, since it
was asked last (https://sqlite.org/pragma.html#pragma_data_version). That takes less than half the time of a
small query, and is asked each time. The connection here never writes, so that all changes are by others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pixcrawler_core.catalog.database import BUSY_SECONDS
from pixcrawler_server.replies import Ready

MOST = 1_000
"""Answers kept at most; then all are made anew."""
LARGEST = 16_384
"""Bytes of an answer that is kept at most: all together take 16 MB."""
VERSION = "PRAGMA data_version"


class Unchanged:
    """Answers from the database at `path`, by one thread at a time. Raises sqlite3.Error."""

    def __init__(self, path: str) -> None:
        place = f"{Path(path).absolute().as_uri()}?mode=rw"
        self._connection = sqlite3.connect(
            place, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True
        )
        self._cursor = self._connection.execute("PRAGMA query_only = 1")
        self._version: list[tuple[int]] = []
        self._kept: dict[tuple[str, Sequence[object]], Ready] = {}

    def get(
        self,
        statement: str,
        values: tuple[object, ...],
        made: Callable[[Sequence[tuple[Any, ...]]], Ready | None],
    ) -> Ready | None:
        """What `made` makes of the rows that the statement gives now; nothing else may go into it."""
        version = self._cursor.execute(VERSION).fetchall()
        if version != self._version:
            self._kept.clear()
            self._version = version
        known = self._kept.get((statement, values))
        if known is not None:
            return known
        answer = made(self._cursor.execute(statement, values).fetchall())
        if answer is not None and len(answer.data) <= LARGEST:
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[statement, values] = answer
        return answer

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()
