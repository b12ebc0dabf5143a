"""The images of feeds that the user names: RSS, Atom, Media RSS and JSON Feed.

Formats: see `feed_xml` and `feed_json`; feeds of a web page are found by its `<link rel="alternate">`
(https://www.rssboard.org/rss-autodiscovery).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Source
from pixcrawler_core.fetch.sniff import looks_like
from pixcrawler_core.sources import LayoutChanged, SourceProblem, place
from pixcrawler_spiders.feed_json import read_json_feed
from pixcrawler_spiders.feed_xml import ROOTS, read_xml_feed
from pixcrawler_spiders.markup import local_name, parse_html, parse_xml, root_name
from pixcrawler_spiders.page_images import PageReader
from pixcrawler_spiders.walking import Visit, WalkingSpider, WalkOptions, text_of

if TYPE_CHECKING:
    from scrapy.http import TextResponse

    from pixcrawler_spiders.feed_images import Feed


class FeedOptions(WalkOptions):
    """Which feeds are read, and how far back."""

    max_pages: int = Field(
        default=100, ge=1, le=10_000, description="Most addresses that are asked for, older pages included."
    )


class FeedSpider(WalkingSpider):
    """Reads feeds to their ends, over the links to their older parts."""

    name = "feed"
    Options = FeedOptions

    def visit(self, response: TextResponse, url: str, depth: int) -> Visit:
        feed = self._json_feed(response) or self._parsed(text_of(response), response.url)
        if feed is not None:
            links = [(each, depth + 1) for each in feed.links]
            return Visit(found=feed.found, title=feed.title, page_url=None, links=links)
        content = text_of(response)
        root = parse_html(content) if "<" in content[:2048] else None
        feeds = PageReader(root, response.url).read().feeds if root is not None else ()
        if depth == 0 and feeds:
            return Visit(links=[(each, 1) for each in feeds])
        kind = looks_like(response.body[:2048])
        raise LayoutChanged(
            f"neither a feed nor a page that links to one, but {kind} from {place(response.url)}"
        )

    def _json_feed(self, response: TextResponse) -> Feed | None:
        """A JSON Feed as most are: plain UTF-8, whose decoding needs no guesses."""
        if response.body.lstrip()[:1] != b"{":
            return None
        return read_json_feed(response.body, response.url, self.options.min_side)

    def _parsed(self, content: str, url: str) -> Feed | None:
        if content.lstrip("\ufeff \t\r\n")[:1] == "{":
            return read_json_feed(content.lstrip("\ufeff"), url, self.options.min_side)
        if root_name(content) not in ROOTS:
            return None
        root = parse_xml(content.lstrip("\ufeff \t\r\n"))
        if root is None or local_name(root) not in ROOTS:
            raise SourceProblem(f"a feed that cannot be read from {place(url)}")
        return read_xml_feed(root, url, self.options.min_side)


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="feed",
        summary="Feeds that you name: RSS, Atom, Media RSS and JSON Feed",
        spider=FeedSpider,
        options=FeedOptions,
        licences=True,
        limits="none of its own; robots.txt is obeyed",
    )
