"""The ways in which e-mails are sent: into a folder, or to an SMTP server."""

from __future__ import annotations

import secrets
import smtplib
import ssl
from collections.abc import Mapping
from email import policy
from email.message import EmailMessage
from pathlib import Path

from pixcrawler_core.errors import ConfigError
from pixcrawler_server.mail.letter import Sender
from pixcrawler_server.settings import MailTable

FOLDER = "mail"
"""Of the workspace, for the sender `file`."""


class FileSender:
    """Writes each message into a folder that only its user reads, as a file that mail programs open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, message: EmailMessage, /) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        stamp = message["Date"].datetime.strftime("%Y%m%d-%H%M%S")
        path = self._folder / f"{stamp}-{secrets.token_hex(4)}.eml"
        temporary = path.with_suffix(".part")
        temporary.write_bytes(message.as_bytes(policy=policy.SMTPUTF8))
        temporary.chmod(0o600)
        temporary.rename(path)


class SmtpSender:
    """Hands messages to an SMTP server, over one connection each. Raises what `smtplib` raises."""

    def __init__(self, table: MailTable, password: str | None) -> None:
        self._table = table
        self._password = password

    def __call__(self, message: EmailMessage, /) -> None:
        with self._connected() as server:
            if self._table.security == "starttls":
                server.starttls(context=self._tls())
            if self._table.user:
                server.login(self._table.user, self._password or "")
            server.send_message(message)

    def _connected(self) -> smtplib.SMTP:
        host, port, timeout = self._table.host, self._table.port, self._table.timeout
        if self._table.security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=timeout, context=self._tls())
        return smtplib.SMTP(host, port, timeout=timeout)

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._table.ca_file or None)


def make_sender(table: MailTable, root: Path, environment: Mapping[str, str]) -> Sender:
    """The sender that is configured. Raises ConfigError for a password that is not there."""
    if table.sender == "file":
        return FileSender(root / FOLDER)
    password = environment.get(table.password_variable)
    if table.user and password is None:
        raise ConfigError(
            f"[mail] user: the environment has no variable {table.password_variable}; set it to the password"
        )
    return SmtpSender(table, password)
