"""The sink `webhook`: signed requests to addresses that were checked, again where that may help."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pixcrawler_plugins.sinks import webhook
from pixcrawler_plugins.sinks.webhook_sending import NotAnswered, NotTaken, Webhook

from pixcrawler_core.components import Sink
from pixcrawler_core.errors import ConfigError, PluginError
from pixcrawler_core.fetch.addresses import AddressPolicy
from pixcrawler_core.registry import load
from pixcrawler_core.testing.contracts import SinkContract
from pixcrawler_core.testing.contracts.sink import EVENTS
from tests.plugins.sinks.receiving import SECRET, Receiver, receiving


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv(webhook.SECRET_ENV, SECRET)
    with receiving() as found:
        yield found


class TestContract(SinkContract):
    component = next(iter(webhook.register_sinks()))

    @pytest.fixture(autouse=True)
    def _receiver(self, receiver: Receiver) -> None:
        self.receiver = receiver

    def table(self, folder: Path) -> Mapping[str, Any]:
        return {"url": f"{self.receiver.address}/hook", "allow_private_hosts": True}

    def arrived(self, folder: Path) -> Sequence[str]:
        return [json.loads(body)["id"] for body in self.receiver.bodies]


class Sender:
    """Sends the first event, with waits that are noted in the place of being waited for."""

    def __init__(self, url: str, allowed: bool = True, timeout: float = 5) -> None:
        self.waits: list[float] = []
        self._webhook = Webhook(
            url,
            SECRET.encode(),
            policy=AddressPolicy(allowed),
            timeout=timeout,
            retries=3,
            sleep=self.waits.append,
        )

    def send(self) -> None:
        self._webhook(EVENTS[0])


def test_what_is_sent_is_signed_and_plain(receiver: Receiver) -> None:
    Sender(f"{receiver.address}/a/b?c=d").send()
    ((path, headers, body),) = receiver.sent
    assert receiver.bodies == [body]
    assert path == "/a/b?c=d"
    assert json.loads(body) == EVENTS[0].as_json()
    assert (headers["webhook-id"], headers["content-type"]) == ("1", "application/json")
    assert headers["user-agent"].startswith("PixCrawler/")


def test_a_failure_that_may_pass_is_tried_again(receiver: Receiver) -> None:
    receiver.statuses = [500, 429, 204]
    sender = Sender(receiver.address)
    sender.send()
    assert sender.waits == [0.5, 1.0]
    assert len({headers["webhook-id"] for _, headers, _ in receiver.sent}) == 1
    assert len(receiver.bodies) == 3


def test_the_receiver_says_when_and_not_for_ever(receiver: Receiver) -> None:
    receiver.statuses, receiver.answer = [503], {"Retry-After": "7000"}
    sender = Sender(receiver.address)
    with pytest.raises(NotAnswered, match=r"127.0.0.1 answers with HTTP 503"):
        sender.send()
    assert sender.waits == [30.0] * 3
    assert len(receiver.sent) == 4


@pytest.mark.parametrize("status", [301, 307, 400, 410])
def test_other_answers_end_it(receiver: Receiver, status: int) -> None:
    """Redirects too: what is signed for one receiver goes to no other."""
    receiver.statuses, receiver.answer = [status], {"Location": f"{receiver.address}/elsewhere"}
    with pytest.raises(NotTaken, match=f"HTTP {status}"):
        Sender(receiver.address).send()
    assert len(receiver.sent) == 1


def test_a_receiver_that_is_slow_or_away(receiver: Receiver) -> None:
    receiver.seconds = 1
    with pytest.raises(NotAnswered, match=r"took longer than 0\.05 s"):
        Sender(receiver.address, timeout=0.05).send()
    sender = Sender("http://127.0.0.1:9/secret-path")
    with pytest.raises(NotAnswered, match=r"no connection to 127\.0\.0\.1") as error:
        sender.send()
    assert "secret-path" not in str(error.value)
    assert len(sender.waits) == 3


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433"])
def test_only_public_addresses_are_asked(receiver: Receiver, host: str) -> None:
    port = receiver.address.rpartition(":")[2]
    with pytest.raises(NotTaken):
        Sender(f"https://{host}:{port}/", allowed=False).send()
    assert receiver.sent == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"url": "http://example.org/"}, "https address"),
        ({"url": "http://example.org/", "allow_private_hosts": True}, "for this machine alone"),
        ({"url": "http://localhost/"}, "allow_private_hosts = true"),
        ({"url": "https://user:word@example.org/"}, "signed instead"),
        ({"url": "ftp://example.org/"}, "must be an https address"),
        ({"url": "https:///nowhere"}, "must be an https address"),
        ({}, "missing key 'url'"),
    ],
)
@pytest.mark.usefixtures("receiver")
def test_addresses_that_do_not_do(table: Mapping[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        load(installed=False).build(Sink, "webhook", table)


@pytest.mark.parametrize(("secret", "message"), [("", "set OWN_SECRET"), ("short", "does not do")])
def test_a_secret_is_needed(monkeypatch: pytest.MonkeyPatch, secret: str, message: str) -> None:
    monkeypatch.setenv("OWN_SECRET", secret)
    table = {"url": "https://example.org/", "secret_env": "OWN_SECRET"}
    with pytest.raises(ConfigError, match=message):
        load(installed=False).build(Sink, "webhook", table)
