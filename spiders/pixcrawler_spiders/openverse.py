"""Openverse: openly licensed images of many collections, with licence and creator per image.

Wire format: https://api.openverse.org/v1/ (OpenAPI) and the server's source, WordPress/openverse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, number, plain, sequence, text, truth, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 240
"""Results that the server shows for one query, with and without a token."""
EXPECTED_IN = re.compile(r"available in (\d{1,9}) second")


class OpenverseOptions(SourceOptions):
    """Filters of Openverse's image search."""

    delay: float = Field(
        default=3.0, ge=0, le=60, description="Least seconds between two requests (20 a minute)."
    )
    endpoint: str = Field(
        default="https://api.openverse.org/v1/images/",
        pattern="^https?://",
        description="Address of the interface.",
    )
    page_size: int = Field(
        default=20, ge=1, le=240, description="Results a page; 20 is the most without a token."
    )
    license: str | None = Field(
        default=None, description="Comma list of `by`, `by-sa`, `cc0`, `pdm`, ...; unset takes all."
    )
    license_type: str | None = Field(
        default=None, description="Comma list of `commercial`, `modification`, `all-cc`, `all`."
    )
    source: str | None = Field(default=None, description="Comma list of collections to search.")
    excluded_source: str | None = Field(default=None, description="Comma list of collections to leave out.")
    extension: str | None = Field(default=None, description="Comma list such as `jpg,png`.")
    category: Literal["photograph", "illustration", "digitized_artwork"] | None = Field(
        default=None, description="Kind of image."
    )
    aspect_ratio: Literal["tall", "wide", "square"] | None = Field(
        default=None, description="Shape of image."
    )
    size: Literal["small", "medium", "large"] | None = Field(default=None, description="Size of image.")
    mature: bool = Field(default=False, description="Whether to include images marked as sensitive.")


FILTERS = (
    "license", "license_type", "source", "excluded_source", "extension", "category", "aspect_ratio", "size",
)  # fmt: skip


class OpenverseSpider(SourceSpider):
    """Asks /v1/images/ page by page."""

    name = "openverse"
    Options = OpenverseOptions

    def page_request(self, stream: Stream) -> Request:
        parameters = {
            "q": stream.query[:200],
            "page": stream.page,
            "page_size": self.options.page_size,
            "mature": str(self.options.mature).lower(),
        }
        parameters |= {name: value for name in FILTERS if (value := getattr(self.options, name)) is not None}
        return Request(
            f"{self.options.endpoint}?{urlencode(parameters, errors='replace')}",
            headers={"Accept": "application/json"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        results = body.get("results")
        if not isinstance(results, list):
            raise LayoutChanged(f"no list of results in the answer of {place(response.url)}")
        found = (self._candidate(result, stream) for result in results if isinstance(result, dict))
        candidates = [candidate for candidate in found if candidate is not None]
        if results and not candidates:
            raise LayoutChanged(f"none of {len(results)} results has an image's URL in {place(response.url)}")
        pages = number(body.get("page_count"))
        shown = stream.page * self.options.page_size
        last = not results or shown >= DEPTH or (pages is not None and stream.page >= pages)
        return Page(candidates=candidates, done=last)

    def retry_after(self, response: TextResponse) -> float | None:
        found = EXPECTED_IN.search(response.body.decode("utf-8", "replace"))
        return float(found[1]) if found else super().retry_after(response)

    def _candidate(self, result: dict[str, Any], stream: Stream) -> Candidate | None:
        image_url = url(result.get("url"))
        if image_url is None:
            return None
        mature, attribution = truth(result.get("mature")), text(result.get("attribution"))
        return Candidate(
            engine=self.name,
            category=stream.category,
            query=stream.query,
            image_url=image_url,
            thumbnail_url=url(result.get("thumbnail")),
            width=number(result.get("width")),
            height=number(result.get("height")),
            filesize_bytes=number(result.get("filesize")),
            format=plain(result.get("filetype")),
            title=text(result.get("title")),
            tags=_tags(result.get("tags")),
            page_url=url(result.get("foreign_landing_url")),
            site=plain(result.get("source")) or plain(result.get("provider")),
            license=_licence(plain(result.get("license")), plain(result.get("license_version"))),
            license_url=url(result.get("license_url")),
            creator=text(result.get("creator")),
            creator_url=url(result.get("creator_url")),
            engine_id=plain(result.get("id")),
            safe=None if mature is None else not mature,
            extra={"attribution": attribution} if attribution else {},
        )


def _tags(value: Any) -> tuple[str, ...]:
    named = (text(tag.get("name")) for tag in sequence(value) if isinstance(tag, dict))
    return tuple(dict.fromkeys(name for name in named if name))


def _licence(code: str | None, version: str | None) -> str | None:
    """SPDX-like: `cc-by-2.0`, `cc0-1.0`; the public domain mark `pdm` has no version of interest."""
    if code is None:
        return None
    code = code.lower()
    if code == "pdm":
        return "pdm"
    name = code if code == "cc0" or code.endswith("+") else f"cc-{code}"
    return f"{name}-{version}" if version else name


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="openverse",
        summary="Openly licensed images of many collections (Flickr, museums, Wikimedia)",
        spider=OpenverseSpider,
        options=OpenverseOptions,
        licences=True,
        homepage="https://openverse.org/",
        limits="without a token 20 requests a minute, 200 a day, 240 results a query",
    )
