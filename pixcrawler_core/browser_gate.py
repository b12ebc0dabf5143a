"""The only way out of a browser: a proxy on this machine that connects to permitted addresses alone.

A browser resolves names, follows redirects and opens web sockets by itself; here each connection goes to the
very address that was checked.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from pixcrawler_core.fetch.addresses import AddressPolicy

HEAD = 64 * 1024
"""Bytes of a request's head at most."""
CONNECT_FOR = 15.0
"""Seconds in which a connection must be made."""
CHUNK = 64 * 1024
ENDS = (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
logger = logging.getLogger(__name__)


class Gate:
    """Listens from the start, so that its address can be told; `open` begins to answer."""

    def __init__(self, policy: AddressPolicy) -> None:
        self.policy = policy
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The proxy's address."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def open(self) -> None:
        """Answer from now on."""
        self._server = await asyncio.start_server(self._serve, sock=self._socket, limit=HEAD)

    def close(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.close()
        else:
            self._socket.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (
            OSError,
            ValueError,
            TimeoutError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ) as error:
            logger.debug("a connection of the browser ends: %s", error)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, headers = head.partition(b"\r\n")
        method, target, version = line.decode("latin-1").split(" ")
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        address = await self._permitted(parts.hostname or "")
        if address is None:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        port = parts.port or 80
        async with asyncio.timeout(CONNECT_FOR):
            upstream_reader, upstream = await asyncio.open_connection(address, port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = parts._replace(scheme="", netloc="").geturl() or "/"
            upstream.write(f"{method} {path} {version}\r\n".encode("latin-1") + _single(headers))
        try:
            await asyncio.gather(_pump(reader, upstream), _pump(upstream_reader, writer))
        finally:
            upstream.close()

    async def _permitted(self, host: str) -> str | None:
        """An address of the host, if all that it has are permitted."""
        if host == "localhost" or host.endswith(".localhost"):
            found = ["127.0.0.1"]
        else:
            entries = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found = [str(entry[4][0]).partition("%")[0] for entry in entries]
        if not found or not all(self.policy.permits(host, ip_address(each)) for each in found):
            logger.warning("the browser may not connect to %s: its address is not public", host)
            return None
        return found[0]


def _single(headers: bytes) -> bytes:
    """The headers of a request after which the connection ends: each is judged by itself."""
    kept = [
        line
        for line in headers.split(b"\r\n")
        if line and not line.lower().startswith((b"connection:", b"proxy-"))
    ]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""])


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
