"""DuckDuckGo Images: a token from the result page, then JSON from `i.js`.

Wire format: as searxng, ddgs and 4get ask for it (2025 and 2026), and recorded answers of about 2022. The
token `vqd` belongs to the query and to the user agent; the results come from Bing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.scraping import ScrapingSpider, reaching, remembered
from pixcrawler_core.sources import Blocked, LayoutChanged, ScrapingOptions, place

if TYPE_CHECKING:
    from scrapy.http import TextResponse

    from pixcrawler_core.filters import Filters

LONGEST = 499
"""Characters of a query that are taken."""
HOUR = 3600
"""Seconds for which a token is good."""
TOKEN = re.compile(rb"\bvqd=[\"']?(\d+-[\d-]{5,200})")
OURS = re.compile(rb"duckduckgo", re.IGNORECASE)
SAFE = {"strict": "1", "moderate": "-1", "off": "-2"}
TIMES = {1: "Day", 7: "Week", 30: "Month", 365: "Year"}
KINDS = {
    "photo": "photo",
    "clipart": "clipart",
    "lineart": "line",
    "animated": "gif",
    "transparent": "transparent",
}
LICENCES = {
    "any": "Any",
    "public-domain": "Public",
    "commercial": "ShareCommercially",
    "modification": "Modify",
    "commercial-modification": "ModifyCommercially",
}
REGIONS = {
    ("us", "en"): "us-en", ("gb", "en"): "uk-en", ("de", "de"): "de-de", ("fr", "fr"): "fr-fr",
    ("es", "es"): "es-es", ("it", "it"): "it-it", ("jp", "ja"): "jp-jp", ("br", "pt"): "br-pt",
    ("pt", "pt"): "pt-pt", ("nl", "nl"): "nl-nl", ("pl", "pl"): "pl-pl", ("ru", "ru"): "ru-ru",
    ("kr", "ko"): "kr-kr", ("cn", "zh"): "cn-zh", ("se", "sv"): "se-sv", ("tr", "tr"): "tr-tr",
    ("at", "de"): "at-de", ("ch", "de"): "ch-de", ("ch", "fr"): "ch-fr", ("ch", "it"): "ch-it",
    ("be", "fr"): "be-fr", ("be", "nl"): "be-nl", ("ca", "en"): "ca-en", ("ca", "fr"): "ca-fr",
    ("au", "en"): "au-en", ("in", "en"): "in-en", ("mx", "es"): "mx-es",
}  # fmt: skip
"""Names of regions by country and language; the first that fits counts."""


class DuckDuckGoOptions(ScrapingOptions):
    """How DuckDuckGo is asked."""

    endpoint: str = Field(
        default="https://duckduckgo.com", pattern="^https?://", description="Address of the interface."
    )


class DuckDuckGoSpider(ScrapingSpider):
    """Asks the result page for the query's token, then `i.js` for a hundred results at a time."""

    name = "duckduckgo"
    Options = DuckDuckGoOptions
    filters: ClassVar[frozenset[str]] = frozenset(
        {
            "without",
            "size",
            "color",
            "type",
            "aspect",
            "license",
            "since",
            "safe_search",
            "language",
            "region",
        }
    )

    def page_request(self, stream: Stream) -> Request:
        cursor = mapping(stream.cursor)
        token, query = plain(cursor.get("vqd")), self.wanted.words(stream.query, LONGEST)
        if token is None or (number(cursor.get("at")) or 0) + HOUR < time.time():
            asked = {"q": query, "iar": "images", "t": "h_"}
            return Request(f"{self.options.endpoint}/?{urlencode(asked, errors='replace')}")
        following = parse_qsl(str(cursor.get("next") or "").partition("?")[2], keep_blank_values=True)
        wanted = _parameters(self.wanted)
        parameters = dict(following) or {"q": query, "o": "json", "u": "bing"} | wanted
        parameters |= {"vqd": token}
        return Request(
            f"{self.options.endpoint}/i.js?{urlencode(parameters, safe=',:', errors='replace')}",
            headers={
                "Accept": "*/*",
                "Referer": f"{self.options.endpoint}/",
                "Sec-Fetch-Dest": "empty",
                "Sec-Fetch-Mode": "cors",
                "Sec-Fetch-Site": "same-origin",
            },
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        where = place(response.url)
        if response.status == 202:
            raise Blocked(f"HTTP 202 from {where}, which asks to prove not to be a program")
        cursor = dict(mapping(stream.cursor))
        if response.body.lstrip()[:1] == b"<":
            return Page(candidates=(), cursor=cursor | self._token(response))
        body = json_object(response)
        results = body.get("results")
        if not isinstance(results, list):
            raise LayoutChanged(f"no list of results in the answer of {where}")
        candidates = self._candidates(results, stream)
        if results and not candidates:
            raise LayoutChanged(f"none of {len(results)} results has an image's URL in {where}")
        following = plain(body.get("next"))
        seen, fresh = remembered(cursor.get("seen"), (each.image_url for each in candidates))
        tokens = mapping(body.get("vqd"))
        token = plain(tokens.get(self.wanted.words(stream.query, LONGEST))) or next(
            (told for each in tokens.values() if (told := plain(each))), None
        )
        cursor |= {"next": following, "seen": seen}
        cursor |= {"vqd": token, "at": int(time.time())} if token else {}
        return Page(candidates=candidates, cursor=cursor, done=following is None or not fresh)

    def _token(self, response: TextResponse) -> dict[str, Any]:
        """What the result page tells for the cursor. Raises Blocked where it keeps the token back."""
        found = TOKEN.search(response.body)
        asked_for_results = place(response.url).endswith("/i.js")
        if found is not None and not asked_for_results:
            return {"vqd": found[1].decode("ascii"), "at": int(time.time())}
        ours = asked_for_results or OURS.search(response.body) is not None
        self.nothing_found(response, empty=ours)
        raise Blocked(f"a page without a token from {place(response.url)}")

    def _candidates(self, results: Sequence[Any], stream: Stream) -> list[Candidate]:
        told = ((url(result.get("image")), result) for result in results if isinstance(result, dict))
        return [self._candidate(image_url, result, stream) for image_url, result in told if image_url]

    def _candidate(self, image_url: str, result: Mapping[str, Any], stream: Stream) -> Candidate:
        found_by = plain(result.get("source"))
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=url(result.get("thumbnail")),
            width=number(result.get("width")),
            height=number(result.get("height")),
            title=text(result.get("title")),
            page_url=url(result.get("url")),
            extra={"found_by": found_by} if found_by else {},
        )


def _parameters(wanted: Filters) -> dict[str, str]:
    """Region, safe search, and the six slots of `f`: time, size, colour, type, layout, licence."""
    kind = KINDS.get(wanted.type or "") or ("transparent" if wanted.color == "transparent" else None)
    color = None if wanted.color == "transparent" else wanted.color
    slots = (
        ("time", reaching(wanted.since, TIMES)),
        ("size", wanted.size and wanted.size.capitalize()),
        ("color", color if color == "color" else color and color.capitalize()),
        ("type", kind),
        ("layout", wanted.aspect and wanted.aspect.capitalize()),
        ("license", LICENCES.get(wanted.license or "")),
    )
    return {
        "l": _region(wanted.region, wanted.language),
        "p": SAFE[wanted.safe_search],
        "f": ",".join(f"{name}:{value}" if value else "" for name, value in slots),
    }


def _region(country: str | None, language: str | None) -> str:
    """The name of the region: where the country has none in that language, the first of the country's own."""
    if country is None and language is None:
        return "wt-wt"
    fitting = (
        name
        for (its, spoken), name in REGIONS.items()
        if country in (None, its) and language in (None, spoken)
    )
    own = (name for (each, _), name in REGIONS.items() if each == country)
    return next(fitting, None) or next(own, "wt-wt")


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="duckduckgo",
        summary="DuckDuckGo Images, whose results come from Bing, read as its own page does",
        spider=DuckDuckGoSpider,
        options=DuckDuckGoOptions,
        homepage="https://duckduckgo.com/",
        limits="100 results a page; programs are refused often and for about an hour",
        terms="DuckDuckGo offers no interface for images and refuses programs that it notices; your address "
        "may be shut out for a while.",
    )
