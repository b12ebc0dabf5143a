"""Sends letters beside requests: a thread does, so that no answer tells whether there was one, or waits."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_server.mail.letter import Sender, message_of
from pixcrawler_server.mail.outbox import Outbox, Taken

if TYPE_CHECKING:
    from collections.abc import Callable

    from peewee import Database

logger = logging.getLogger(__name__)
MOST = 1000
"""Letters that wait for the thread at most; more wait for `tend`."""
OF_LETTER = (SMTPDataError, SMTPNotSupportedError, SMTPRecipientsRefused)
"""Errors that say nothing of other letters."""


class Post:
    """Sends letters of an outbox: at once those that it is told of, and what is due with `tend`."""

    def __init__(
        self,
        outbox: Outbox,
        database: Database,
        sender: Sender,
        from_address: str,
        now: Callable[[], datetime],
    ) -> None:
        self._outbox, self._database = outbox, database
        self._sender, self._from, self._now = sender, from_address, now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mail")
        self._room = BoundedSemaphore(MOST)

    def send(self, letters: Iterable[int]) -> None:
        """Have letters sent that have just been put into the outbox, and committed."""
        for key in letters:
            if self._room.acquire(blocking=False):
                self._thread.submit(self._send, key)

    def tend(self) -> None:
        """Send what is due, in this thread, up to where the mail server cannot be reached.

        Raises WorkspaceError.
        """
        for key in self._outbox.due():
            if not self._tried(key):
                return

    def close(self) -> None:
        """End the thread with the letter that it is at; the others wait for the next process."""
        self._thread.shutdown(cancel_futures=True)

    def _send(self, key: int) -> None:
        try:
            self._tried(key)
        except WorkspaceError as error:
            logger.warning("a letter waits: %s", error)
        finally:
            self._database.close()  # this thread's
            self._room.release()

    def _tried(self, key: int) -> bool:
        """Send a letter, if it is still to be sent; whether others may be sent, too."""
        taken = self._outbox.take(key)
        if taken is None:
            return True
        error = self._error(taken)
        if error is None:
            self._outbox.sent(taken)
            return True
        self._outbox.fail(taken, _told(error))
        return not isinstance(error, OSError) or isinstance(error, OF_LETTER)

    def _error(self, taken: Taken) -> Exception | None:
        """Hand a letter on; what went wrong, if something did."""
        if taken.letter is None:
            return ValueError("it cannot be read: the server has another secret since")
        try:
            self._sender(message_of(taken.letter, self._from, self._now()))
        except Exception as error:  # the edge of a thread: whatever it is, it is told
            if not isinstance(error, OSError):
                logger.exception("the letter %r was not sent", taken.letter.subject)
            return error
        return None


def _told(error: Exception) -> str:
    """What went wrong, without addresses: those that the mail server told are in the error's text."""
    if isinstance(error, SMTPRecipientsRefused):
        return f"SMTPRecipientsRefused {', '.join(str(code) for code, _ in error.recipients.values())}"
    if isinstance(error, SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__ if isinstance(error, SMTPException) else f"{type(error).__name__}: {error}"
