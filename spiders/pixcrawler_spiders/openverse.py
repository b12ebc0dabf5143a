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
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import LayoutChanged, SourceOptions
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 240
"""Results that the server shows for one query, with and without a token."""
EXPECTED_IN = re.compile(r"available in (\d+) second")


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
            f"{self.options.endpoint}?{urlencode(parameters)}", headers={"Accept": "application/json"}
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = response.json()
        if not isinstance(body, dict) or not isinstance(body.get("results"), list):
            raise LayoutChanged(f"no list of results in the answer of {response.url}")
        candidates = [self._candidate(result, stream) for result in body["results"] if _usable(result)]
        shown = stream.page * self.options.page_size
        last = stream.page >= (body.get("page_count") or 0) or not body["results"] or shown >= DEPTH
        return Page(candidates=candidates, done=last)

    def retry_after(self, response: TextResponse) -> float | None:
        found = EXPECTED_IN.search(response.text)
        return float(found[1]) if found else super().retry_after(response)

    def _candidate(self, result: dict[str, Any], stream: Stream) -> Candidate:
        return Candidate(
            engine=self.name,
            category=stream.category,
            query=stream.query,
            image_url=result["url"],
            thumbnail_url=result.get("thumbnail"),
            width=result.get("width"),
            height=result.get("height"),
            filesize_bytes=result.get("filesize"),
            format=result.get("filetype"),
            title=result.get("title"),
            tags=tuple(tag["name"] for tag in result.get("tags") or () if tag.get("name")),
            page_url=result.get("foreign_landing_url"),
            site=result.get("source") or result.get("provider"),
            license=_licence(result.get("license"), result.get("license_version")),
            license_url=result.get("license_url"),
            creator=result.get("creator"),
            creator_url=result.get("creator_url"),
            engine_id=result.get("id"),
            safe=None if result.get("mature") is None else not result["mature"],
            extra={"attribution": result["attribution"]} if result.get("attribution") else {},
        )


def _usable(result: Any) -> bool:
    return isinstance(result, dict) and isinstance(result.get("url"), str)


def _licence(code: str | None, version: str | None) -> str | None:
    """SPDX-like: `cc-by-2.0`, `cc0-1.0`; the public domain mark `pdm` has no version of interest."""
    if not code:
        return None
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
