"""Reads the e-mails that a server wrote into its workspace."""

from __future__ import annotations

import re
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

PATIENCE = 10.0
"""Seconds until an e-mail that does not come is missed."""
TOKEN = re.compile(r"#token=(\S+)")


class Mailbox:
    """The folder `mail` of a workspace."""

    def __init__(self, workspace: Path) -> None:
        self._folder = workspace / "mail"

    def all(self, count: int) -> list[EmailMessage]:
        """All e-mails, of which there must come to be so many, the oldest first."""
        until = time.monotonic() + PATIENCE
        while len(paths := list(self._folder.glob("*.eml"))) < count:
            assert time.monotonic() < until, f"{len(paths)} e-mails, not {count}"
            time.sleep(0.005)
        found = sorted(paths, key=lambda path: path.stat().st_mtime_ns)
        assert len(found) == count, [_read(path)["Subject"] for path in found]
        return [_read(path) for path in found]

    def token(self, count: int) -> str:
        """The token in the newest of so many e-mails."""
        return token_of(self.all(count)[-1])


def token_of(message: EmailMessage) -> str:
    """The token in an e-mail."""
    found = TOKEN.search(message.get_content())
    assert found is not None, message
    return found[1]


def _read(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message
