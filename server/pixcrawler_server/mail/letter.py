"""A letter, and the message that it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Protocol

POLICY = policy.SMTP.clone(raise_on_defect=True)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """Plain text to one address."""

    to: str
    subject: str
    text: str
    lifetime: timedelta | None = None
    """How long what it says is of use; None for ever."""


class Sender(Protocol):
    """Sends messages; used by one thread."""

    def __call__(self, message: EmailMessage, /) -> None:
        """Hand a message on. Raises OSError and smtplib.SMTPException (which is one)."""
        ...


def message_of(letter: Letter, from_address: str, now: datetime) -> EmailMessage:
    """The message of a letter.

    Raises ValueError for an address or a subject that is none: nothing in them begins another header, or
    names another receiver.
    """
    sender = Address(addr_spec=from_address)
    message = EmailMessage(POLICY)
    message["From"] = sender
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's machine answers it
    message.set_content(letter.text)
    return message
