"""Downloader middleware: what waits in line for a source that has just turned us away is not asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler


class StoppedSources:
    """Drops requests of a source that is blocked; their streams end with the reason."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise IgnoreRequest where the source is stopped."""
        stream = request.cb_kwargs.get("stream")
        if stream is None:
            return
        refused = self.crawler.spider.discovery.refusal(stream.engine)  # type: ignore[union-attr]  # a source
        if refused is not None:
            raise IgnoreRequest(refused)
