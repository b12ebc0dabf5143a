"""Counts requests by user, and adds the counts to the ledger of usage now and then: never in a request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pixcrawler_core.catalog.models import User
from pixcrawler_core.catalog.usage import Used, add_usage
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.metering import Kind
from pixcrawler_server.catalog import Catalog

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

EVERY = 60.0
"""Seconds between two writes; a process that is killed forgets what it counted since the last one."""
FREE = 429
"""Requests that were turned away, or that the server failed at, are not charged."""
logger = logging.getLogger(__name__)


class RequestCounts:
    """Falcon middleware that counts requests of this process, and a task that writes the counts."""

    def __init__(self, catalog: Catalog, now: Callable[[], datetime]) -> None:
        self._catalog = catalog
        self._now = now
        self._process, self._batch = secrets.token_hex(8), 0
        self._counts: Counter[UUID] = Counter()
        self._waiting: list[Used] = []
        self._task: asyncio.Task[None] | None = None

    async def process_response(self, req: Request, resp: Response, resource: object, succeeded: bool) -> None:
        """Count a request of a user."""
        if req.context.principal is not None and resp.status_code < FREE:
            self._counts[req.context.principal.user_id] += 1

    async def write(self) -> None:
        """Add what was counted to the ledger; counts that cannot be written are written the next time."""
        if not self._waiting:
            counts, self._counts = self._counts, Counter()
            self._batch += 1
            self._waiting = [self._entry(user, count) for user, count in counts.items()]
        await self._catalog.write(_added, self._waiting, self._now())
        self._waiting = []

    def start(self) -> None:
        """Begin to write now and then."""
        self._task = asyncio.get_running_loop().create_task(self._writing())

    async def stop(self) -> None:
        """Write for the last time."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._tried()

    def _entry(self, user: UUID, count: int) -> Used:
        source = f"user:{user}:requests:{self._process}:{self._batch}"
        return Used(user=user, kind=Kind.REQUESTS, amount=count, source=source, subject=f"user:{user}")

    async def _writing(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self._tried()

    async def _tried(self) -> bool:
        try:
            await self.write()
        except WorkspaceError:
            logger.exception("usage cannot be written; it is tried again")
            return False
        return True


def _added(counted: Sequence[Used], now: datetime) -> None:
    """Add what users did who are there still: those who were erased meanwhile are charged nothing."""
    there = {user.id for user in User.select(User.id).where(User.id.in_([each.user for each in counted]))}
    add_usage([each for each in counted if each.user in there], now)
