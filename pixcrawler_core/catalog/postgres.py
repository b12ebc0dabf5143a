"""PostgreSQL, which may go away and come back while this process lives."""

from __future__ import annotations

import select
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from peewee import PostgresqlDatabase

from pixcrawler_core.errors import WorkspaceError

if TYPE_CHECKING:
    from peewee import Database

PATIENCE = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
"""Within 10 s or so a server counts as away that nothing is heard of; the URL may say otherwise.
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS"""


class LastingDatabase(PostgresqlDatabase):
    """Connects anew when the server has ended the connection, but never in a transaction: that is lost."""

    def cursor(self, named_cursor: Any = None) -> Any:
        """A cursor of a connection that stands, as far as that can be seen from here."""
        if not self.in_transaction() and self._is_lost():
            self.close()
        return super().cursor(named_cursor)  # type: ignore[no-untyped-call]  # peewee's stub

    def commit(self) -> None:
        """Commit on the connection of the transaction, or raise."""
        self.push_transaction(self)
        try:
            super().commit()
        finally:
            self.pop_transaction()  # type: ignore[no-untyped-call]  # as above

    def rollback(self) -> None:
        """Roll back; a transaction whose connection is lost is so already."""
        if not self._is_lost():
            super().rollback()

    def _is_lost(self) -> bool:
        return not self.is_closed() and is_lost(self.connection())  # type: ignore[no-untyped-call]  # as above


def is_lost(connection: Any) -> bool:
    """Whether the server has ended a connection of psycopg; nothing is sent to find out.

    What the server has sent meanwhile is read: notices, and, where it ended, the end.
    """
    if connection.closed:
        return True
    from psycopg import OperationalError
    from psycopg.pq import TransactionStatus

    if connection.pgconn.transaction_status != TransactionStatus.IDLE:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    try:
        while poll.poll(0):
            connection.pgconn.consume_input()
    except OperationalError:
        return True
    return bool(connection.closed)


def is_away(error: Exception) -> bool:
    """Whether psycopg failed because the server does not answer, ends, or begins.

    Errors without a state are those of connections; of the others, 08 is about connections as well, and 57P
    about the operator: https://www.postgresql.org/docs/current/errcodes-appendix.html.
    """
    if find_spec("psycopg") is None:
        return False
    from psycopg import OperationalError

    if not isinstance(error, OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P")) or error.sqlstate == "53300"


def postgres(url: str) -> Database:
    """The database of a URL, to which nothing is connected yet. Raises WorkspaceError."""
    if find_spec("psycopg") is None:
        raise WorkspaceError("PostgreSQL needs psycopg: pip install 'pixcrawler[postgres]'")
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        told = conninfo_to_dict(url)
        readable = "@" not in url.removeprefix("postgresql://" + urlsplit(url).netloc)
    except ProgrammingError:
        told, readable = {}, False
    if not readable:
        raise WorkspaceError(
            "the PostgreSQL URL cannot be read; percent-encode special characters in its user and password"
        )
    patience: dict[str, Any] = {name: value for name, value in PATIENCE.items() if name not in told}
    return LastingDatabase(url, prefer_psycopg3=True, **patience)
