"""Brave Search API: the images of Brave's own index.

Wire format: https://api-dashboard.search.brave.com/app/documentation/image-search/ and brave-search-skills.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import mapping, number, plain, sequence, several, text, url
from pixcrawler_core.components import Secret, Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import UNEXPLAINED
from pixcrawler_core.sources import KeyedOptions, LayoutChanged, place
from pixcrawler_spiders.keyed import KeyedSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

LONGEST_QUERY, MOST_WORDS = 400, 50
SAFETY = {"off": "off", "moderate": "strict", "strict": "strict"}
LANGUAGES = {"ja": "jp", "zh": "zh-hans", "pt": "pt-pt"}
"""Languages that the interface calls by another name than ISO 639-1."""


class BraveApiOptions(KeyedOptions):
    """How Brave is asked."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://api.search.brave.com", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(
        default=200, ge=1, le=200, description="Results of a query: one request is all that there is."
    )
    spellcheck: bool = Field(default=True, description="Whether Brave may correct the query's spelling.")


class BraveApiSpider(KeyedSpider):
    """Asks once for each query; the interface has no further pages."""

    name = "brave_api"
    Options = BraveApiOptions
    filters: ClassVar[frozenset[str]] = frozenset({"without", "safe_search", "language", "region"})

    def page_request(self, stream: Stream) -> Request:
        wanted = self.wanted
        parameters = {
            "q": self.wanted.words(" ".join(stream.query.split()[:MOST_WORDS]), LONGEST_QUERY),
            "count": self.options.page_size,
            "safesearch": SAFETY[wanted.safe_search],
            "spellcheck": str(self.options.spellcheck).lower(),
        }
        if wanted.language:
            parameters["search_lang"] = LANGUAGES.get(wanted.language, wanted.language)
        if wanted.region:
            parameters["country"] = wanted.region.upper()
        return Request(
            f"{self.options.endpoint}/res/v1/images/search?{urlencode(parameters, errors='replace')}",
            headers={"Accept": "application/json", "X-Subscription-Token": self.options.secret},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = self.answer(response)
        results = body.get("results")
        if results is None and body.get("type") == "images":
            results = []
        if not isinstance(results, list):
            raise LayoutChanged(f"no list of results in the answer of {place(response.url)}")
        found = (self._candidate(mapping(result), stream) for result in results)
        candidates = [candidate for candidate in found if candidate is not None]
        if results and not candidates:
            raise LayoutChanged(f"none of {len(results)} results has an image's URL in {place(response.url)}")
        return Page(candidates=candidates, done=True)

    def message(self, body: dict[str, Any]) -> str | None:
        told = super().message(body)
        if told is None and body.get("type") == "ErrorResponse":
            return UNEXPLAINED
        errors = [mapping(each) for each in (*several(body.get("error")), *sequence(body.get("errors")))]
        tokenless = "subscription-token" in json.dumps([each.get("meta") for each in errors])
        return f"{told}: no subscription token was sent" if tokenless else told

    def retry_after(self, response: TextResponse) -> float | None:
        """The longest reset among the windows (of a second, of a month) that have nothing left."""
        told = super().retry_after(response)
        if told is not None:
            return told
        left, resets = (_windows(response, name) for name in ("Remaining", "Reset"))
        spent = [reset for remaining, reset in zip(left, resets, strict=False) if remaining == 0]
        return max(spent, default=None)

    def _candidate(self, result: Mapping[str, Any], stream: Stream) -> Candidate | None:
        image = mapping(result.get("properties"))
        image_url = url(image.get("url"))
        if image_url is None:
            return None
        page = mapping(result.get("meta_url"))
        extra = {name: plain(result.get(name)) for name in ("confidence", "page_fetched")}
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=url(mapping(result.get("thumbnail")).get("src")),
            width=number(image.get("width")),
            height=number(image.get("height")),
            title=text(result.get("title")),
            page_url=url(result.get("url")),
            site=plain(result.get("source")) or plain(page.get("hostname")) or plain(page.get("netloc")),
            extra={name: value for name, value in extra.items() if value},
        )


def _windows(response: TextResponse, name: str) -> list[float]:
    """A header with one number for each window, such as `X-RateLimit-Reset: 1, 1419704`."""
    value = (response.headers.get(f"X-RateLimit-{name}") or b"").decode("latin-1")
    parts = [part.strip() for part in value.split(",")]
    return [float(part) for part in parts] if all(part.isascii() and part.isdigit() for part in parts) else []


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="brave_api",
        summary="Images of Brave's own index of the web",
        spider=BraveApiSpider,
        options=BraveApiOptions,
        homepage="https://brave.com/search/api/",
        limits="paid; 200 results a query, no further pages; storage rights depend on the plan",
        secrets=(Secret(env="BRAVE_API_KEY", url="https://api-dashboard.search.brave.com/"),),
    )
