"""Removes what is of no use any more: tokens that ended, sessions of long ago, archives of yesterday."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from pixcrawler_core.catalog.models import LoginSession, OneTimeToken, RefreshToken
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_server.archives import Archives
from pixcrawler_server.catalog import Catalog

logger = logging.getLogger(__name__)
EVERY = 3600
"""Seconds from one cleaning to the next."""
KEPT = timedelta(days=30)
"""How long sessions that ended, or were left, are kept to tell what happened."""


class Housekeeping:
    """Cleans at the start of a process, and every hour; that others do so as well harms nothing."""

    def __init__(self, catalog: Catalog, archives: Archives, now: Callable[[], datetime]) -> None:
        self._catalog, self._archives, self._now = catalog, archives, now
        self._task: asyncio.Task[None] | None = None

    async def tend(self) -> None:
        """Clean once. Raises WorkspaceError, OSError."""
        await self._catalog.write(clean, self._now())
        await self._catalog.write(self._archives.clean)

    def start(self) -> None:
        """Begin to clean."""
        self._task = asyncio.get_running_loop().create_task(self._tending())

    async def stop(self) -> None:
        """End cleaning."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _tending(self) -> None:
        while True:
            try:
                await self.tend()
            except (WorkspaceError, OSError) as error:
                logger.warning("what is of no use any more was not removed: %s", error)
            await asyncio.sleep(EVERY)


def clean(now: datetime) -> None:
    """Remove tokens that ended, and sessions that ended or were left long ago."""
    OneTimeToken.delete().where(OneTimeToken.expires_at <= now).execute()
    RefreshToken.delete().where(RefreshToken.expires_at <= now).execute()
    alive = RefreshToken.select(RefreshToken.session)
    LoginSession.delete().where(
        (LoginSession.revoked_at <= now - KEPT)
        | ((LoginSession.used_at <= now - KEPT) & LoginSession.id.not_in(alive))
    ).execute()
