"""A plain client that reaches every host of the simulated web, whatever the system's resolver knows."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

AGENT = "PixCrawler-Tests/1.0 (+https://example.org; tests@example.org)"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


def get(url: str, agent: str = AGENT, method: str = "GET") -> Reply:
    """One request without following redirects; raises what http.client raises."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, headers={"Host": parts.netloc, "User-Agent": agent})
        with connection.getresponse() as response:
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, headers, response.read())
    finally:
        connection.close()


def get_json(url: str, **query: object) -> Any:
    """The JSON answer to a query."""
    return get(f"{url}?{urlencode(query)}").json()


def raw(url: str, limit: int = 1 << 30, timeout: float = 5.0) -> tuple[bytes, str]:
    """Up to `limit` bytes of the answer as they come, and how it ended: closed, reset, limit, silent."""
    parts = urlsplit(url)
    received = bytearray()
    with socket.create_connection(("127.0.0.1", parts.port or 80), timeout=timeout) as connection:
        connection.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        while len(received) < limit:
            try:
                piece = connection.recv(1 << 16)
            except ConnectionResetError:
                return bytes(received), "reset"
            except TimeoutError:
                return bytes(received), "silent"
            if not piece:
                return bytes(received), "closed"
            received += piece
    return bytes(received), "limit"
