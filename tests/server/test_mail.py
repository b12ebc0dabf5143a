"""E-mails to a real SMTP server."""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pixcrawler_server.mail.letter import Letter, message_of
from pixcrawler_server.mail.post import Post
from pixcrawler_server.mail.senders import make_sender
from pixcrawler_server.settings import MailTable

from pixcrawler_core.errors import ConfigError
from tests.server.test_serve import free_port

SECRET = "of the mail server"  # noqa: S105  # of none that is
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
LETTER = Letter(to="ada@example.org", subject="Grüße", text="Zeile 1\n.\nZeile 3\n")


class Received(Message):
    """Keeps what is received."""

    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.messages: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.messages.append(message)


def signed_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.login == b"pix" and data.password == SECRET.encode())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@contextlib.contextmanager
def served(**options: Any) -> Iterator[tuple[int, Received]]:
    handler, port = Received(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port, handler
    finally:
        controller.stop()


def send(table: MailTable, *letters: Letter) -> None:
    sender = make_sender(table, Path(), {"PIXCRAWLER_SMTP_PASSWORD": SECRET})
    post = Post(sender, "pix@example.org", lambda: NOW)
    post.send(letters)
    post.close()


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def test_a_server_on_this_machine() -> None:
    with served() as (port, received):
        send(MailTable(sender="smtp", host="127.0.0.1", port=port, security="none"), LETTER, LETTER)
    first, _ = received.messages
    assert (first["From"], first["To"], first["X-RcptTo"]) == ("pix@example.org", LETTER.to, LETTER.to)
    assert first.get_payload(decode=True).decode().splitlines() == LETTER.text.splitlines()


def test_a_connection_that_is_encrypted_and_a_password(certificate: Path) -> None:
    options = {"authenticator": signed_in, "auth_required": True, "tls_context": tls(certificate)}
    with served(**options) as (port, received):
        table = MailTable(sender="smtp", host="127.0.0.1", port=port, user="pix", ca_file=str(certificate))
        send(table, LETTER)
    assert len(received.messages) == 1


def test_a_connection_that_is_encrypted_from_its_beginning(certificate: Path) -> None:
    with served(ssl_context=tls(certificate)) as (port, received):
        table = MailTable(
            sender="smtp", host="127.0.0.1", port=port, security="tls", ca_file=str(certificate)
        )
        send(table, LETTER)
    assert len(received.messages) == 1


def test_a_server_that_nobody_vouches_for_gets_nothing(
    certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served(tls_context=tls(certificate)) as (port, received):
        send(MailTable(sender="smtp", host="127.0.0.1", port=port, user="pix"), LETTER)
    assert received.messages == []
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text


def test_a_server_without_encryption_gets_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with served() as (port, received):
        send(MailTable(sender="smtp", host="127.0.0.1", port=port, user="pix"), LETTER)
    assert (received.messages, SECRET in caplog.text) == ([], False)


def test_what_fails_is_told_without_the_receiver_and_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Picky(Received):
        async def handle_RCPT(self, _s: Any, _n: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802
            envelope.rcpt_tos.append(address)
            return "250 OK" if address == LETTER.to else f"550 {address} is not here"

    handler, port = Picky(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        other = Letter(to="nobody@example.org", subject="Hello", text="x")
        send(MailTable(sender="smtp", host="127.0.0.1", port=port, security="none"), other, LETTER)
    finally:
        controller.stop()
    assert len(handler.messages) == 1
    (told,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert ("Hello" in told.getMessage(), "nobody@" in caplog.text) == (True, False)


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("a@example.org\nBcc: all@example.org", "x"),
        ("a@example.org\r\n\r\nbody", "x"),
        ("a@example.org, b@example.org", "x"),
        ("a@example.org", "x\nBcc: all@example.org"),
        ("a@example.org", "x\r\n\r\nbody"),
    ],
)
def test_nothing_begins_another_header(to: str, subject: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        message_of(Letter(to=to, subject=subject, text=""), "pix@example.org", NOW)


def test_a_password_that_is_not_there_is_told_at_the_start() -> None:
    with pytest.raises(ConfigError, match="MAIL_SECRET"):
        make_sender(MailTable(sender="smtp", user="pix", password_variable="MAIL_SECRET"), Path(), {})  # noqa: S106  # a name
