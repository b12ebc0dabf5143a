"""One request and its answer: what a handler gets, and what the log keeps."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from pixcrawler_core.testing.web.photographs import Photograph

PATIENCE = 600.0
"""Seconds after which the server gives up on a client that waits for the rest of a body."""
KEPT_RECORDS = 200_000
"""Lines of the log that are kept; the oldest go first."""


@dataclass(slots=True, kw_only=True)
class Record:
    """A line of the log. `status` stays 0 while no status line was sent."""

    host: str
    method: str
    path: str
    """With the query, as the client wrote it."""
    user_agent: str
    proxied: bool
    started: float
    """Seconds on the server's own clock."""
    ended: float | None = None
    status: int = 0
    sent: int = 0
    """Bytes of the body that were handed to the connection."""
    completed: bool = False
    """Whether the whole body was handed over and the connection was still open then."""


@dataclass(slots=True)
class State:
    """What tests may change while the server runs, and what it remembers of earlier requests."""

    log: deque[Record] = field(default_factory=lambda: deque(maxlen=KEPT_RECORDS))
    seen: dict[str, int] = field(default_factory=dict)
    """Requests by host and path, for faults that pass after the first request."""
    answers: dict[str, list[Planned]] = field(default_factory=dict)
    """Failures planned for the next calls of an engine, in order."""
    delay: float = 0.0
    """Seconds that every image waits."""


@dataclass(slots=True)
class Planned:
    """A failure that an engine's next calls meet: its kind, how often, and the seconds it asks to wait."""

    how: str
    calls: int
    seconds: int


@dataclass(slots=True, kw_only=True)
class Call:
    """What the handler of a fault gets."""

    request: web.BaseRequest
    record: Record
    photograph: Photograph
    port: int
    argument: str = ""
    first: bool = True
    """Whether this is the first request for this URL since the last reset."""

    def url(self, host: str, path: str) -> str:
        """An address on this server."""
        return f"http://{host}.localhost:{self.port}{path}"

    @property
    def gone(self) -> bool:
        """Whether the client closed the connection."""
        transport = self.request.transport
        return transport is None or transport.is_closing()

    async def begin(
        self, headers: Mapping[str, str] | None = None, *, length: int | None = None
    ) -> web.StreamResponse:
        """Send status 200 and the headers, as a JPEG unless told otherwise; chunked if `length` is None."""
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg", **(headers or {})})
        if length is None:
            response.enable_chunked_encoding()
        else:
            response.content_length = length
        self.record.status = response.status
        await response.prepare(self.request)
        return response

    async def send(self, response: web.StreamResponse, chunks: Iterable[bytes], pause: float = 0.0) -> None:
        """Send chunks of the body, `pause` seconds apart, until they end or the client hangs up."""
        if self.request.method == "HEAD":
            return
        for number, chunk in enumerate(chunks):
            if number and pause:
                await asyncio.sleep(pause)
            if self.gone:
                return
            await response.write(chunk)
            self.record.sent += len(chunk)

    async def hold(self) -> None:
        """Keep the connection open and silent until the client hangs up."""
        for _ in range(int(PATIENCE * 20)):
            if self.gone:
                return
            await asyncio.sleep(0.05)

    def close(self) -> None:
        """Close the connection after what was written."""
        if self.request.transport is not None:
            self.request.transport.close()
