"""Checks single images as a crawl would check them, a few at a time, in threads of their own."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.config.fetch import FetchOptions
from pixcrawler_core.errors import AiMissing, ModelError
from pixcrawler_core.examining import Examined, Examiner
from pixcrawler_core.fetch.fetcher import Fetcher, NotFetched
from pixcrawler_core.fetch.policies import MemoryPolicies
from pixcrawler_core.records import Candidate
from pixcrawler_core.registry import Registry
from pixcrawler_core.validation import Checks
from pixcrawler_server.bodies import chunks_of
from pixcrawler_server.crawl_settings import CrawlTable
from pixcrawler_server.errors import Invalid, Unavailable
from pixcrawler_server.jobs.restrictions import left_out

if TYPE_CHECKING:
    from falcon.asgi import Request

WAITING = 8
"""Images that may wait for each that is checked."""
TIMEOUT = 20.0
"""Seconds for fetching an image."""


class ImageChecks:
    """The checks of each level, and `slots` threads for them. `most` is bytes of an image."""

    def __init__(self, registry: Registry, crawl: CrawlTable, most: int) -> None:
        self._registry, self._crawl, self._most = registry, crawl, most
        self._threads = ThreadPoolExecutor(crawl.validation_slots, thread_name_prefix="checks")
        self._room = crawl.validation_slots * (WAITING + 1)
        self._building = Lock()
        self._examiners: dict[str, Examiner] = {}
        self._policies = MemoryPolicies()
        agent = {"user_agent": crawl.user_agent} if crawl.user_agent else {}
        self._options = FetchOptions.model_validate(
            {
                **agent,
                "contact": crawl.contact,
                "allow_private_hosts": crawl.allow_private_hosts,
                "max_bytes": most,
                "timeout": TIMEOUT,
                "retries": 0,
            }
        )

    def names(self, level: str) -> tuple[str, ...]:
        """The checks of a level that was asked for, in the order in which they run."""
        return self._examiners[level].checks.names

    async def check(self, path: Path, level: str) -> Examined:
        """What the checks of a level find out about a file. Raises Unavailable when too many wait."""
        if self._room <= 0:
            raise Unavailable("too many images wait to be checked; ask again", headers={"Retry-After": "2"})
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._check, path, level)
        finally:
            self._room += 1

    @asynccontextmanager
    async def uploaded(self, req: Request) -> AsyncIterator[Path]:
        """The body of a request as a file, for a while. Raises TooLarge, and BadRequest for a slow one."""
        with tempfile.TemporaryDirectory(prefix="pixcrawler-check-") as folder:
            path = Path(folder) / "image"
            with path.open("wb") as file:
                async for chunk in chunks_of(req, self._most):
                    file.write(chunk)
            yield path

    @asynccontextmanager
    async def fetched(self, url: str) -> AsyncIterator[Path]:
        """An image of the web as a file, for a while, fetched as a crawl does. Raises Invalid."""
        candidate = Candidate(engine="api", category="", query="", image_url=url)
        with tempfile.TemporaryDirectory(prefix="pixcrawler-check-") as folder:
            async with Fetcher(self._options, BlobStore(Path(folder)), policies=self._policies) as fetcher:
                try:
                    found = await fetcher.fetch(candidate)
                except NotFetched as error:
                    raise _not_fetched(error) from None
            yield found.path

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    def _check(self, path: Path, level: str) -> Examined:
        with self._building:
            if level not in self._examiners:
                try:
                    off = left_out(self._registry, level, self._crawl)
                    self._examiners[level] = Examiner(checks=Checks.build(self._registry, level, off))
                except (ModelError, AiMissing) as error:
                    constraint = f"{level!r} is not set up on this server"
                    raise Invalid(
                        f"level: {constraint}", details={"field": "level", "constraint": constraint}
                    ) from error
        return self._examiners[level].examine(path)


def _not_fetched(error: NotFetched) -> Invalid:
    reason = error.outcome.reason
    return Invalid(
        f"url: the image is not fetched: {reason}",
        details={"field": "url", "constraint": "an image that may be fetched", "reason": reason},
    )
