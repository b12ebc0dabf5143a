"""Last pipeline: waits for the image's turn; duplicates and what is beyond the goal end here."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from pixcrawler_core.records import State
from pixcrawler_core.stages.work import Fetched, session_of

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from pixcrawler_core.crawl.session import Session


class SelectPipeline:
    """Returns accepted images as plain dictionaries where a feed wants them (`-O accepted.jsonl`)."""

    def __init__(self, session: Session, feeds: bool) -> None:
        self.session = session
        self.feeds = feeds

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(session_of(crawler), feeds=bool(crawler.settings.getdict("FEEDS")))

    async def process_item(self, item: Fetched) -> Fetched | dict[str, Any]:
        outcome = await self.session.run.selection.choose(
            item.image, item.candidate, item.outcome, item.study
        )
        if outcome is None:
            raise DropItem("not needed")
        if outcome.state is State.DUPLICATE:
            raise DropItem("duplicate")
        self.session.ahead.add(item.candidate.id, item.image)
        if not self.feeds:
            return dataclasses.replace(item, outcome=outcome)
        return {**dataclasses.asdict(item.candidate), **dataclasses.asdict(outcome)}
