"""Connections to the catalog's database, and its errors in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from peewee import Database, PeeweeException, PostgresqlDatabase, SqliteDatabase

from pixcrawler_core.catalog.locking import FileLock
from pixcrawler_core.catalog.postgres import is_away, postgres
from pixcrawler_core.errors import CatalogAway, WorkspaceError

BUSY_SECONDS = 10
POSTGRES_SCHEMES = ("postgres", "postgresql")
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "normal",
    "foreign_keys": 1,
    "cache_size": -32_000,
    "wal_autocheckpoint": 4_000,
    "journal_size_limit": 64 * 1024 * 1024,
}
"""https://sqlite.org/pragma.html; in WAL mode, `normal` survives the end of the process at any moment, and a
power cut may cost the last transactions but never the file."""


def _driver_errors() -> tuple[type[Exception], ...]:
    if find_spec("psycopg") is None:
        return (PeeweeException, sqlite3.Error)
    import psycopg

    return (PeeweeException, sqlite3.Error, psycopg.Error)


DRIVER_ERRORS = _driver_errors()
"""What peewee raises, and what the drivers raise where they are used directly."""

_HINTS = {
    "database is locked": "another process is writing to it; try again when that one is done",
    "database is busy": "another process is writing to it; try again when that one is done",
    "database or disk is full": "the disk is full; free some space and start again",
    "readonly database": "it is read-only; make the workspace writable or choose another one",
    "file is not a database": "the file is no SQLite database; move it away or choose another workspace",
    "malformed": "the file is damaged; restore a copy or try sqlite3's .recover",
    "unable to open database file": "it cannot be opened; check that the folder exists and is writable",
    "no such file": "it cannot be opened; check that the folder exists and is writable",
    "permission denied": "it cannot be opened; check that the folder exists and is writable",
    "disk i/o error": "the disk failed to read or write; check it and start again",
}


def connect(target: str | Path, busy_seconds: float = BUSY_SECONDS) -> Database:
    """Connect this thread to a database; other threads connect by themselves at their first query.

    `target` is the path of an SQLite file, which is created if need be, or a URL: `sqlite:///path` (with a
    fourth slash for an absolute path) or `postgresql://user:password@host/name`. On SQLite, a
    writer waits up to `busy_seconds` for another process. Raises WorkspaceError.
    """
    database = _database(target, busy_seconds)
    what = f"cannot open the catalog {describe(database)}"
    try:
        with reported(what), _in_turn(database):
            database.connect()
    except OSError as error:
        raise WorkspaceError(f"{what}: {_explain(error)}") from error
    return database


def alone(database: Database) -> AbstractContextManager[object]:
    """Hold the lock that lies beside an SQLite file; nothing to hold for one in memory.

    Raises OSError when the lock's file cannot be opened.
    """
    if database.database == ":memory:":
        return nullcontext()
    return FileLock(Path(f"{database.database}.lock"), wait=True)


def describe(database: Database) -> str:
    """The database by a name that may be shown: no user, no password."""
    name = str(database.database)
    if not isinstance(database, PostgresqlDatabase):
        return name
    parts = urlsplit(name)
    return f"postgresql://{parts.hostname or ''}{parts.path}"


@contextmanager
def reported(what: str) -> Iterator[None]:
    """Turn the database driver's errors into a WorkspaceError, as `failed` does."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise failed(what, error) from error


def failed(what: str, error: Exception) -> WorkspaceError:
    """A database driver's error in words that begin with `what`: CatalogAway where waiting helps."""
    cause = _by_driver(error)
    if is_away(cause):
        return CatalogAway(f"{what}: its server does not answer ({_explain(cause)})")
    kind = CatalogAway if _is_locked(cause) else WorkspaceError
    return kind(f"{what}: {_explain(error)}")


def _by_driver(error: Exception) -> Exception:
    """The error of the driver; peewee keeps it in its own, and that perhaps in another one."""
    while isinstance(inner := getattr(error, "orig", None), Exception):
        error = inner
    return error


def _is_locked(error: Exception) -> bool:
    """Whether SQLite waited in vain for another process; the lower byte of a code is what it is of."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _in_turn(database: Database) -> AbstractContextManager[object]:
    if isinstance(database, PostgresqlDatabase) or _in_wal_mode(database):
        return nullcontext()
    return alone(database)


def _in_wal_mode(database: Database) -> bool:
    """Whether the switch to WAL is made already, for which SQLite lets no second process wait.

    SQLite is asked: whoever closes a descriptor of the file of his own takes away the locks of all
    connections of the process (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    path = Path(str(database.database))
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            mode = connection.execute("PRAGMA journal_mode").fetchone()
    except sqlite3.Error:
        return False
    return bool(mode == ("wal",))


def _explain(error: Exception) -> str:
    text = " ".join(str(error).split())
    if "cannot rollback" in text and isinstance(error.__context__, Exception):
        return _explain(error.__context__)
    lowered = text.lower()
    return next((hint for sign, hint in _HINTS.items() if sign in lowered), text or type(error).__name__)


def _database(target: str | Path, busy_seconds: float) -> Database:
    if isinstance(target, str) and "://" in target:
        parts = urlsplit(target)
        if parts.scheme in POSTGRES_SCHEMES:
            return postgres("postgresql" + target.removeprefix(parts.scheme))
        if parts.scheme != "sqlite" or parts.netloc or len(parts.path) < 2:
            raise WorkspaceError(
                "a database URL looks like postgresql://user@host/name or sqlite:///catalog.db"
            )
        target = unquote(parts.path[1:])
    return SqliteDatabase(str(target), pragmas=PRAGMAS, timeout=busy_seconds, lock_type="IMMEDIATE")
