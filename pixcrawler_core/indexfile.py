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
"""Of a schema that was never changed; a file of another version is to be built again."""
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
UNWRITABLE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


class IndexFile:
    """A connection to the database at `path`, which is made if need be; used by one thread at a time.

    `schema` are the statements that make its tables, `version` is their number. At most `cache` bytes of it
    are held in memory. A writer waits up to `busy_seconds` for another process. A file whose folder cannot be
    written to can be read if it was closed, and must not be changed by others meanwhile.
    All methods raise WorkspaceError when the disk or the file fails them, or another process keeps the lock.
    """

    def __init__(
        self,
        path: Path,
        schema: Sequence[str],
        cache: int = CACHE,
        busy_seconds: float = BUSY_SECONDS,
        version: int = VERSION,
    ) -> None:
        self.path = path
        self._pragmas = (*PRAGMAS, f"PRAGMA cache_size = -{cache // 1024}")
        self._busy_seconds = busy_seconds
        with self._reported():
            self._connection = self._prepared(version) or self._made(schema, version)

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

    def rows_of(
        self, select: str, values: NDArray[np.int64], first: Sequence[object] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a SELECT that ends with `IN`, for any number of values; `first` are those before it."""
        for begin in range(0, len(values), AT_ONCE):
            part = values[begin : begin + AT_ONCE].tolist()
            yield from self.query(f"{select} ({','.join('?' * len(part))})", [*first, *part])

    def whole(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The same rows, whose values must be whole numbers: in a damaged file they may be anything."""
        for row in rows:
            if not all(type(value) is int for value in row):
                raise self.damaged("it has something else in the place of numbers")
            yield row

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

    def _prepared(self, version: int) -> sqlite3.Connection | None:
        """Connected to a file whose tables are there; then no lock is taken, which would have to be written.

        Only SQLite opens the file: whoever closes a descriptor of his own takes away the locks of all
        connections of the process (https://sqlite.org/howtocorrupt.html, section 2.2).
        """
        if not self.path.exists():
            return None
        try:
            connection = self._opened("mode=rw")
            (there,) = _asked(connection, "PRAGMA user_version")
        except sqlite3.Error as error:
            if _code(error) not in UNWRITABLE:
                raise
            return self._unwritable(error)
        if there == version:
            return self._set_up(connection)
        connection.close()
        return None

    def _made(self, schema: Sequence[str], version: int) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock"), wait=True):
            connection = self._set_up(self._opened("mode=rwc"))
            try:
                self._prepare(connection, schema, version)
            except BaseException:
                connection.close()
                raise
        return connection

    def _unwritable(self, error: sqlite3.Error) -> sqlite3.Connection:
        log = self.path.with_name(f"{self.path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise WorkspaceError(
                f"the index {self.path} has changes in {log.name}, and {self.path.parent} cannot be "
                "written to; let the program that makes them end, or use a copy of the folder"
            ) from error
        return self._set_up(self._opened("immutable=1"))

    def _opened(self, how: str) -> sqlite3.Connection:
        """`how` are parameters of https://sqlite.org/uri.html."""
        return sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{how}",
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            uri=True,
        )

    def _set_up(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        for pragma in self._pragmas:
            _asked(connection, pragma)
        return connection

    def _prepare(self, connection: sqlite3.Connection, schema: Sequence[str], version: int) -> None:
        (there,) = _asked(connection, "PRAGMA user_version")
        if there == version:
            return
        if there:
            raise WorkspaceError(
                f"the index {self.path} has version {there}, and this program knows version "
                f"{version}; use the program that wrote it, or delete the folder {self.path.parent}"
            )
        if connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
            raise self.damaged("it has the tables of something else")
        with connection:
            for statement in ("BEGIN IMMEDIATE", *schema, f"PRAGMA user_version = {version}"):
                connection.execute(statement)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._run(begin)
        try:
            yield
            self._run("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._run("ROLLBACK")

    def _run(self, statement: str) -> None:
        with self._reported():
            self._connection.execute(statement)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._explained(error) from error
        except UnicodeDecodeError as error:  # of SQLite's own messages
            raise self.damaged("it has text that cannot be") from error
        except OSError as error:
            raise WorkspaceError(f"cannot use {self.path}: {error.strerror or error}") from error

    def _explained(self, error: sqlite3.Error) -> WorkspaceError:
        code = _code(error)
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


def _asked(connection: sqlite3.Connection, pragma: str) -> tuple[Any, ...]:
    """What a pragma answers; the connection is closed if it fails."""
    try:
        return connection.execute(pragma).fetchone() or ()
    except BaseException:
        connection.close()
        raise


def _code(error: sqlite3.Error) -> int:
    """The primary result code, https://sqlite.org/rescode.html; 0 for an error that is not SQLite's own."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
