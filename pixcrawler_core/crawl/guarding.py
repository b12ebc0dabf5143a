"""Work on candidates that is cancelled as soon as their category has all that it wants."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Guard:
    """The tasks at work, by category. Used on the event loop's thread only."""

    def __init__(self) -> None:
        self._tasks: defaultdict[str, set[asyncio.Task[Any]]] = defaultdict(set)

    async def run(
        self, category: str, work: Coroutine[Any, Any, T], cancelled: Callable[[], object]
    ) -> T | None:
        """The result of this work; None if it was cancelled for its category, which `cancelled` is told."""
        task = asyncio.ensure_future(work)
        self._tasks[category].add(task)
        try:
            return await task
        except asyncio.CancelledError:
            outer = asyncio.current_task()
            if outer is not None and outer.cancelling():
                raise
            cancelled()
            return None
        finally:
            self._tasks[category].discard(task)

    def cancel(self, category: str) -> None:
        """Cancel all work for a category."""
        for task in list(self._tasks[category]):
            task.cancel()

    def cancel_all(self) -> None:
        """Cancel all work."""
        for category in list(self._tasks):
            self.cancel(category)
