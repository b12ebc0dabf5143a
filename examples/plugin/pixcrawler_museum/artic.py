"""The Art Institute of Chicago: works in the public domain, photographed by the museum.

Wire format: https://api.artic.edu/docs/ (search, and IIIF images).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import plain
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import LayoutChanged, SourceOptions
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

PAGE_SIZE = 100
"""Works a page, the most that the interface gives."""
PAGES = 10
"""Pages asked for at most; the museum sends who wants more to its data dumps."""
FIELDS = "id,title,image_id,artist_title,date_display,term_titles"
IIIF = "https://www.artic.edu/iiif/2"
"""The museum's image server (IIIF Image API 2.0)."""
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ArticOptions(SourceOptions):
    """Options of the source `artic`."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://api.artic.edu/api/v1/artworks/search",
        pattern="^https?://",
        description="Address of the interface.",
    )
    side: int = Field(default=843, ge=200, le=1686, description="Width of the images in pixels.")


class ArticSpider(SourceSpider):
    """Asks for works in the public domain, a hundred at a time."""

    name = "artic"
    Options = ArticOptions

    def page_request(self, stream: Stream) -> Request:
        parameters = {
            "q": stream.query,
            "query[term][is_public_domain]": "true",
            "fields": FIELDS,
            "limit": PAGE_SIZE,
            "page": stream.page,
        }
        return Request(f"{self.options.endpoint}?{urlencode(parameters, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        try:
            body = response.json()
            works, pages = list(body["data"]), body["pagination"]["total_pages"]
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise LayoutChanged(f"no list of works in the answer of {response.url}") from error
        if not isinstance(pages, int):
            raise LayoutChanged(f"no number of pages in the answer of {response.url}")
        candidates = [self._candidate(work, stream) for work in works if _is_photographed(work)]
        return Page(candidates=candidates, done=stream.page >= min(pages, PAGES))

    def _candidate(self, work: dict[str, Any], stream: Stream) -> Candidate:
        number, terms = work.get("id"), work.get("term_titles")
        return Candidate(
            engine=self.name,
            category=stream.category,
            query=stream.query,
            image_url=f"{IIIF}/{work['image_id']}/full/{self.options.side},/0/default.jpg",
            title=plain(work.get("title")),
            tags=tuple(filter(None, map(plain, terms))) if isinstance(terms, list) else (),
            page_url=f"https://www.artic.edu/artworks/{number}" if isinstance(number, int) else None,
            site="www.artic.edu",
            license="cc0-1.0",
            license_url="https://creativecommons.org/publicdomain/zero/1.0/",
            creator=plain(work.get("artist_title")),
            date=plain(work.get("date_display")),
            engine_id=work["image_id"],
        )


def _is_photographed(work: Any) -> bool:
    image = work.get("image_id") if isinstance(work, dict) else None
    return isinstance(image, str) and UUID.fullmatch(image) is not None


@hookimpl
def register_sources() -> Iterator[Source]:
    """The source `artic`."""
    yield Source(
        name="artic",
        summary="Works in the public domain of the Art Institute of Chicago",
        spider=ArticSpider,
        options=ArticOptions,
        licences=True,
        homepage="https://www.artic.edu/collection",
        limits="60 requests a minute; 1,000 works a query",
    )
