"""Openverse: openly licensed images of many collections, with licence and creator per image.

Wire format: https://api.openverse.org/v1/ (OpenAPI) and the server's source, WordPress/openverse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, number, plain, sequence, text, texts, truth, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import licence_code
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceOptions, SourceProblem, Throttled, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 240
"""Results that the server shows for one query, with and without a token."""
EXPECTED_IN = re.compile(r"available in (\d{1,9}) second")
THROTTLED = re.compile(r"request was throttled[^\"<]{0,80}", re.IGNORECASE)
REFUSED = re.compile(r"credential|permission|authenticat|token|forbidden|not allowed|denied", re.IGNORECASE)
"""Words of Django REST Framework for what comes with the statuses 401 and 403."""
SIZES = {"small": "small", "medium": "medium", "large": "large", "wallpaper": "large"}
KINDS = {"photo": "photograph", "illustration": "illustration"}
RIGHTS = {
    "public-domain": {"license": "cc0,pdm"},
    "commercial": {"license_type": "commercial"},
    "modification": {"license_type": "modification"},
    "commercial-modification": {"license_type": "commercial,modification"},
}
"""Parameters for each `license` of a job; there is a licence to everything, so `any` needs none."""


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
    aspect_ratio: Literal["tall", "square", "wide"] | None = Field(
        default=None, description="Shape of image."
    )
    size: Literal["small", "medium", "large"] | None = Field(default=None, description="Size of image.")


OWN = (
    "license", "license_type", "source", "excluded_source", "extension", "category", "aspect_ratio", "size",
)  # fmt: skip
"""Options that are parameters of the same name; they win over the job's filters."""


class OpenverseSpider(SourceSpider):
    """Asks /v1/images/ page by page."""

    name = "openverse"
    Options = OpenverseOptions
    filters = frozenset({"without", "size", "aspect", "license", "type", "safe_search"})
    expected_status = frozenset({400, 401})

    def page_request(self, stream: Stream) -> Request:
        parameters = {
            "q": self.wanted.words(stream.query, 200),
            "page": stream.page,
            "page_size": self.options.page_size,
            "mature": "true" if self.wanted.safe_search == "off" else "false",
            **self._filters(),
        }
        return Request(
            f"{self.options.endpoint}?{urlencode(parameters, errors='replace')}",
            headers={"Accept": "application/json"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        results = body.get("results")
        if response.status >= 400 or not isinstance(results, list):
            return self._single_image(body, response, stream)
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

    def _filters(self) -> dict[str, str]:
        """What the job's filters and the source's own options ask for."""
        own = {name: value for name in OWN if (value := getattr(self.options, name)) is not None}
        wanted = self.wanted
        asked: dict[str, str | None] = {
            "size": SIZES.get(wanted.size or ""),
            "aspect_ratio": wanted.aspect,
            "category": KINDS.get(wanted.type or ""),
        }
        if not own.keys() & {"license", "license_type"}:
            asked |= RIGHTS.get(wanted.license or "", {})
        return {name: value for name, value in asked.items() if value is not None} | own

    def _single_image(self, body: Mapping[str, Any], response: TextResponse, stream: Stream) -> Page:
        """The record of one image (`/v1/images/{id}/`), or the problem that an answer tells of."""
        candidate = self._candidate(body, stream) if response.status < 400 else None
        if candidate is not None:
            return Page(candidates=[candidate], done=True)
        if throttled := THROTTLED.search(response.body.decode("utf-8", "replace")):
            raise Throttled(throttled[0], self.retry_after(response))
        told = "; ".join(_messages(body.get("detail")) or _messages(body.get("error")))
        if response.status == 401 or REFUSED.search(told):
            raise Blocked(told or f"HTTP {response.status} from {place(response.url)}")
        if told or response.status >= 400:
            raise SourceProblem(told or f"HTTP {response.status} from {place(response.url)}")
        raise LayoutChanged(f"neither results nor an image in the answer of {place(response.url)}")

    def _candidate(self, result: Mapping[str, Any], stream: Stream) -> Candidate | None:
        image_url = url(result.get("url"))
        if image_url is None:
            return None
        mature, attribution = truth(result.get("mature")), text(result.get("attribution"))
        return self.candidate(
            stream,
            image_url,
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
    return texts([tag.get("name") for tag in sequence(value) if isinstance(tag, dict)])


def _licence(code: str | None, version: str | None) -> str | None:
    """SPDX-like: `cc-by-2.0`, `cc0-1.0`; the public domain mark `pdm` has no version of interest."""
    if code is None:
        return None
    return licence_code(code if code.lower() == "pdm" or not version else f"{code} {version}")


def _messages(detail: Any) -> list[str]:
    """The sentences of a refusal: one text, a list of them, or lists by the name of a parameter."""
    if isinstance(detail, dict):
        return [f"{plain(name)}: {told}" for name, each in detail.items() for told in texts(each)]
    return list(texts(detail))


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
