"""First pipeline: opens the session of a spider that `scrapy crawl` started, and finishes its dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pixcrawler_core.stages.work import session_of

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


class SessionPipeline:
    """Does nothing for spiders that `pixcrawler run` started: there the session spans all of them."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.session = session_of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def open_spider(self) -> None:
        if not self.session.shared:
            await self.session.open()

    async def close_spider(self) -> None:
        if self.session.shared:
            return
        result = await self.session.close()
        self.crawler.spider.logger.info(result.sentence())  # type: ignore[union-attr]  # open until now

    def process_item(self, item: Any) -> Any:
        return item
