"""Sends letters beside requests: a thread does, so that no answer tells whether there was one, or waits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from smtplib import SMTPException
from threading import BoundedSemaphore

from pixcrawler_server.mail.letter import Letter, Sender, message_of

logger = logging.getLogger(__name__)
MOST = 1000
"""Letters that wait at most; more are dropped, with a line in the log, when the mail server is away."""


class Post:
    """Takes letters; call it when the transaction that they tell of has been committed."""

    def __init__(self, sender: Sender, from_address: str, now: Callable[[], datetime]) -> None:
        self._sender, self._from, self._now = sender, from_address, now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mail")
        self._room = BoundedSemaphore(MOST)

    def send(self, letters: Iterable[Letter]) -> None:
        """Have letters sent; what fails is told in the log, without the receiver."""
        for letter in letters:
            if self._room.acquire(blocking=False):
                self._thread.submit(self._send, letter)
            else:
                logger.error("the letter %r is dropped: %s others wait", letter.subject, MOST)

    def close(self) -> None:
        """Send what waits, and end the thread."""
        self._thread.shutdown()

    def _send(self, letter: Letter) -> None:
        try:
            self._sender(message_of(letter, self._from, self._now()))
        except SMTPException as error:  # its text has addresses
            code = getattr(error, "smtp_code", "")
            logger.error("the letter %r was not sent: %s %s", letter.subject, type(error).__name__, code)  # noqa: TRY400
        except Exception:  # the edge of a thread: whatever it is, it is told
            logger.exception("the letter %r was not sent", letter.subject)
        finally:
            self._room.release()
