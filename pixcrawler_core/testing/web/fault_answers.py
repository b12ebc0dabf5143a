"""How a faulty image host answers: one small handler a fault. The table of faults is in `faults`."""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web

from pixcrawler_core.testing.web import fault_bodies
from pixcrawler_core.testing.web.exchange import Call
from pixcrawler_core.testing.web.photographs import Photograph

Answer = Callable[[Call], Awaitable[web.StreamResponse]]
HEAD_START = 0.05
"""Seconds between headers and body where the log shall tell whether a client hung up at the headers."""
_BLOCK = bytes(1 << 16)


async def ok(call: Call) -> web.StreamResponse:
    """The photograph."""
    return web.Response(body=call.photograph.body, content_type=call.photograph.content_type)


def body(make: Callable[[Photograph], bytes], content_type: str = "image/jpeg") -> Answer:
    """Status 200 with the bytes that `make` builds from the photograph."""

    async def answer(call: Call) -> web.StreamResponse:
        made = await asyncio.to_thread(make, call.photograph)
        return web.Response(body=made, content_type=content_type)

    return answer


def status(code: int, headers: Mapping[str, str] | None = None, *, once: bool = False) -> Answer:
    """An error status, with `once` only on the first request for the URL."""

    async def answer(call: Call) -> web.StreamResponse:
        if once and not call.first:
            return await ok(call)
        return web.Response(status=code, headers=headers, text=f"{code}\n")

    return answer


async def unavailable_until(_: Call) -> web.StreamResponse:
    """503 with Retry-After as an HTTP date two seconds ahead (RFC 9110, 10.2.3)."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    return web.Response(status=503, headers={"Retry-After": date}, text="503\n")


def redirect(location: str) -> Answer:
    """302 to a fixed place."""

    async def answer(_: Call) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": location})

    return answer


async def redirect_to_photograph(call: Call) -> web.StreamResponse:
    """302 to the photograph on another host."""
    location = call.url("photos-1", f"/photographs/{call.photograph.path}")
    return web.Response(status=302, headers={"Location": location})


async def redirect_chain(call: Call) -> web.StreamResponse:
    """As many relative redirects as the argument says, then the photograph."""
    left = int(call.argument)
    if left <= 0:
        return await ok(call)
    location = f"/fault/redirect-chain/{left - 1}/{call.photograph.path}"
    return web.Response(status=302, headers={"Location": location})


async def redirect_loop(call: Call) -> web.StreamResponse:
    """302 to itself."""
    return web.Response(status=302, headers={"Location": call.request.path_qs})


async def slow(call: Call) -> web.StreamResponse:
    """The photograph in eight pieces, 200 ms apart."""
    whole = call.photograph.body
    step = -(-len(whole) // 8)
    response = await call.begin(length=len(whole))
    await call.send(response, (whole[at : at + step] for at in range(0, len(whole), step)), pause=0.2)
    return response


async def stalled(call: Call) -> web.StreamResponse:
    """Half of the photograph, then silence on an open connection."""
    response = await call.begin(length=len(call.photograph.body))
    await call.send(response, [fault_bodies.cut(call.photograph)])
    await call.hold()
    call.close()
    return response


async def truncated(call: Call) -> web.StreamResponse:
    """Half of what Content-Length promises, then the connection is closed."""
    response = await call.begin(length=len(call.photograph.body))
    await call.send(response, [fault_bodies.cut(call.photograph)])
    call.close()
    return response


async def reset(call: Call) -> web.StreamResponse:
    """A TCP reset (close with a linger time of zero) before any answer."""
    transport = call.request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        transport.abort()
    return web.Response()


async def gzip_bomb(call: Call) -> web.StreamResponse:
    """About one mebibyte that Content-Encoding gzip turns into one gibibyte."""
    packed = await asyncio.to_thread(fault_bodies.gzip_bomb)
    response = await call.begin({"Content-Encoding": "gzip"}, length=len(packed))
    await call.send(response, (packed[at : at + (1 << 16)] for at in range(0, len(packed), 1 << 16)))
    return response


async def huge_declared(call: Call) -> web.StreamResponse:
    """Ten gibibytes declared, up to one sent."""
    response = await call.begin(length=10 * fault_bodies.GIBIBYTE)
    await asyncio.sleep(HEAD_START)
    await call.send(response, _endless(call.photograph))
    call.close()
    return response


async def huge_undeclared(call: Call) -> web.StreamResponse:
    """A chunked body that goes on for one gibibyte."""
    response = await call.begin()
    await call.send(response, _endless(call.photograph))
    return response


def _endless(photograph: Photograph) -> Iterator[bytes]:
    yield photograph.body
    yield from itertools.repeat(_BLOCK, fault_bodies.GIBIBYTE // len(_BLOCK))


def header(name: str, value: str) -> Answer:
    """The photograph under one more header; the body follows a moment after the headers."""

    async def answer(call: Call) -> web.StreamResponse:
        response = await call.begin({name: value}, length=len(call.photograph.body))
        await asyncio.sleep(HEAD_START)
        await call.send(response, [call.photograph.body])
        return response

    return answer
