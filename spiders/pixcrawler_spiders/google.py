"""Google Images, whose layouts change often: result pages, the pages for old telephones, JSON.

Wire format: see `google_layouts`; parameters as searxng, whoogle, 4get and icrawler send them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request
from scrapy.selector import Selector

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import mapping, number
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.scraping import ScrapingSpider, remembered
from pixcrawler_core.sources import LayoutChanged, ScrapingOptions, place
from pixcrawler_spiders.google_layouts import JSON, has_cards, json_result, json_results, results
from pixcrawler_spiders.google_terms import tbs

if TYPE_CHECKING:
    from scrapy.http import TextResponse

    from pixcrawler_core.filters import Filters

STEP = 10
"""Results by which `start` is counted on."""
PAGES = 50
NO_RESULTS = re.compile(
    rb"did not match any|There aren(?:'|&#39;|\xe2\x80\x99)t any matches|No results found for",
    re.IGNORECASE,
)
LEAST = {
    "qsvga": 400 * 300, "vga": 640 * 480, "svga": 800 * 600, "xga": 1024 * 768, "2mp": 1600 * 1200,
    "4mp": 2272 * 1704, "6mp": 2816 * 2112, "8mp": 3264 * 2448, "10mp": 3648 * 2736, "12mp": 4096 * 3072,
    "15mp": 4480 * 3360, "20mp": 5120 * 3840, "40mp": 7216 * 5412, "70mp": 9600 * 7200,
}  # fmt: skip
"""Pixels above which an image is `islt` of that name."""


class GoogleOptions(ScrapingOptions):
    """How Google is asked."""

    delay: float = Field(default=10.0, ge=0, le=600, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://www.google.com", pattern="^https?://", description="Address of the interface."
    )
    layout: Literal["html", "wml", "json"] = Field(
        default="html",
        description="What is asked for: the result page (`html`), the page that only the user agents of old "
        "telephones get (`wml`), or what Google's own app got until 2026 (`json`). Whichever comes is read.",
    )
    consent_cookie: str | None = Field(
        default=None,
        min_length=1,
        description="Value of the cookie `SOCS` that your browser keeps after Google's question for consent; "
        "without it the question comes in the place of results in some countries.",
    )


class GoogleSpider(ScrapingSpider):
    """Asks for result pages, ten results on each time, and reads whatever layout they have."""

    name = "google"
    Options = GoogleOptions
    filters: ClassVar[frozenset[str]] = frozenset(
        {
            "without",
            *("size", "min_width", "min_height", "color", "type", "aspect", "license", "since", "until"),
            *("safe_search", "language", "region"),
        }
    )

    def page_request(self, stream: Stream) -> Request:
        start = number(mapping(stream.cursor).get("start")) or 0
        query = {"q": self.wanted.words(stream.query)} | _layout(self.options.layout, start, stream.page)
        query |= _parameters(self.wanted, regional=self.options.layout != "wml")
        cookie = self.options.consent_cookie
        return Request(
            f"{self.options.endpoint}{'/wml' if self.options.layout == 'wml' else ''}/search?"
            f"{urlencode(query, safe=',:', errors='replace')}",
            headers={"Accept-Language": f"{self.wanted.language or 'en'};q=0.9"},
            cookies={"SOCS": cookie} if cookie else None,
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = response.text
        told = self._from_json(response, body) if JSON in body else self._from_page(response, body, stream)
        if not told:
            return Page(candidates=(), done=True)
        candidates = [self.candidate(stream, **each) for each in told]
        before = mapping(stream.cursor)
        seen, fresh = remembered(
            before.get("seen"), (each.engine_id or each.image_url for each in candidates)
        )
        step = STEP if self.options.layout == "wml" else max(STEP, len(candidates))
        cursor = {"start": (number(before.get("start")) or 0) + step, "seen": seen}
        return Page(candidates=candidates, cursor=cursor, done=not fresh or stream.page >= PAGES)

    def _from_page(self, response: TextResponse, body: str, stream: Stream) -> list[dict[str, Any]]:
        page = Selector(response, type="html")
        told = results(body, page)
        if not told:
            if has_cards(page):
                raise LayoutChanged(f"results without an image's URL in {place(response.url)}")
            ended = stream.page > 1 or NO_RESULTS.search(response.body) is not None
            self.nothing_found(response, empty=ended)
        return told

    def _from_json(self, response: TextResponse, body: str) -> list[dict[str, Any]]:
        rows = json_results(body)
        if rows is None:
            raise LayoutChanged(f"no list of results in the JSON of {place(response.url)}")
        told = [each for row in rows if (each := json_result(row)) is not None]
        if rows and not told:
            raise LayoutChanged(f"none of {len(rows)} results has an image's URL in {place(response.url)}")
        return told


def _layout(layout: str, start: int, page: int) -> dict[str, Any]:
    """Parameters that choose the layout and the place in the results."""
    if layout == "json":
        return {"tbm": "isch", "asearch": "isch", "async": f"_fmt:json,p:1,ijn:{page - 1}"}
    chosen: dict[str, Any] = {"udm": 2}
    if layout == "wml":
        chosen = {"tbm": "isch", "ie": "utf8", "oe": "utf8", "sca_esv": 1}
    return chosen | ({"start": start} if start else {})


def _parameters(wanted: Filters, *, regional: bool) -> dict[str, str]:
    """Filters; the page's own words stay English, by which an empty page is known."""
    least = _at_least(wanted.min_width, wanted.min_height)
    terms = tbs(wanted, creative_commons=wanted.license == "any", least=least)
    told = {"hl": "en"} | ({"tbs": terms} if terms else {})
    told |= {"safe": "active"} if wanted.safe_search != "off" else {}
    told |= {"lr": f"lang_{wanted.language}"} if wanted.language and regional else {}
    return told | ({"gl": wanted.region} if wanted.region and regional else {})


def _at_least(width: int | None, height: int | None) -> str | None:
    """The largest of Google's sizes that every image of such sides has."""
    pixels = (width or 0) * (height or 0)
    fitting = [name for name, least in LEAST.items() if least <= pixels]
    return f"isz:lt,islt:{fitting[-1]}" if fitting else None


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="google",
        summary="Google Images (experimental: its layouts change often), read from its result pages",
        spider=GoogleSpider,
        options=GoogleOptions,
        homepage="https://www.google.com/imghp",
        limits="10 to 100 results a page; since 2025 most programs get a page without results",
        terms="Google's terms forbid automated access and its robots.txt forbids these pages to programs; "
        "captchas follow quickly and your address may be shut out.",
    )
