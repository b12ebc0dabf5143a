"""The file of an index of images: an SQLite database, and its errors in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.catalog.locking import FileLock
from pixcrawler_core.errors import WorkspaceError

VERSION = 1
"""Of all schemas; a file of another version is to be built again."""
PRAGMAS = (
    "PRAGMA journal_mode = wal",
    "PRAGMA synchronous = normal",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cell_size_check = on",
)
"""https://sqlite.org/pragma.html; in WAL mode, `normal` survives the end of the process at any moment, and a
power cut may cost the last transactions but never the file."""
CACHE = 16 * 1024 * 1024
BUSY_SECONDS = 60.0
AT_ONCE = 500
"""Values in one statement."""
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
"""The last is for statements that cannot run: a table is missing."""
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class IndexFile:
    """A connection to the database at `path`, which is made if need be; used by one thread at a time.

    `schema` are the statements that make its tables. At most `cache` bytes of it are held in memory. A writer
    waits up to `busy_seconds` for another process.
    All methods raise WorkspaceError when the disk or the file fails them, or another process keeps the lock.
    """

    def __init__(
        self, path: Path, schema: Sequence[str], cache: int = CACHE, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        self.path = path
        self._schema = schema
        with self._reported():
            path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(path.with_suffix(".lock"), wait=True):
                self._connection = sqlite3.connect(
                    path, timeout=busy_seconds, isolation_level=None, check_same_thread=False
                )
                try:
                    self._prepare(cache)
                except BaseException:
                    self._connection.close()
                    raise

    def query(self, statement: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a SELECT or PRAGMA."""
        with self._reported():
            cursor = self._connection.execute(statement, values)
            while rows := cursor.fetchmany(AT_ONCE):
                yield from rows

    def version(self) -> int:
        """A number that is another one after another connection has changed the file."""
        (found,) = self.query("PRAGMA data_version")
        return int(found[0])

    def rows_of(self, select: str, values: NDArray[np.int64]) -> Iterator[tuple[Any, ...]]:
        """The rows of a SELECT that ends with `IN`, for any number of values."""
        for begin in range(0, len(values), AT_ONCE):
            part = values[begin : begin + AT_ONCE].tolist()
            yield from self.query(f"{select} ({','.join('?' * len(part))})", part)

    def change(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Run an INSERT, UPDATE or DELETE for each row of values."""
        with self._reported():
            self._connection.executemany(statement, rows)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let all queries within see the same state, whatever other processes write meanwhile."""
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Have the file to oneself; all changes within are made together, or none of them."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    def close(self) -> None:
        """Close the connection; harmless when closed already."""
        with self._reported():
            self._connection.close()

    def damaged(self, why: str) -> WorkspaceError:
        """The error for a file that contradicts itself."""
        return WorkspaceError(
            f"the index {self.path} is damaged: {why}; delete the folder {self.path.parent} "
            "and run the command that made it again, which builds it anew"
        )

    def _prepare(self, cache: int) -> None:
        for pragma in (*PRAGMAS, f"PRAGMA cache_size = -{cache // 1024}"):
            self._connection.execute(pragma)
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == VERSION:
            return
        if version:
            raise WorkspaceError(
                f"the index {self.path} has version {version}, and this program knows version "
                f"{VERSION}; use the program that wrote it, or delete the folder {self.path.parent}"
            )
        if self._connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
            raise self.damaged("it has the tables of something else")
        with self.writing():
            for statement in (*self._schema, f"PRAGMA user_version = {VERSION}"):
                self._connection.execute(statement)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self._reported():
            self._connection.execute(begin)
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._explained(error) from error
        except (TypeError, ValueError, OverflowError) as error:  # of values, or of SQLite's own messages
            raise self.damaged("it has text or numbers that cannot be") from error
        except OSError as error:
            raise WorkspaceError(f"cannot use {self.path}: {error.strerror or error}") from error

    def _explained(self, error: sqlite3.Error) -> WorkspaceError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in DAMAGE:
            return self.damaged(str(error))
        if code in BUSY:
            return WorkspaceError(
                f"the index {self.path} is in use: another process is writing to it; "
                "try again when that one is done"
            )
        return WorkspaceError(
            f"cannot use the index {self.path}: {error}; mend that, and run the same command again"
        )
