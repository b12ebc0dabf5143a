"""StockSnap: photographs that are all CC0, by the interface that its own site uses.

Wire format: answers of https://stocksnap.io/api/load-photos/date/desc/1 and /api/search-photos/...; it is not
documented. Only the small files are public; the originals are behind a form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, text, texts, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

SITE = "https://stocksnap.io"
CDN = "https://cdn.stocksnap.io"
WIDTH = 960
"""Pixels of width that the largest public file has at most."""
NOBODY = {f"{SITE}/", SITE, f"{SITE}/author/undefined/"}
"""What stands for the website of an author who has none."""
LICENCE_URL = "https://creativecommons.org/publicdomain/zero/1.0/"


class StocksnapOptions(SourceOptions):
    """The order of StockSnap's results."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(default=SITE, pattern="^https?://", description="Address of the interface.")
    cdn: str | None = Field(
        default=None,
        pattern="^https?://",
        description="Address of the files; unset: StockSnap's, or `/cdn` below another endpoint.",
    )
    sort: Literal["relevance", "date", "views"] = Field(
        default="relevance", description="Order of the results, best first."
    )


class StocksnapSpider(SourceSpider):
    """Asks /api/search-photos page by page, and builds the addresses of files from their ids."""

    name = "stocksnap"
    Options = StocksnapOptions
    filters: ClassVar[frozenset[str]] = frozenset({"license"})
    """CC0 allows everything that can be asked for."""

    def page_request(self, stream: Stream) -> Request:
        options = self.options
        page = number(mapping(stream.cursor).get("page")) or stream.page
        query = quote(stream.query.encode("utf-8", "replace"), safe="")
        return Request(
            f"{options.endpoint}/api/search-photos/{query}/{options.sort}/desc/{page}",
            headers={"Accept": "application/json"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        results = body.get("results")
        if not isinstance(results, list):
            check_error(body, response, self.retry_after(response))
            raise LayoutChanged(f"no list of results in the answer of {place(response.url)}")
        found = (self._candidate(result, stream) for result in results if isinstance(result, dict))
        candidates = [candidate for candidate in found if candidate is not None]
        if results and not candidates:
            raise LayoutChanged(f"none of {len(results)} results has an id in {place(response.url)}")
        following = number(body.get("nextPage"))
        asked = number(mapping(stream.cursor).get("page")) or stream.page
        if not results or following is None or following <= asked:
            return Page(candidates=candidates, done=True)
        return Page(candidates=candidates, cursor={"page": following})

    def _candidate(self, result: Mapping[str, Any], stream: Stream) -> Candidate | None:
        identifier = plain(result.get("img_id"))
        if identifier is None:
            return None
        tags = _tags(result)
        original = number(result.get("img_width")), number(result.get("img_height"))
        width, height = _scaled(*original)
        name = quote(identifier, safe="")
        slug = "-".join(quote("-".join(tag.split()), safe="") for tag in (*tags[:2], identifier))
        extra = {"original_width": original[0], "original_height": original[1]}
        return self.candidate(
            stream,
            f"{self._cdn}/img-thumbs/960w/{name}.jpg",
            thumbnail_url=f"{self._cdn}/img-thumbs/280h/{name}.jpg",
            width=width,
            height=height,
            format="jpg",
            title=" ".join(tags[:2]).title() or None,
            tags=tags,
            page_url=f"{self.options.endpoint}/photo/{slug}",
            site="stocksnap.io",
            license="cc0-1.0",
            license_url=LICENCE_URL,
            creator=text(result.get("author_name")),
            creator_url=_website(result),
            engine_id=identifier,
            extra={name: value for name, value in extra.items() if value},
        )

    @property
    def _cdn(self) -> str:
        if self.options.cdn is not None:
            return str(self.options.cdn)
        return CDN if self.options.endpoint == SITE else f"{self.options.endpoint}/cdn"


def _scaled(width: int | None, height: int | None) -> tuple[int | None, int | None]:
    """The size of the public file of an original of this size; it is never enlarged."""
    if width is None or height is None or width <= WIDTH:
        return width, height
    return WIDTH, max(1, (height * WIDTH + width // 2) // width)


def _tags(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The keywords, or else the line of tags that they were made of."""
    line = plain(result.get("tags")) or ""
    return texts(result.get("keywords")) or texts(line.split(","))


def _website(result: Mapping[str, Any]) -> str | None:
    own = url(result.get("author_website"))
    return own if own and own not in NOBODY else url(result.get("author_profile"))


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="stocksnap",
        summary="CC0 photographs of StockSnap, 960 pixels wide",
        spider=StocksnapSpider,
        options=StocksnapOptions,
        licences=True,
        homepage=f"{SITE}/",
        limits="an interface without documentation; 40 results a page",
    )
