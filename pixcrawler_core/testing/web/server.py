"""The server: takes requests apart by path, hands them to their part, and keeps the log."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.collection import Collection
from pixcrawler_core.testing.web.consent import robots_txt, tdmrep
from pixcrawler_core.testing.web.control import Control, next_failure, planned_failure, scripted
from pixcrawler_core.testing.web.engines import Engines
from pixcrawler_core.testing.web.exchange import Record, State
from pixcrawler_core.testing.web.images import Images, not_found
from pixcrawler_core.testing.web.openverse import Openverse
from pixcrawler_core.testing.web.wikimedia import Wikimedia

LOOPBACK = "127.0.0.1"


class Server:
    """The whole simulated web on one port, and a forward proxy to it on another."""

    def __init__(self, collection: Collection, port: int) -> None:
        self.state = State()
        self.port = port
        self.images = Images(collection, self.state, port)
        self.control = Control(self.state, collection, port)
        self.openverse = Openverse(collection, port)
        self.wikimedia = Wikimedia(collection, port)
        self.engines = Engines(collection, port)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a direct request."""
        host = request.host.partition(":")[0].lower()
        if request.path.startswith("/control/") and host == LOOPBACK:
            return await self.control.answer(request, request.path.removeprefix("/control/"))
        return await self._logged(request, host, proxied=False)

    async def handle_proxied(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to the proxy, which leads nowhere but to this server."""
        return await self._logged(request, (request.url.host or "").lower(), proxied=True)

    async def _logged(self, request: web.BaseRequest, host: str, *, proxied: bool) -> web.StreamResponse:
        record = Record(
            host=host,
            method=request.method,
            path=request.path_qs,
            user_agent=request.headers.get("User-Agent", ""),
            proxied=proxied,
            started=monotonic(),
        )
        self.state.log.append(record)
        try:
            response = await self._route(request, record, host, proxied)
            await _finish(request, record, response)
        except ConnectionError:
            return web.Response()
        finally:
            record.ended = monotonic()
        return response

    async def _route(
        self, request: web.BaseRequest, record: Record, host: str, proxied: bool
    ) -> web.StreamResponse:
        if proxied and not self._is_ours(request):
            return web.Response(status=502, text=f"The proxy of the simulated web does not go to {host}.\n")
        path = request.path
        engine = self.engines.get(path.split("/", 2)[1])
        if engine is not None:
            rest = path.removeprefix(f"/{engine.name}").removeprefix("/")
            if next_failure(self.state, engine.name) == "script":
                return scripted(await engine.answer(request, rest))
            return planned_failure(self.state, engine.name, engine) or await engine.answer(request, rest)
        if request.method not in {"GET", "HEAD"}:
            return web.Response(status=405, headers={"Allow": "GET, HEAD"}, text="405\n")
        if path == "/robots.txt":
            return await robots_txt(request, host.partition(".")[0])
        if path == "/.well-known/tdmrep.json":
            return tdmrep(host.partition(".")[0])
        if path.startswith("/openverse/v1/images/"):
            return await self._openverse(request, path.removeprefix("/openverse/v1/images/"))
        if path == "/wikimedia/w/api.php":
            return self._wikimedia(request)
        return await self.images.answer(request, record, path)

    def _wikimedia(self, request: web.BaseRequest) -> web.StreamResponse:
        failure = planned_failure(self.state, "wikimedia")
        if failure is not None:
            return failure
        return self.wikimedia.answer(request.query, request.headers.get("User-Agent", ""))

    async def _openverse(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        failure = planned_failure(self.state, "openverse")
        if failure is not None:
            return failure
        if not rest:
            return self.openverse.answer(request.query)
        identifier, _, what = rest.strip("/").partition("/")
        if what == "thumb" and identifier in self.openverse.by_id:
            return await self.images.thumbnail(self.openverse.by_id[identifier].photograph, 600)
        return self.openverse.detail(identifier) if not what else not_found()

    def _is_ours(self, request: web.BaseRequest) -> bool:
        host = request.url.host or ""
        return request.url.port == self.port and (host == LOOPBACK or host.endswith(".localhost"))


async def _finish(request: web.BaseRequest, record: Record, response: web.StreamResponse) -> None:
    """Send what is left to send and note how it went."""
    if not _connected(request):
        return
    if not response.prepared:
        record.status = response.status
        await response.prepare(request)
        body = response.body if isinstance(response, web.Response) else None
        sent = len(body) if isinstance(body, bytes | bytearray) and request.method != "HEAD" else 0
    else:
        sent = 0
    await response.write_eof()
    record.sent += sent
    record.completed = _connected(request)


def _connected(request: web.BaseRequest) -> bool:
    return request.transport is not None and not request.transport.is_closing()


async def serve(
    collection: Collection,
    sockets: tuple[socket.socket, socket.socket],
    ready: Callable[[dict[str, Any]], None],
    *,
    stop: Awaitable[object],
) -> None:
    """Serve on the first socket and be a proxy on the second until `stop` is done.

    `ready` gets the addresses once both listen.
    """
    port, proxy_port = (each.getsockname()[1] for each in sockets)
    server = Server(collection, port)
    loop = asyncio.get_running_loop()
    for handler, each in zip((server.handle, server.handle_proxied), sockets, strict=True):
        await loop.create_server(web.Server(handler, access_log=None), sock=each, backlog=1024)
    ready({"address": f"http://{LOOPBACK}:{port}", "proxy": f"http://{LOOPBACK}:{proxy_port}"})
    await stop


def listen(port: int) -> socket.socket:
    """A listening socket on the loopback address; port 0 lets the system choose."""
    return socket.create_server((LOOPBACK, port), backlog=1024, reuse_port=False)


def parent_gone() -> None:
    """Return when standard input ends: the process that started this one closed it or died."""
    while sys.stdin.buffer.read(4096):
        pass
