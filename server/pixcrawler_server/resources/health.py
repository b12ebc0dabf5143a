"""`/health`: whether the server lives, and whether it can work."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import User
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.service import Route
from pixcrawler_server.bodies import View
from pixcrawler_server.jobs.headroom import Headroom
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.replies import JSON, send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

PATIENCE = 2.0
"""Seconds after which a part that does not answer counts as away."""

REMEMBERED = timedelta(seconds=1)
"""How long an answer is given again: anybody may ask, and is never turned away."""


class Health(View):
    """How the server is: `ok`, `degraded` or `not ready`, and what is wrong, by part."""

    status: str
    parts: dict[str, str]


LIVE = Health(status="ok", parts={}).model_dump_json().encode()


class LiveResource:
    """`/health/live`."""

    @operation(access=Access.PUBLIC, budget=Budget.FREE, tag="operations", answers={200: Health})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Whether the process answers; a new one helps if it does not."""
        resp.content_type, resp.data = JSON, LIVE


class ReadyResource:
    """`/health/ready`."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._windows = services.windows
        self._root = services.workspace.root
        self._now = services.now
        self._looking = asyncio.Lock()
        self._until: datetime | None = None
        self._known = Health(status="ok", parts={})
        crawl = services.settings.crawl
        self._room = Headroom(root=self._root, disk=crawl.least_disk, memory=crawl.least_memory)

    @operation(access=Access.PUBLIC, budget=Budget.FREE, tag="operations", answers={200: Health, 503: Health})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Whether everything that is needed answers, as of a second ago; send no requests here while not.

        `degraded`: it does, but no job is begun on this machine.
        """
        async with self._looking:  # once for all who ask meanwhile
            if self._until is None or self._until <= self._now():
                self._known = await self._look()
                self._until = self._now() + REMEMBERED
        send(resp, self._known, 503 if self._known.status == "not ready" else 200)

    async def _look(self) -> Health:
        parts = {
            "catalog": await self._catalog_state(),
            "limits": "ok" if await self._windows.check() else "does not answer",
            "workspace": "ok" if os.access(self._root, os.W_OK) else "cannot be written",
        }
        if any(state != "ok" for state in parts.values()):
            return Health(status="not ready", parts=parts)
        lacking = self._room.lacking()
        parts |= {"disk": "ok", "memory": "ok"} | lacking
        return Health(status="degraded" if lacking else "ok", parts=parts)

    async def _catalog_state(self) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._catalog.read(lambda: User.select(User.id).limit(1).scalar())
        except (WorkspaceError, TimeoutError):
            return "does not answer"
        return "ok"


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="health-live", summary="Whether it lives", path="/health/live", build=lambda _: LiveResource()
    )
    yield Route(name="health-ready", summary="Whether it can work", path="/health/ready", build=ReadyResource)
