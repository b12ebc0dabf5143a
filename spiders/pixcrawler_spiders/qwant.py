"""Qwant Images: the index of Bing and one of its own, through the interface of Qwant's page.

Wire format: `https://api.qwant.com/v3/search/images`, undocumented, as searxng, 4get and LibreY use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import filesize, first, json_object, mapping, number, plain, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.scraping import ScrapingSpider, reaching
from pixcrawler_core.sources import Blocked, LayoutChanged, ScrapingOptions, SourceProblem, Throttled, place
from pixcrawler_spiders.scraped import host

if TYPE_CHECKING:
    from scrapy.http import TextResponse

PAGES = 5
"""Pages of a query; a request for more is redirected to nowhere."""
TOO_MANY = "24"
"""Code of the error that means: too many requests."""
SIZES = {"small": "small", "medium": "medium", "large": "large", "wallpaper": "large"}
COLORS = {"color": "coloronly", "monochrome": "monochrome"} | {
    name: name
    for name in (
        "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "black", "gray",
        "white",
    )
}  # fmt: skip
KINDS = {"photo": "photo", "clipart": "clipart", "animated": "animatedgif", "transparent": "transparent"}
RIGHTS = {
    "any": "share",
    "public-domain": "public",
    "commercial": "sharecommercially",
    "modification": "modify",
    "commercial-modification": "modifycommercially",
}
PERIODS = {1: "day", 7: "week", 31: "month"}
SAFE = {"off": "0", "moderate": "1", "strict": "2"}
COUNTRIES = {
    "ca": "ES", "cs": "CZ", "da": "DK", "el": "GR", "en": "US", "et": "EE", "he": "IL", "ja": "JP",
    "ko": "KR", "nb": "NO", "sv": "SE", "zh": "CN",
}  # fmt: skip
"""Country for a language whose own code is not a country where it is spoken."""
LANGUAGES = {
    "ar": "es", "at": "de", "au": "en", "be": "fr", "br": "pt", "ca": "en", "ch": "de", "cl": "es",
    "cn": "zh", "cz": "cs", "dk": "da", "ee": "et", "gb": "en", "gr": "el", "hk": "zh", "ie": "en",
    "il": "he", "jp": "ja", "kr": "ko", "mx": "es", "no": "nb", "nz": "en", "se": "sv", "us": "en",
}  # fmt: skip
"""Language for a country whose own code is not a language spoken there."""


class QwantOptions(ScrapingOptions):
    """Options of Qwant's search for images."""

    endpoint: str = Field(
        default="https://api.qwant.com", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=50, ge=1, le=125, description="Results a page.")


class QwantSpider(ScrapingSpider):
    """Asks /v3/search/images by offset."""

    name = "qwant"
    Options = QwantOptions
    filters: ClassVar[frozenset[str]] = frozenset(
        {"without", "size", "color", "type", "license", "since", "safe_search", "language", "region"}
    )

    def page_request(self, stream: Stream) -> Request:
        wanted, count = self.wanted, self.options.page_size
        # The order of these and the small letters of `true` make a difference to Qwant.
        parameters = {
            "q": self.wanted.words(stream.query),
            "count": str(count),
            "locale": _locale(wanted.language, wanted.region),
            "offset": str((stream.page - 1) * count),
            "tgp": "1",
            "device": "desktop",
            "safesearch": SAFE[wanted.safe_search],
            "displayed": "true",
            "llm": "true",
            "size": SIZES.get(wanted.size or ""),
            "color": COLORS.get(wanted.color or ""),
            "imagetype": KINDS.get(wanted.type or ""),
            "license": RIGHTS.get(wanted.license or ""),
            "freshness": reaching(wanted.since, PERIODS),
        }
        told = {name: value for name, value in parameters.items() if value is not None}
        return Request(
            f"{self.options.endpoint}/v3/search/images?{urlencode(told, errors='replace')}",
            headers={
                "Accept": "application/json",
                "Origin": "https://www.qwant.com",
                "Referer": "https://www.qwant.com/",
            },
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        result = mapping(mapping(body.get("data")).get("result"))
        items = result.get("items")
        if not isinstance(items, list):
            self._check_error(body, response)
            raise LayoutChanged(_oddity(items, response))
        rows = [row for row in items if isinstance(row, dict)]
        found = (self._candidate(row, stream) for row in rows)
        candidates = [candidate for candidate in found if candidate is not None]
        if items and not candidates:
            raise LayoutChanged(f"none of {len(items)} results has an image's URL in {place(response.url)}")
        last = not items or result.get("lastPage") is True or stream.page >= PAGES
        return Page(candidates=candidates, done=last)

    def _check_error(self, body: Mapping[str, Any], response: TextResponse) -> None:
        data = mapping(body.get("data"))
        about = mapping(data.get("error_data"))
        captcha = url(about.get("captchaUrl")) or url(data.get("captchaUrl")) or url(body.get("url"))
        if captcha:
            raise Blocked("a DataDome captcha in the place of results")
        code = plain(data.get("error_code")) or plain(about.get("error_code"))
        told = (
            f"Qwant's error {code or 'without a number'}: {first(data.get('message')) or 'no reason given'}"
        )
        if code == TOO_MANY:
            raise Throttled(told, self.retry_after(response))
        if body.get("status") == "error":
            raise SourceProblem(told)

    def _candidate(self, row: Mapping[str, Any], stream: Stream) -> Candidate | None:
        image = url(row.get("media")) or url(row.get("media_fullsize"))
        if image is None:
            return None
        page = url(row.get("url"))
        return self.candidate(
            stream,
            image,
            thumbnail_url=url(row.get("thumbnail")) or url(row.get("media_preview")),
            width=number(row.get("width")),
            height=number(row.get("height")),
            filesize_bytes=filesize(row.get("size")),
            title=text(row.get("title")),
            alt=text(row.get("desc")),
            page_url=page,
            site=host(page),
            engine_id=plain(row.get("b_id")) or plain(row.get("_id")),
        )


def _oddity(items: Any, response: TextResponse) -> str:
    if "mainline" in mapping(items):
        return f"results of a search for web pages from {place(response.url)}"
    return f"no list of results in the answer of {place(response.url)}"


def _locale(language: str | None, region: str | None) -> str:
    """What Qwant calls a locale, such as `en_US`; a missing half follows from the other."""
    if language is None:
        language = LANGUAGES.get(region, region) if region else "en"
    country = region.upper() if region else COUNTRIES.get(language, language.upper())
    return f"{language}_{country}"


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="qwant",
        summary="Qwant Images, mostly the index of Bing (experimental)",
        spider=QwantSpider,
        options=QwantOptions,
        homepage="https://www.qwant.com/",
        limits="5 pages a query; captchas of DataDome",
        terms="Qwant offers this interface to its own page alone and its terms may forbid any other use; "
        "programs meet captchas of DataDome and may be blocked.",
    )
