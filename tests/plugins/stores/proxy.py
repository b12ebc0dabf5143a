"""A proxy in front of a server, which counts and spoils what goes through."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length"))


@dataclass
class Reply:
    """An answer: the server's, or one that a fault gives in its place."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None
    """Bytes of the body after which the connection is closed; the server sends the whole."""


@dataclass(frozen=True)
class Asked:
    """A request, before its body is read."""

    method: str
    target: str
    length: int


Fault = Callable[[Asked], "Reply | int | None"]
"""What happens to a request: nothing, an answer without asking the server, or bytes of its body after which
the connection is closed."""
Change = Callable[[Asked, Reply], None]
"""Changes an answer of the server."""


class Proxy:
    """Passes requests on; tests set `fault` and `change`, and look at what was asked."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.reset()

    def reset(self) -> None:
        """Spoil nothing, and forget."""
        self.fault: Fault = lambda _: None
        self.change: Change = lambda _, __: None
        self.spoil_body = False
        """Whether the first byte of each body is changed on its way to the server."""
        self.asked: list[Asked] = []
        self.received = 0
        """Bytes of bodies that came in."""

    def count(self, method: str, within: str = "") -> int:
        """Requests of a method with something in their target."""
        return sum(each.method == method and within in each.target for each in list(self.asked))


@contextmanager
def proxied(upstream: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy in front of an address, and its own address."""
    proxy = Proxy(upstream)
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield proxy, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:  # the client was killed, or closed the connection
            self.close_connection = True

    def _pass(self) -> None:
        asked = Asked(self.command, self.path, int(self.headers.get("Content-Length") or 0))
        self.proxy.asked.append(asked)
        fault = self.proxy.fault(asked)
        body = self._body(asked.length if not isinstance(fault, int) else fault)
        if isinstance(fault, int) or len(body) < asked.length:
            self.close_connection = True
            return
        if self.proxy.spoil_body and body:
            body = bytes((body[0] ^ 1,)) + body[1:]
        reply = fault if isinstance(fault, Reply) else self._upstream(asked, body)
        if not isinstance(fault, Reply):
            self.proxy.change(asked, reply)
        self._answer(reply)

    def _body(self, length: int) -> bytes:
        parts, left = [], length
        while left and (part := self.rfile.read1(min(left, 1 << 16))):
            parts.append(part)
            left -= len(part)
            self.proxy.received += len(part)
        return b"".join(parts)

    def _upstream(self, asked: Asked, body: bytes) -> Reply:
        upstream = HTTPConnection(str(self.proxy.upstream.hostname), self.proxy.upstream.port, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        try:
            upstream.request(asked.method, asked.target, body or None, headers)
            return _reply(upstream.getresponse(), asked)
        finally:
            upstream.close()

    def _answer(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
        if reply.cut is not None:
            self.close_connection = True

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _pass  # noqa: N815  # names of the library

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        """Nothing."""


def _reply(response: HTTPResponse, asked: Asked) -> Reply:
    body = response.read()
    kept = {name: value for name, value in response.getheaders() if name.lower() not in HOP}
    if asked.method == "HEAD" and (length := response.getheader("Content-Length")):
        kept["Content-Length"] = length
    return Reply(response.status, kept, body)
