"""Labels images of a run as they are accepted, while others are fetched; the rest is labelled at its end."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

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

    An image whose place a better one takes later was labelled in vain. `progress` is told how many images
    are labelled by now, and `failed` why a label cannot be made or noted. Used on the event loop's thread.
    """

    def __init__(
        self,
        labelers: Labelers,
        ledger: LedgerWriter,
        threads: int,
        progress: Callable[[int], None],
        failed: Callable[[WorkspaceError], None],
    ) -> None:
        self._labelers, self._ledger = labelers, ledger
        self._progress, self._failed = progress, failed
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="labels")
        self._most = WAITING * threads if labelers.digests else 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._made: list[tuple[int, Labelling]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._error: BaseException | None = None
        self.count = 0
        """Images that were labelled."""
        self.unsaid: set[int] = set()
        """Rows of images on which a labeler failed for a passing cause: the next run asks it again."""

    def add(self, row: int, image: Image) -> None:
        """Label an image that was accepted, by its row in the ledger, unless too many wait."""
        if len(self._tasks) >= self._most:
            return
        work = partial(self._labelers.run, dataclasses.replace(image, detailed=True))
        said = asyncio.get_running_loop().run_in_executor(self._threads, work)
        self._begin(self._keep(row, said))

    async def end(self, stopped: Callable[[], bool]) -> None:
        """Note what was said; once the run is `stopped`, only what is said already.

        Raises what went wrong first: a WorkspaceError, unless it is a defect.
        """
        while self._tasks:
            self._threads.shutdown(wait=False, cancel_futures=stopped())
            await asyncio.wait(self._tasks, timeout=LOOK)
        self._threads.shutdown()
        await self._note()
        if self._error is not None:
            raise self._error

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        self._error = self._error or error
        if isinstance(error, WorkspaceError):
            self._failed(error)

    async def _keep(self, row: int, said: asyncio.Future[Labelling]) -> None:
        labelling = await said  # cancelled where it waited in a run that was stopped
        if labelling.made_by != self._labelers.digests:
            self.unsaid.add(row)
        self._made.append((row, labelling))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(NOTED_EVERY, self._note_now)
        if len(self._made) >= NOTED_AT_ONCE:
            await self._note()

    def _note_now(self) -> None:
        self._begin(self._note())

    async def _note(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        made, self._made, self._timer = self._made, [], None
        if made:
            self.count += await self._ledger.call(self._ledger.ledger.save_labels, made)
            self._progress(self.count)
