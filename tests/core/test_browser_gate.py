from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pixcrawler_core.browser_gate import Gate
from pixcrawler_core.fetch.addresses import AddressPolicy

SAID: list[bytes] = []


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    SAID.append(await reader.readuntil(b"\r\n\r\n"))
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
    await writer.drain()
    writer.close()


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    SAID.clear()
    async with await asyncio.start_server(serve, "0.0.0.0") as server:  # noqa: S104  # all of the loopback net
        yield server.sockets[0].getsockname()[1]


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[Gate]:
    made = Gate(AddressPolicy(["127.0.0.1", "home.example"]))
    await made.open()
    yield made
    made.close()


async def ask(gate: Gate, text: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gate.url.rpartition(":")[2]))
    writer.write(text.encode())
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


@pytest.mark.asyncio
async def test_what_is_permitted_goes_through(gate: Gate, port: int) -> None:
    head = "Host: x\r\nProxy-Connection: keep-alive\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n"
    answer = await ask(gate, f"GET http://127.0.0.1:{port}/a?b=c HTTP/1.1\r\n{head}")
    assert answer.endswith(b"\r\n\r\nhello")
    assert SAID == [b"GET /a?b=c HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close\r\n\r\n"]


@pytest.mark.asyncio
async def test_a_tunnel_goes_to_permitted_addresses_only(gate: Gate, port: int) -> None:
    opened = await ask(gate, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
    assert opened.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")
    refused = await ask(gate, f"CONNECT 127.0.0.2:{port} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
    assert refused.startswith(b"HTTP/1.1 403 Forbidden")
    assert len(SAID) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "host", ["127.0.0.2", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.2]", "0x7f000002"]
)
async def test_addresses_that_are_not_public_are_refused(gate: Gate, port: int, host: str) -> None:
    answer = await ask(gate, f"GET http://{host}:{port}/ HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 Forbidden") or answer == b""
    assert SAID == []


@pytest.mark.asyncio
@pytest.mark.parametrize("head", ["\r\n\r\n", "GET\r\n\r\n", "GET http://[ HTTP/1.1\r\n\r\n", "x" * 70_000])
async def test_odd_requests_end(gate: Gate, head: str) -> None:
    assert await ask(gate, head) in (
        b"",
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    )
