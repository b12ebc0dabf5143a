"""Brave Images: the page of search.brave.com, with an index of its own.

Wire format: the JavaScript literal with which the page of results starts (SvelteKit), as searxng and 4get
read it. Brave also sells an interface to programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import filesize, mapping, number, plain, sequence, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.scraping import ScrapingSpider
from pixcrawler_core.sources import Blocked, LayoutChanged, ScrapingOptions, place
from pixcrawler_spiders.scraped import host, script_values

if TYPE_CHECKING:
    from scrapy.http import TextResponse

OPENING = re.compile(r"\bdata\s*[:=]\s*(?=\[)")
"""`data: [...]` of today's pages, `const data = [...]` of older ones."""
CAPTCHA = re.compile(rb"pow[-_ ]?captcha|captcha", re.IGNORECASE)


class BraveOptions(ScrapingOptions):
    """Options of Brave's search for images."""

    endpoint: str = Field(
        default="https://search.brave.com", pattern="^https?://", description="Address of the engine."
    )
    spellcheck: bool = Field(default=False, description="Whether Brave may correct the query.")


class BraveSpider(ScrapingSpider):
    """Asks for /images, which has one page."""

    name = "brave"
    Options = BraveOptions
    filters: ClassVar[frozenset[str]] = frozenset({"without", "safe_search", "region"})

    def page_request(self, stream: Stream) -> Request:
        parameters = {
            "q": self.wanted.words(stream.query),
            "source": "web",
            "spellcheck": "1" if self.options.spellcheck else "0",
        }
        return Request(
            f"{self.options.endpoint}/images?{urlencode(parameters, errors='replace')}",
            headers={"Accept": "text/html", "Accept-Encoding": "gzip, deflate"},
            cookies={
                "safesearch": self.wanted.safe_search,
                "country": self.wanted.region or "all",
                "useLocation": "0",
                "summarizer": "0",
                "ui_lang": "en-us",
            },
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        known, rows = _rows(response.body.decode("utf-8", "replace"))
        found = (self._candidate(row, stream) for row in rows if isinstance(row, dict))
        candidates = [candidate for candidate in found if candidate is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} results has an image's URL in {place(response.url)}")
        if not rows:
            if not known and CAPTCHA.search(response.body):
                raise Blocked("a captcha of Brave in the place of results")
            self.nothing_found(response, empty=known)
        return Page(candidates=candidates, done=True)

    def _candidate(self, row: Mapping[str, Any], stream: Stream) -> Candidate | None:
        about = mapping(row.get("properties"))
        image = url(about.get("url"))
        if image is None:
            return None
        page = url(row.get("url"))
        return self.candidate(
            stream,
            image,
            thumbnail_url=url(mapping(row.get("thumbnail")).get("src")),
            width=number(about.get("width")),
            height=number(about.get("height")),
            filesize_bytes=filesize(about.get("content_size")),
            format=plain(about.get("format")),
            title=text(row.get("title")),
            alt=text(row.get("description")),
            page_url=page,
            site=plain(row.get("source")) or host(page),
            date=plain(row.get("page_age")),
        )


def _rows(page: str) -> tuple[bool, list[Any]]:
    """Whether the page has Brave's data, and the results in it."""
    known = False
    for value in script_values(page, OPENING):
        for node in sequence(value):
            data = mapping(mapping(node).get("data"))
            response = mapping(mapping(data.get("body")).get("response")) or mapping(data.get("response"))
            if data.get("noResults") is True or isinstance(response.get("results"), list):
                known = True
            if rows := sequence(response.get("results")):
                return True, list(rows)
    return known, []


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="brave",
        summary="Brave Images, an index of its own (experimental)",
        spider=BraveSpider,
        options=BraveOptions,
        homepage="https://search.brave.com/images",
        limits="one page of about 100 results a query",
        terms="Brave's terms and robots.txt may forbid programs to read its search, for which it sells an "
        "interface; it answers them with status 429 and captchas.",
    )
