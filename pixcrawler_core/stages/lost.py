"""Settles candidates that a stage lost, so that a broken plugin fails one image and not the run.

What is dropped since a run was stopped is not lost: it waited for its turn, and the next run takes it up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import signals

from pixcrawler_core.stages.work import candidate_of, session_of

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure


class LostItems:
    """Listens for items that were dropped, or broke, in someone's own pipeline; ours settle theirs before."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.dropped, signals.item_dropped)
        crawler.signals.connect(extension.broken, signals.item_error)
        return extension

    def dropped(self, item: Any, exception: Exception) -> None:
        """An item was dropped."""
        self._settle(item, "dropped", str(exception))

    def broken(self, item: Any, failure: Failure) -> None:
        """A pipeline raised something else."""
        self._settle(item, "stage-failed", f"{failure.value.__class__.__name__}: {failure.getErrorMessage()}")

    def _settle(self, item: Any, reason: str, detail: str) -> None:
        candidate = candidate_of(item)
        session = session_of(self.crawler)
        if candidate is not None and session.spread is not None:
            session.spread.finish(candidate)
        if candidate is not None and session.records and not session.run.stopped:
            session.run.abandon(candidate, reason, detail)
