"""Ecosia Images: result pages whose parts are named by `data-test-id`.

Wire format: as openserp reads it, with its saved pages (2026). The results come from Bing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request
from scrapy.selector import Selector

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import dimensions, number, plain, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.scraping import ScrapingSpider, reaching
from pixcrawler_core.sources import LayoutChanged, ScrapingOptions, place

if TYPE_CHECKING:
    from scrapy.http import TextResponse

ROW = 200
"""Elements of a result that are looked at."""
MARK = re.compile(r"([A-Za-z0-9_]{6,80})\s*$")
KINDS = {
    "photo": "photo",
    "clipart": "clipart",
    "lineart": "line",
    "animated": "animatedgif",
    "transparent": "transparent",
}
AGES = {1: "day", 7: "week", 30: "month"}


class EcosiaOptions(ScrapingOptions):
    """How Ecosia is asked."""

    endpoint: str = Field(
        default="https://www.ecosia.org", pattern="^https?://", description="Address of the interface."
    )


class EcosiaSpider(ScrapingSpider):
    """Asks for the result pages, which are counted from 0."""

    name = "ecosia"
    Options = EcosiaOptions
    filters: ClassVar[frozenset[str]] = frozenset({"type", "since"})

    def page_request(self, stream: Stream) -> Request:
        asked: dict[str, Any] = {
            "q": stream.query,
            "p": stream.page - 1,
            "imageType": KINDS.get(self.wanted.type or ""),
            "freshness": reaching(self.wanted.since, AGES),
        }
        told = {name: value for name, value in asked.items() if value is not None}
        return Request(f"{self.options.endpoint}/images?{urlencode(told, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        page = Selector(response, type="html")
        rows = page.xpath('//*[@data-test-id="images-result"]')
        if not rows:
            self.nothing_found(response, empty=bool(page.xpath('//*[@data-test-id="images-no-results"]')))
            return Page(candidates=(), done=True)
        candidates = [found for row in rows if (found := self._candidate(row.root, stream)) is not None]
        if not candidates:
            raise LayoutChanged(f"none of {len(rows)} results has an image's URL in {place(response.url)}")
        return Page(
            candidates=candidates, done=not page.xpath('//*[@data-test-id="pagination-control-next"]')
        )

    def _candidate(self, row: Any, stream: Stream) -> Candidate | None:
        parts = _parts(row)
        image_url = url(_get(parts, "image-result-link", "href"))
        if image_url is None:
            return None
        width, height = dimensions(_words(parts, "image-result-dimensions"))
        mark = MARK.search(row.get("aria-describedby") or "")
        alt = text(_get(parts, "img", "alt"))
        place_in_all = number(row.get("aria-posinset"))
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=url(_get(parts, "img", "src")) or url(_get(parts, "img", "data-test-src")),
            width=width,
            height=height,
            title=text(_words(parts, "h2")) or alt,
            alt=alt,
            page_url=url(_get(parts, "details", "href")),
            site=plain(_words(parts, "image-result-source")),
            engine_id=mark[1] if mark else None,
            extra={"position": place_in_all} if place_in_all else {},
        )


def _parts(row: Any) -> dict[str, Any]:
    """The first element of each kind in a result: by its test id, its tag, or the class of the link."""
    parts: dict[str, Any] = {}
    for element in itertools.islice(row.iter("*"), ROW):
        name = element.get("data-test-id")
        if name:
            parts.setdefault(name, element)
        if "image-result__details-link" in (element.get("class") or "").split():
            parts.setdefault("details", element)
        parts.setdefault(str(element.tag), element)
    return parts


def _get(parts: Mapping[str, Any], name: str, attribute: str) -> Any:
    return parts[name].get(attribute) if name in parts else None


def _words(parts: Mapping[str, Any], name: str) -> str | None:
    return "".join(parts[name].itertext()) if name in parts else None


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="ecosia",
        summary="Ecosia Images, whose results come from Bing, read from its result pages",
        spider=EcosiaSpider,
        options=EcosiaOptions,
        homepage="https://www.ecosia.org/images",
        limits="24 results a page; Cloudflare refuses most programs",
        terms="Ecosia's terms forbid automated access, and Cloudflare stands before it; your address may be "
        "shut out.",
    )
