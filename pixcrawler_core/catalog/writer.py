"""The ledger for asyncio: one thread of its own, and group commit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import ParamSpec, TypeAlias, TypeVar

from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import Candidate, Outcome

P = ParamSpec("P")
T = TypeVar("T")
Update: TypeAlias = tuple[Candidate, Outcome]
Work: TypeAlias = Callable[[], None]

ROOM = 2_000
"""Updates that may wait before `room` makes callers wait."""
GROUP = 1_000
"""Updates written in one transaction at most."""
LINGER = 0.01
"""Seconds for which a lone update waits for others: a transaction costs as much as ten updates."""


class LedgerWriter:
    """Runs a ledger in a thread of its own, in the order in which it is asked.

    Make it while the event loop runs, and use it from that loop. Updates are posted and forgotten; the
    thread writes all that came within some milliseconds in one transaction, the last update of each row,
    so a kill loses at most the transaction under way. When a write fails, `error` keeps the reason,
    `on_error` is called with it, once, in the loop, and every later call raises it: nothing more is written.
    """

    def __init__(
        self, ledger: Ledger, on_error: Callable[[WorkspaceError], None], max_waiting: int = ROOM
    ) -> None:
        self.ledger = ledger
        self.error: WorkspaceError | None = None
        self._on_error = on_error
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Update | Work | None] = SimpleQueue()
        self._held: list[Work | None] = []
        self._max_waiting = max_waiting
        self._waiting = 0
        self._roomy = asyncio.Event()
        self._roomy.set()
        self._closed = False
        self._thread = Thread(target=self._serve, name="ledger", daemon=True)
        self._thread.start()

    def post(self, candidate: Candidate, outcome: Outcome) -> None:
        """Queue an update; any call made after it sees it. Raises WorkspaceError after a failure."""
        self._check()
        self._waiting += 1
        if self._waiting > self._max_waiting:
            self._roomy.clear()
        self._queue.put((candidate, outcome))

    async def room(self) -> None:
        """Wait until no more than `max_waiting` updates wait to be written."""
        self._check()
        await self._roomy.wait()
        self._check()

    async def call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method of the ledger in its thread, after all that was posted before."""
        self._check()
        return await self._submit(lambda: method(*args, **kwargs))

    async def flush(self) -> None:
        """Wait until all that was posted is committed. Raises WorkspaceError if it cannot be."""
        await self.call(lambda: None)
        self._check()

    async def close(self) -> None:
        """Write what waits and end the thread. Does not raise: a failure went to `on_error`."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _check(self) -> None:
        if self.error is not None:
            raise self.error
        if self._closed:
            raise WorkspaceError("the ledger is closed")

    async def _submit(self, task: Callable[[], T]) -> T:
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            if self.error is not None:
                future.set_exception(self.error)
                return
            try:
                future.set_result(task())
            except BaseException as error:  # noqa: BLE001  # handed to the caller, as executors do
                future.set_exception(error)

        self._queue.put(work)
        return await asyncio.wrap_future(future)

    def _serve(self) -> None:
        try:
            while (item := self._next()) is not None:
                if isinstance(item, tuple):
                    self._write(self._group(item))
                else:
                    item()
        finally:
            self.ledger.database.close()

    def _next(self) -> Update | Work | None:
        return self._held.pop() if self._held else self._queue.get()

    def _group(self, first: Update) -> list[Update]:
        group = [first]
        if self._queue.empty():
            time.sleep(LINGER)
        while len(group) < GROUP and not self._queue.empty():
            item = self._queue.get()
            if not isinstance(item, tuple):
                self._held.append(item)
                break
            group.append(item)
        return group

    def _write(self, group: list[Update]) -> None:
        if self.error is None:
            try:
                self.ledger.apply(list({each.id: (each, outcome) for each, outcome in group}.values()))
            except Exception as error:  # noqa: BLE001  # the edge of the thread: kept, and told once
                self.error = _as_workspace_error(error)
                self._tell(self._on_error, self.error)
        self._tell(self._written, len(group))

    def _tell(self, function: Callable[[T], None], value: T) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, value)

    def _written(self, count: int) -> None:
        self._waiting -= count
        if self._waiting <= self._max_waiting:
            self._roomy.set()


def _as_workspace_error(error: Exception) -> WorkspaceError:
    if isinstance(error, WorkspaceError):
        return error
    failure = WorkspaceError(f"the ledger could not record an outcome: {error}")
    failure.__cause__ = error
    return failure
