"""Follows jobs for all streams of a process with one question to the catalog, however many there are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.jobs.transitions import ENDED
from pixcrawler_server.catalog import Catalog

logger = logging.getLogger(__name__)

EVERY = 0.5
"""Seconds between two looks."""
HEARTBEAT = 15.0
"""Seconds of silence after which a stream says that it is still there."""
AT_ONCE = 500
"""Jobs of one question."""
_REVISIONS = "SELECT id, revision FROM crawl_job WHERE id IN ({marks})"
_NOW = "SELECT revision, status, progress, live FROM crawl_job WHERE id = ?"
_EVENTS = """
SELECT revision, status, why, created_at FROM job_event WHERE job_id = ? AND revision > ? ORDER BY revision
"""


@dataclass(frozen=True, slots=True)
class News:
    """How a job stands at a revision."""

    revision: int
    status: str
    progress: float
    live: str
    """JSON."""

    @property
    def last(self) -> bool:
        """Whether nothing comes after it by itself."""
        return self.status in ENDED


@dataclass(slots=True)
class _Watched:
    news: News
    streams: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, news: News) -> None:
        self.news = news
        self.changed.set()
        self.changed = asyncio.Event()


class Feed:
    """The jobs that somebody follows. Used from one event loop; looks at the catalog while there are some."""

    def __init__(self, catalog: Catalog, every: float = EVERY, heartbeat: float = HEARTBEAT) -> None:
        self._catalog, self._every = catalog, every
        self.heartbeat = heartbeat
        """Seconds of silence after which a stream says that it is still there."""
        self._watched: dict[int, _Watched] = {}
        self._watch: asyncio.Task[None] | None = None
        self.looks = 0
        """Questions to the catalog so far."""

    @property
    def followed(self) -> int:
        """Jobs that somebody follows now."""
        return len(self._watched)

    async def follow(self, job_id: int, since: int = -1) -> AsyncIterator[News | None]:
        """News of a job after a revision, to the job's end; None where there were none for long."""
        watched = await self._join(job_id)
        if watched is None:
            return
        try:
            while True:
                changed, news = watched.changed, watched.news
                if news.revision > since:
                    since = news.revision
                    yield news
                if news.last:
                    return
                try:
                    async with asyncio.timeout(self.heartbeat):
                        await changed.wait()
                except TimeoutError:
                    yield None
        finally:
            self._leave(job_id)

    async def events(self, job_id: int, since: int) -> list[tuple[Any, ...]]:
        """Changes of status after a revision: revision, status, why, when."""
        return await self._catalog.quick(_EVENTS, (job_id, since))

    def close(self) -> None:
        """End looking."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    async def _join(self, job_id: int) -> _Watched | None:
        if job_id not in self._watched:
            news = await self._news(job_id)
            if news is None:
                return None
            self._watched.setdefault(job_id, _Watched(news))
        watched = self._watched[job_id]
        watched.streams += 1
        if self._watch is None or self._watch.done():
            self._watch = asyncio.get_running_loop().create_task(self._looking())
        return watched

    def _leave(self, job_id: int) -> None:
        watched = self._watched[job_id]
        watched.streams -= 1
        if not watched.streams:
            del self._watched[job_id]

    async def _looking(self) -> None:
        while self._watched:
            await asyncio.sleep(self._every)
            try:
                await self._look()
            except WorkspaceError as error:
                logger.warning("streams of events wait: %s", error)

    async def _look(self) -> None:
        jobs = list(self._watched)
        for begin in range(0, len(jobs), AT_ONCE):
            some = jobs[begin : begin + AT_ONCE]
            self.looks += 1
            rows = dict(await self._catalog.quick(_REVISIONS.format(marks=",".join("?" * len(some))), some))
            for job_id in some:
                watched = self._watched.get(job_id)
                if watched is not None and rows.get(job_id) != watched.news.revision:
                    await self._changed(job_id, watched)

    async def _changed(self, job_id: int, watched: _Watched) -> None:
        news = await self._news(job_id)
        gone = News(watched.news.revision + 1, "cancelled", 0.0, "{}")
        watched.tell(news or gone)

    async def _news(self, job_id: int) -> News | None:
        rows = await self._catalog.quick(_NOW, (job_id,))
        return News(*rows[0]) if rows else None
