"""Google Custom Search: images found by a Programmable Search Engine of your own, until it ends.

Wire format: https://developers.google.com/custom-search/v1/reference/rest/v1/cse/list ; saved answers of the
search box for web pages (`cse/element/v1`, JSONP) are read too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field, SecretStr
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import filesize, mapping, number, plain, sequence, text, url
from pixcrawler_core.components import Secret, Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import UNEXPLAINED
from pixcrawler_core.sources import KeyedOptions, LayoutChanged, SourceProblem, place
from pixcrawler_spiders.keyed import KeyedSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

    from pixcrawler_core.filters import Filters

END = date(2027, 1, 1)
"""The day on which Google ends the interface for its last customers."""
DEPTH = 100
ELEMENT_PAGES = 5
JSONP = re.compile(rb"\s*(?:/\*[^*]*\*/)?\s*[\w.$]+\(\s*(\{.*\})\s*\)\s*;?\s*", re.DOTALL)
KNOWN = {"kind", "queries", "searchInformation", "items"}
SIZES = {"small": "small", "medium": "medium", "large": "large", "wallpaper": "xxlarge"}
COLOUR_TYPES = {"color": "color", "monochrome": "gray", "transparent": "trans"}
TYPES = {"photo", "clipart", "lineart", "face", "animated"}
RIGHTS = {
    "any": "(cc_publicdomain|cc_attribute|cc_sharealike|cc_noncommercial|cc_nonderived)",
    "public-domain": "cc_publicdomain",
    "commercial": "(cc_publicdomain|cc_attribute|cc_sharealike|cc_nonderived).-(cc_noncommercial)",
    "modification": "(cc_publicdomain|cc_attribute|cc_sharealike|cc_noncommercial).-(cc_nonderived)",
    "commercial-modification": (
        "(cc_publicdomain|cc_attribute|cc_sharealike).-(cc_noncommercial|cc_nonderived)"
    ),
}
"""Values of `rights` as Google's own search form combines them."""


class GoogleCseOptions(KeyedOptions):
    """Which search engine is asked, and what for."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://www.googleapis.com", pattern="^https?://", description="Address of the interface."
    )
    cx: SecretStr | None = Field(
        default=None,
        exclude=True,
        description="Id of your search engine; see the variable that the source names.",
    )
    page_size: int = Field(default=10, ge=1, le=10, description="Results a page.")
    file_type: str | None = Field(
        default=None, pattern=r"^[a-z0-9]+$", description="Kind of file such as `jpg` or `png`."
    )
    site: str | None = Field(default=None, pattern=r"^[^\s]+$", description="Only results of this site.")


class GoogleCseSpider(KeyedSpider):
    """Asks for at most ten pages of ten results, and refuses to ask at all once the interface has ended."""

    name = "google_cse"
    Options = GoogleCseOptions
    filters: ClassVar[frozenset[str]] = frozenset(
        {"without", "size", "color", "type", "license", "since", "until", "safe_search", "language", "region"}
    )
    today: Callable[[], date] = staticmethod(lambda: datetime.now(UTC).date())
    """Tells the day; tests give another."""

    def page_request(self, stream: Stream) -> Request:
        if self.today() > END:
            raise SourceProblem(
                f"Google ended the Custom Search JSON API on {END:%d %B %Y}; use another source"
            )
        options = self.options
        parameters = {
            "q": self.wanted.words(stream.query),
            "searchType": "image",
            "num": str(options.page_size),
            "start": str((stream.page - 1) * options.page_size + 1),
            "fileType": options.file_type,
            "siteSearch": options.site,
            "siteSearchFilter": "i" if options.site else None,
            **_terms(self.wanted, self.today()),
            "cx": options.cx.get_secret_value() if options.cx else "",
            "key": options.secret,
        }
        known = {name: value for name, value in parameters.items() if value is not None}
        return Request(f"{options.endpoint}/customsearch/v1?{urlencode(known, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        wrapped = JSONP.fullmatch(response.body)
        body = self.answer(response.replace(body=wrapped[1]) if wrapped else response)
        element = "results" in body or "cursor" in body
        rows = body.get("results" if element else "items")
        if rows is None and (element or KNOWN & body.keys()):
            rows = []
        if not isinstance(rows, list):
            raise LayoutChanged(f"no list of items in the answer of {place(response.url)}")
        read = self._of_element if element else self._of_item
        candidates = [found for row in rows if (found := read(mapping(row), stream)) is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} items has an image's URL in {place(response.url)}")
        more = (
            _has_more_pages(mapping(body.get("cursor")), stream) if element else self._goes_on(body, stream)
        )
        return Page(candidates=candidates, done=not rows or not more)

    def message(self, body: dict[str, Any]) -> str | None:
        if not body.get("error"):
            return None
        error = mapping(body["error"])
        reasons = [plain(mapping(each).get("reason")) for each in sequence(error.get("errors"))]
        details = [plain(mapping(each).get("reason")) for each in sequence(error.get("details"))]
        parts = [each for each in dict.fromkeys([*reasons, *details, text(error.get("message"))]) if each]
        return ": ".join(parts) or UNEXPLAINED

    def _goes_on(self, body: Mapping[str, Any], stream: Stream) -> bool:
        """Whether there is a next page within the first hundred results, beyond which all is refused."""
        after_next = (stream.page + 1) * self.options.page_size
        return bool(mapping(body.get("queries")).get("nextPage")) and after_next <= DEPTH

    def _of_item(self, item: Mapping[str, Any], stream: Stream) -> Candidate | None:
        image, image_url = mapping(item.get("image")), url(item.get("link"))
        if image_url is None:
            return None
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=url(image.get("thumbnailLink")),
            width=number(image.get("width")),
            height=number(image.get("height")),
            filesize_bytes=filesize(image.get("byteSize")),
            format=_format(item.get("mime")) or _format(item.get("fileFormat")),
            title=plain(item.get("title")) or text(item.get("htmlTitle")),
            alt=plain(item.get("snippet")),
            page_url=url(image.get("contextLink")),
            site=plain(item.get("displayLink")),
        )

    def _of_element(self, row: Mapping[str, Any], stream: Stream) -> Candidate | None:
        image_url = url(row.get("unescapedUrl"))
        if image_url is None:
            return None
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=url(row.get("tbLargeUrl")) or url(row.get("tbUrl")),
            width=number(row.get("width")),
            height=number(row.get("height")),
            format=_format(row.get("fileFormat")),
            title=text(row.get("titleNoFormatting")) or text(row.get("title")),
            alt=text(row.get("contentNoFormatting")) or text(row.get("content")),
            page_url=url(row.get("originalContextUrl")),
            site=plain(row.get("visibleUrl")),
        )


def _terms(wanted: Filters, today: date) -> dict[str, str | None]:
    """The filters as parameters."""
    colour_type = COLOUR_TYPES.get(wanted.color or ("transparent" if wanted.type == "transparent" else ""))
    since, until = wanted.since or date(1990, 1, 1), wanted.until or today
    return {
        "imgSize": SIZES.get(wanted.size or ""),
        "imgType": wanted.type if wanted.type in TYPES else None,
        "imgColorType": colour_type,
        "imgDominantColor": wanted.color if wanted.color not in COLOUR_TYPES else None,
        "rights": RIGHTS.get(wanted.license or ""),
        "sort": f"date:r:{since:%Y%m%d}:{until:%Y%m%d}" if wanted.since or wanted.until else None,
        "safe": "off" if wanted.safe_search == "off" else "active",
        "lr": f"lang_{wanted.language}" if wanted.language else None,
        "gl": wanted.region,
    }


def _format(value: Any) -> str | None:
    """A MIME type; Google also tells the useless `image/`."""
    told = plain(value)
    return None if told is None or told.endswith("/") else told


def _has_more_pages(cursor: Mapping[str, Any], stream: Stream) -> bool:
    return bool(cursor.get("pages")) and not cursor.get("isExactTotalResults") and stream.page < ELEMENT_PAGES


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="google_cse",
        summary="Google Custom Search JSON API for its existing customers; it ends on 1 January 2027",
        spider=GoogleCseSpider,
        options=GoogleCseOptions,
        homepage="https://developers.google.com/custom-search/v1/overview",
        limits="ends on 1 January 2027, closed to new customers; 100 free queries a day; 100 results a query",
        secrets=(
            Secret(env="GOOGLE_CSE_KEY", url="https://developers.google.com/custom-search/v1/introduction"),
            Secret(env="GOOGLE_CSE_CX", url="https://programmablesearchengine.google.com/", option="cx"),
        ),
    )
