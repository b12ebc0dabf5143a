"""E-mails to a real SMTP server."""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import Callable, Iterator
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
from pixcrawler_server.mail.outbox import Outbox
from pixcrawler_server.mail.senders import make_sender
from pixcrawler_server.settings import MailTable

from pixcrawler_core.catalog.models import ActivityLog, User, WaitingLetter
from pixcrawler_core.errors import ConfigError
from tests.conftest import until
from tests.server.conftest import PASSWORD, Api, MakeApi
from tests.server.mailbox import TOKEN, Mailbox
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


Send = Callable[..., Api]


@pytest.fixture
def send(make_api: MakeApi) -> Send:
    """Has letters sent by a server that has this table `[mail]`; each is tried once."""

    def sent(table: MailTable, *letters: Letter) -> Api:
        mail = {**table.model_dump(), "from_address": "pix@example.org"}
        api = make_api(environment={"PIXCRAWLER_SMTP_PASSWORD": SECRET}, mail=mail)
        user = api.user().id
        api.services.post.send([api.services.outbox.put(letter, user) for letter in letters])
        until(lambda: not WaitingLetter.select().where(WaitingLetter.attempts == 0).exists())
        api.services.post.close()
        return api

    return sent


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def test_a_server_on_this_machine(send: Send) -> None:
    with served() as (port, received):
        send(MailTable(sender="smtp", host="127.0.0.1", port=port, security="none"), LETTER, LETTER)
    first, _ = received.messages
    assert (first["From"], first["To"], first["X-RcptTo"]) == ("pix@example.org", LETTER.to, LETTER.to)
    assert first.get_payload(decode=True).decode().splitlines() == LETTER.text.splitlines()


def test_a_connection_that_is_encrypted_and_a_password(send: Send, certificate: Path) -> None:
    options = {"authenticator": signed_in, "auth_required": True, "tls_context": tls(certificate)}
    with served(**options) as (port, received):
        table = MailTable(sender="smtp", host="127.0.0.1", port=port, user="pix", ca_file=str(certificate))
        send(table, LETTER)
    assert len(received.messages) == 1


def test_a_connection_that_is_encrypted_from_its_beginning(send: Send, certificate: Path) -> None:
    with served(ssl_context=tls(certificate)) as (port, received):
        table = MailTable(
            sender="smtp", host="127.0.0.1", port=port, security="tls", ca_file=str(certificate)
        )
        send(table, LETTER)
    assert len(received.messages) == 1


def test_a_server_that_nobody_vouches_for_gets_nothing(
    send: Send, certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served(tls_context=tls(certificate)) as (port, received):
        send(MailTable(sender="smtp", host="127.0.0.1", port=port, user="pix"), LETTER)
    assert received.messages == []
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text


def test_a_server_without_encryption_gets_nothing(send: Send, caplog: pytest.LogCaptureFixture) -> None:
    with served() as (port, received):
        send(MailTable(sender="smtp", host="127.0.0.1", port=port, user="pix"), LETTER)
    assert (received.messages, SECRET in caplog.text) == ([], False)


def test_what_fails_is_told_without_the_receiver_and_stops_nothing(
    send: Send, caplog: pytest.LogCaptureFixture
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
    (told,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
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


class Away(Received):
    """A server that takes nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = "451 try again later"
        self.asked = 0

    async def handle_RCPT(self, _s: Any, _n: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802
        self.asked += 1
        envelope.rcpt_tos.append(address)
        return self.answer


@pytest.fixture
def away() -> Iterator[tuple[Away, dict[str, Any]]]:
    """A server that takes nothing, and the table `[mail]` for it."""
    handler, port = Away(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, {"sender": "smtp", "host": "127.0.0.1", "port": port, "security": "none"}
    controller.stop()


def register(api: Api) -> None:
    body = {"email": "ada@example.org", "password": "correct horse battery"}
    assert api.anonymous("POST", "/auth/register", body).status_code == 202


def forget(api: Api) -> None:
    assert api.anonymous("POST", "/auth/password/forgot", {"email": "ada@example.org"}).status_code == 202


def waits_until(moment: datetime) -> None:
    """Wait until the one letter was tried, and is to be tried again at this time."""
    until(lambda: [each.next_at for each in WaitingLetter.select()] == [moment])


def given_up() -> list[Any]:
    return [each.details for each in ActivityLog.select().where(ActivityLog.action == "letter given up")]


def told_to_admins(api: Api) -> dict[str, int]:
    told: dict[str, int] = api.admin()("GET", "/admin/system").json["letters"]
    User.delete().where(User.email == "root@example.org").execute()
    return told


def test_a_letter_that_was_refused_is_sent_later_and_leaves_nothing(
    make_api: MakeApi, away: tuple[Away, dict[str, Any]]
) -> None:
    server, mail = away
    api = make_api(mail=mail)
    register(api)
    waits_until(api.clock() + timedelta(minutes=1))
    assert told_to_admins(api) == {"waiting": 1, "given_up": 0}
    sealed = bytes(WaitingLetter.get().sealed)
    assert [each in sealed for each in (b"ada@", b"token", b"Verify")] == [False, False, False]
    server.answer = "250 OK"
    api.services.housekeeper.tend()
    assert server.asked == 1
    api.clock.forward(minutes=1)
    api.services.housekeeper.tend()
    (message,) = server.messages
    assert WaitingLetter.select().count() == 0
    token = TOKEN.search(message.get_payload(decode=True).decode())
    assert token is not None
    proof = {"token": token[1], "password": PASSWORD}
    assert api.anonymous("POST", "/auth/verify", proof).status_code == 204


def test_a_letter_is_given_up_after_three_hours_and_that_is_told(
    make_api: MakeApi, away: tuple[Away, dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    api = make_api(mail=away[1])
    register(api)
    for minutes in (1, 5, 30, 120):
        waits_until(api.clock() + timedelta(minutes=minutes))
        api.clock.forward(minutes=minutes)
        api.services.housekeeper.tend()
    assert WaitingLetter.select().count() == 0
    assert away[0].asked == 5
    assert given_up() == [{"attempts": 5, "why": "SMTPRecipientsRefused 451"}]
    assert told_to_admins(api) == {"waiting": 0, "given_up": 1}
    assert ("given up after 5 attempts" in caplog.text, "ada@" in caplog.text) == (True, False)
    api.clock.forward(days=1000)  # the record is of the real time
    assert told_to_admins(api)["given_up"] == 0


def test_a_letter_with_a_token_that_ends_is_given_up_before(
    make_api: MakeApi, away: tuple[Away, dict[str, Any]]
) -> None:
    api = make_api(mail=away[1])
    api.user()
    forget(api)
    for minutes in (1, 5):
        waits_until(api.clock() + timedelta(minutes=minutes))
        api.clock.forward(minutes=minutes)
        api.services.housekeeper.tend()
    assert (WaitingLetter.select().count(), given_up()[0]["attempts"]) == (0, 3)


def test_letters_of_a_process_that_was_killed_are_sent_by_others(api: Api) -> None:
    user = api.user().id
    outbox = api.services.outbox
    committed, sending = (outbox.put(LETTER, user) for _ in range(2))
    assert outbox.take(sending) is not None
    assert outbox.take(sending) is None
    api.services.housekeeper.tend()
    assert [each.id for each in WaitingLetter.select()] == [sending] != [committed]
    api.clock.forward(minutes=10)
    api.services.housekeeper.tend()
    assert len(Mailbox(api.services.workspace.root).all(2)) == 2
    outbox.put(LETTER, user)
    User.delete().execute()
    assert WaitingLetter.select().count() == 0


def test_a_server_that_is_away_is_asked_for_one_letter_at_a_time(make_api: MakeApi) -> None:
    mail = {"sender": "smtp", "host": "127.0.0.1", "port": free_port(), "security": "none"}
    api = make_api(mail=mail)
    for _ in range(3):
        api.services.outbox.put(LETTER, api.user(f"{WaitingLetter.select().count()}@example.org").id)
    api.services.housekeeper.tend()
    assert sorted(each.attempts for each in WaitingLetter.select()) == [0, 0, 1]


def test_a_letter_that_nobody_can_read_any_more_is_given_up(api: Api) -> None:
    Outbox(api.services.catalog.database, b"x" * 32, api.clock).put(LETTER, api.user().id)
    api.services.housekeeper.tend()
    assert WaitingLetter.select().count() == 0
    assert "another secret" in given_up()[0]["why"]
