"""Falcon's application, which ends a stream of events as soon as its client has left.

Falcon itself sees that only when it has sent the next event, and a stream that is silent would keep its place
until then.
"""

from __future__ import annotations

import asyncio
from typing import Any

import falcon.asgi

EVENTS = "/events"
"""How paths of streams end."""


class App(falcon.asgi.App[Any, Any]):
    """The application (ASGI)."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:  # type: ignore[override]  # as Falcon's
        """Answer a request; one for a stream is cancelled when its client leaves."""
        task = asyncio.current_task() if scope.get("path", "").endswith(EVENTS) else None
        if task is None:
            await super().__call__(scope, receive, send)
            return
        left = False

        async def received() -> Any:
            nonlocal left
            event = await receive()
            if event["type"] == "http.disconnect":
                left = True
                task.cancel()
            return event

        try:
            await super().__call__(scope, received, send)
        except asyncio.CancelledError:
            if not left:
                raise
