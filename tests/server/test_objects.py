"""Objects at the addresses that their store signs, served by a server as it is run."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pixcrawler_plugins.stores.filesystem import KEY_ENV

from pixcrawler_core.storage.local.store import LocalStore
from pixcrawler_core.storage.protocols import StorageTier
from pixcrawler_core.storage.signing import signed
from tests.conftest import Command, until
from tests.server.test_serve import free_port, get

SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105  # of a store that is not
KEY = "exports/red pandas & 小熊.zip"
DATA = bytes(range(256)) * 4096


class Place:
    """A server, and the store whose objects it serves."""

    def __init__(self, port: int, store: LocalStore) -> None:
        self.port = port
        self.store = store

    def ask(self, url: str, **headers: str) -> tuple[int, bytes, Message]:
        """What is answered at an address."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()


@pytest.fixture
def place(pixcrawler: Command, workspace: Path) -> Iterator[Place]:
    port = free_port()
    base_url = f"http://127.0.0.1:{port}/objects"
    workspace.mkdir()
    (workspace / "storage.toml").write_text(
        f"""[storage]
        stores = ["filesystem"]
        [storage.filesystem]
        path = {str(workspace / "objects")!r}
        base_url = "{base_url}"
        """
    )
    environment = {KEY_ENV: SECRET}
    process = pixcrawler.start("serve", "--bind", f"127.0.0.1:{port}", environment=environment)
    until(lambda: get(port, "/health/live")[0] == 200)
    store = LocalStore(workspace / "objects", sign=partial(signed, base_url, SECRET.encode()))
    file = workspace / "file"
    file.write_bytes(DATA)
    store.put(KEY, file)
    store.put("cold", file, tier=StorageTier.COLD)
    yield Place(port, store)
    store.close()
    process.terminate()


def test_an_address_of_the_store_is_good_and_no_other_is(place: Place) -> None:
    url = place.store.url(KEY, timedelta(minutes=5))
    status, body, headers = place.ask(url)
    assert (status, body == DATA) == (200, True)
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, body, headers = place.ask(url, Range="bytes=100-299")
    assert (status, body) == (206, DATA[100:300])
    assert headers["Content-Range"] == f"bytes 100-299/{len(DATA)}"
    assert place.ask(url, Range="bytes=9999999-")[0] == 416
    ended = place.store.url(KEY, timedelta(minutes=-5))
    missing = place.store.url("missing", timedelta(minutes=5))
    forged = signed(url.partition("/exports")[0], b"x" * 32, KEY, datetime(2100, 1, 1, tzinfo=UTC))
    other = url.replace("exports/", "../exports/")
    told = {place.ask(each)[0] for each in (ended, missing, forged, other, url[:-1], url.partition("&")[0])}
    assert told == {404}
    assert place.ask(place.store.url("cold", timedelta(minutes=5)))[0] == 409
