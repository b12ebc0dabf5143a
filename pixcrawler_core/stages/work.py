"""The item that travels from the fetch stage to the selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from pixcrawler_core.crawl.session import Session
    from pixcrawler_core.dedup.recogniser import Study
    from pixcrawler_core.image import Image
    from pixcrawler_core.records import Candidate, Outcome


@dataclass(kw_only=True, slots=True)
class Fetched:
    """A candidate whose bytes are in the blob store."""

    candidate: Candidate
    image: Image
    outcome: Outcome
    study: Study
    """What is known of the image to recognise its duplicates; nothing before it was validated."""
    examined: bool = False
    """Whether a shard has run the checks already, so that the outcome has what they found."""


def session_of(crawler: Crawler) -> Session:
    """The session that the crawler's spider works for."""
    session: Any = crawler.spider.session  # type: ignore[union-attr]  # set before pipelines are made
    return session  # type: ignore[no-any-return]


def candidate_of(item: Any) -> Candidate | None:
    """The candidate that an item came from, at whatever stage it is."""
    from pixcrawler_core.records import Candidate

    if isinstance(item, Candidate):
        return item
    return item.candidate if isinstance(item, Fetched) else None
