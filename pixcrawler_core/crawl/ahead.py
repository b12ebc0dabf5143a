"""Labels images of a run as they are accepted, while others are fetched; the rest is labelled at its end."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from pixcrawler_core.assembly.labels import NOTED_AT_ONCE, NOTED_EVERY
from pixcrawler_core.errors import WorkspaceError

if TYPE_CHECKING:
    from pixcrawler_core.catalog.writer import LedgerWriter
    from pixcrawler_core.image import Image
    from pixcrawler_core.labelling import Labelers
    from pixcrawler_core.records import Labelling

WAITING = 64
"""Images a thread that are labelled, or wait for it; what comes beyond that is labelled at the end."""
LOOK = 0.2
"""Seconds between two looks at whether the run was stopped, while it waits for labels at its end."""


class LabelsAhead:
    """Labels what a run accepts, in threads of its own, so that no check waits for a slow labeler.

    An image whose place a better one takes later was labelled in vain. `failed` is told why no label can be
    noted any more. Used on the event loop's thread.
    """

    def __init__(
        self,
        labelers: Labelers,
        ledger: LedgerWriter,
        threads: int,
        failed: Callable[[WorkspaceError], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._labelers, self._ledger, self._failed = labelers, ledger, failed
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="labels")
        self._most = WAITING * threads if labelers.digests else 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._made: list[tuple[int, Labelling]] = []
        self._clock, self._noted = clock, clock()
        self.count = 0
        """Images that were labelled."""

    def add(self, row: int, image: Image) -> None:
        """Label an image that was accepted, by its row in the ledger, unless too many wait."""
        if len(self._tasks) >= self._most:
            return
        work = partial(self._labelers.run, dataclasses.replace(image, detailed=True))
        said = asyncio.get_running_loop().run_in_executor(self._threads, work)
        task = asyncio.ensure_future(self._keep(row, said))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self, stopped: Callable[[], bool]) -> None:
        """Note what was said; once the run is `stopped`, only what is said already. Raises WorkspaceError."""
        while self._tasks:
            self._threads.shutdown(wait=False, cancel_futures=stopped())
            await asyncio.wait(self._tasks, timeout=LOOK)
        self._threads.shutdown()
        await self._note()

    async def _keep(self, row: int, said: asyncio.Future[Labelling]) -> None:
        try:
            self._made.append((row, await said))
            self.count += 1
            if len(self._made) >= NOTED_AT_ONCE or self._clock() >= self._noted + NOTED_EVERY:
                await self._note()
        except asyncio.CancelledError:
            return  # it waited in a run that was stopped
        except WorkspaceError as error:
            self._failed(error)

    async def _note(self) -> None:
        made, self._made, self._noted = self._made, [], self._clock()
        if made:
            await self._ledger.call(self._ledger.ledger.save_labels, made)
