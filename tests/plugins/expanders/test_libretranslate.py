from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from pixcrawler_plugins.expanders.libretranslate import LibreTranslate, TranslationFailed

from tests.plugins.expanders.translating import Reply, Service, serving

KEY = "SECRET_OF_TEST"


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as found:
        found.known = {("de", "heron"): "Reiher", ("nb", "heron"): "hegre"}
        yield found


class Client:
    """A client that notes how long it waits instead of waiting."""

    def __init__(self, url: str, environment: dict[str, str] | None = None, **options: Any) -> None:
        self.waits: list[float] = []
        told = {"key_env": KEY, "timeout": 5, "retries": 2, **options}
        self.asks = LibreTranslate(url, environment=environment or {}, sleep=self.waits.append, **told)

    def fails(self) -> str:
        with pytest.raises(TranslationFailed) as failed:
            self.asks.translate("heron", "de")
        return str(failed.value)


def test_it_asks_as_the_protocol_says(service: Service) -> None:
    client = Client(service.url + "/")
    assert client.asks.translate("heron", "de") == "Reiher"
    assert client.asks.translate("heron", "no") == "hegre", "which LibreTranslate calls nb"
    told = {"path": "/translate", "q": "heron", "source": "en", "format": "text"}
    assert service.asked == [{**told, "target": "de"}, {**told, "target": "nb"}]


def test_the_key_comes_from_the_environment_alone(service: Service) -> None:
    service.key = "s3cret"
    assert Client(service.url, {KEY: "s3cret"}).asks.translate("heron", "de") == "Reiher"
    told = Client(service.url, {KEY: "wrong-one"}).fails()
    assert told == f"the translation service at {service.url} failed: HTTP 403 (Invalid API key)"
    assert len(service.asked) == 2, "a refusal is not asked again"


def test_what_passes_is_asked_again_later(service: Service) -> None:
    service.replies = [Reply(status=429, headers={"Retry-After": "7"}), Reply(status=503)]
    client = Client(service.url)
    assert client.asks.translate("heron", "de") == "Reiher"
    assert client.waits == [7.0, 2.0]


def test_it_gives_up(service: Service) -> None:
    service.replies = [Reply(status=500, headers={"Retry-After": "9999"})] * 3
    client = Client(service.url)
    assert client.fails() == f"the translation service at {service.url} failed: HTTP 500"
    assert client.waits == [30.0, 30.0]


def test_it_does_not_wait_for_ever(service: Service) -> None:
    service.replies = [Reply(seconds=0.5)]
    assert "timed out" in Client(service.url, timeout=0.1, retries=0).fails()


def test_a_service_that_is_away_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}", retries=1)
    assert "ConnectionRefusedError" in client.fails()
    assert client.waits == [1.0]


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"<html>",
            b"[]",
            b"null",
            b"\xff",
            b'{"translatedText": 5}',
            b'{"translatedText": ["Reiher"]}',
        ),
        *(b'{"translatedText": " \\u200b "}', b'{"translatedText": "%s"}' % (b"x" * 201), b"[" * 5000),
        b'{"translatedText": "Reiher"}' + b" " * 70_000,
    ],
)
def test_other_answers_are_no_translations(service: Service, body: bytes) -> None:
    service.replies = [Reply(body=body)]
    told = Client(service.url).fails()
    assert told.startswith(f"the translation service at {service.url} failed: it")
    assert len(told) < 200
    assert len(service.asked) == 1


def test_answers_are_made_visible(service: Service) -> None:
    service.replies = [Reply(body='{"translatedText": "\u202eRei\\u0000her\\n"}'.encode())]
    assert Client(service.url).asks.translate("heron", "de") == "Rei her"


@pytest.mark.parametrize("status", [302, 307])
def test_keys_are_not_sent_elsewhere(service: Service, status: int) -> None:
    with serving() as other:
        other.known = service.known
        service.replies = [Reply(status=status, headers={"Location": f"{other.url}/translate"})]
        assert f"HTTP {status}" in Client(service.url, {KEY: "s3cret"}).fails()
        assert other.asked == []
