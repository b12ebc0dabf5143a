from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web

from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.config.fetch import FetchOptions
from pixcrawler_core.fetch.fetcher import Fetched, Fetcher, NotFetched
from pixcrawler_core.fetch.policies import MemoryPolicies, PolicyStore
from pixcrawler_core.records import Candidate, Outcome

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Site:
    """A web server on loopback that answers for every host name; what it does not know is 404."""

    port: int = 0
    handlers: dict[tuple[str, str], Handler] = field(default_factory=dict)
    requests: list[web.BaseRequest] = field(default_factory=list)
    active: int = 0
    most_active: int = 0

    def url(self, path: str = "/a.jpg", host: str = "a.localhost") -> str:
        return f"http://{host}:{self.port}{path}"

    def on(self, path: str, handler: Handler, host: str = "*") -> None:
        self.handlers[host, path] = handler

    def serve(self, path: str, body: bytes | str = JPEG, host: str = "*", **options: Any) -> None:
        async def handler(_: web.Request) -> web.Response:
            if isinstance(body, str):
                return web.Response(text=body, **options)
            return web.Response(body=body, **{"content_type": "image/jpeg"} | options)

        self.on(path, handler, host)

    def redirect(self, path: str, to: str, status: int = 302, host: str = "*") -> None:
        self.serve(path, b"", host, status=status, headers={"Location": to})

    def asked(self, path: str) -> int:
        return sum(request.path == path for request in self.requests)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request)
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        try:
            name = request.host.split(":")[0]
            handler = self.handlers.get((name, request.path)) or self.handlers.get(("*", request.path))
            if handler is None:
                return web.Response(status=404, text="nothing here")
            return await handler(cast(web.Request, request))
        finally:
            self.active -= 1


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    runner = web.ServerRunner(web.Server(site.answer), shutdown_timeout=0.1)
    await runner.setup()
    server = web.TCPSite(runner, "127.0.0.1", 0)
    await server.start()
    site.port = runner.addresses[0][1]
    yield site
    await runner.cleanup()


@dataclass
class Fetching:
    """A fetcher and its surroundings."""

    fetcher: Fetcher
    blobs: BlobStore
    slept: list[float]

    async def fetch(self, url: str, **fields: Any) -> Fetched:
        return await self.fetcher.fetch(candidate(url, **fields))

    async def failure(self, url: str, **fields: Any) -> Outcome:
        with pytest.raises(NotFetched) as problem:
            await self.fetch(url, **fields)
        return problem.value.outcome


Open = Callable[..., Awaitable[Fetching]]
Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


def candidate(url: str, **fields: Any) -> Candidate:
    return Candidate(engine="urls", category="c", query="q", image_url=url, **fields)


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens fetchers that may ask loopback, do not wait between retries, and are closed at the end."""
    fetchers: list[Fetcher] = []

    async def open_one(
        policies: PolicyStore | None = None,
        sleep: Sleep | None = None,
        clock: Clock = time.time,
        **options: Any,
    ) -> Fetching:
        slept: list[float] = []

        async def no_sleep(seconds: float) -> None:
            slept.append(seconds)

        blobs = BlobStore(tmp_path / "blobs")
        settings = FetchOptions.model_validate({"allow_private_hosts": ["localhost"]} | options)
        policies = policies or MemoryPolicies()
        fetcher = Fetcher(settings, blobs, policies=policies, sleep=sleep or no_sleep, clock=clock)
        await fetcher.__aenter__()
        fetchers.append(fetcher)
        return Fetching(fetcher, blobs, slept)

    yield open_one
    for fetcher in fetchers:
        await fetcher.__aexit__(None, None, None)


@pytest.fixture
def closed_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
