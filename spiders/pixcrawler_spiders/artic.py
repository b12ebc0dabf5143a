"""Art Institute of Chicago: works of art, photographed by the museum and served over IIIF.

Wire format: https://api.artic.edu/docs/ (search, records, images).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import first, json_object, mapping, number, plain, sequence, text, texts, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import ALL_RIGHTS
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error, message_of
from pixcrawler_core.settings import USER_AGENT
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 10_000
"""The most that page times limit may make; the museum may set it lower, and says so with a 403."""
IIIF = "https://www.artic.edu/iiif/2"
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
FIELDS = (
    "id,title,image_id,alt_image_ids,artist_display,artist_title,artist_titles,date_display,medium_display,"
    "dimensions,is_public_domain,copyright_notice,thumbnail,term_titles"
)
CACHED = 843
"""Width that the museum asks for; larger ones are for works in the public domain."""
IMAGE_ID = re.compile(r"[0-9A-Za-z-]{8,80}")
TOO_DEEP = re.compile(r"number of results", re.IGNORECASE)


class ArticOptions(SourceOptions):
    """What is searched in the museum's collection."""

    delay: float = Field(
        default=1.0, ge=0, le=60, description="Least seconds between two requests (60 a minute)."
    )
    endpoint: str = Field(
        default="https://api.artic.edu", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=100, ge=1, le=100, description="Works a page.")
    width: int = Field(
        default=CACHED,
        ge=200,
        le=1686,
        description="Width of the images in pixels; above 843 only for works in the public domain.",
    )
    alternates: bool = Field(
        default=False, description="Whether further photographs of the same work are taken, too."
    )


class ArticSpider(SourceSpider):
    """Asks /api/v1/artworks/search page by page."""

    name = "artic"
    Options = ArticOptions
    filters = frozenset({"license"})
    expected_status = frozenset({403})

    def page_request(self, stream: Stream) -> Request:
        asked: dict[str, Any] = {"q": stream.query}
        if self.wanted.license:
            asked["query[term][is_public_domain]"] = "true"
        asked |= {"fields": FIELDS, "page": stream.page, "limit": self.options.page_size}
        return self._request_for("/search", asked)

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        refused = response.status == 403
        if refused and not TOO_DEEP.search(response.body[:1000].decode("utf-8", "replace")):
            raise Blocked(f"HTTP 403 from {place(response.url)}")
        body = json_object(response)
        found = body.get("data")
        if not isinstance(found, list | dict):
            return self._without_works(body, response)
        rows = found if isinstance(found, list) else [found]
        known = [row for row in rows if isinstance(row, dict)]
        candidates = [each for row in known for each in self._candidates(row, body, stream)]
        # Without `fields`, a search tells of no images: their records are asked for.
        unread = [each for row in known if "image_id" not in row and (each := number(row.get("id")))]
        imageless = any("image_id" in row and not row["image_id"] for row in known)
        if rows and not candidates and not unread and not imageless:
            raise LayoutChanged(f"none of {len(rows)} works has an image's id in {place(response.url)}")
        details = [self._records_request(unread)] if unread else []
        done = not isinstance(found, list) or self._is_last(body, len(rows), stream)
        return Page(candidates=candidates, details=details, done=done)

    def _is_last(self, body: Mapping[str, Any], rows: int, stream: Stream) -> bool:
        pages, size = number(mapping(body.get("pagination")).get("total_pages")), self.options.page_size
        last = rows < size if pages is None else stream.page >= pages
        return last or not rows or (stream.page + 1) * size > DEPTH

    def _without_works(self, body: Mapping[str, Any], response: TextResponse) -> Page:
        """An answer that tells of an error; one of them means that there is no more to see."""
        if TOO_DEEP.search(message_of(body) or ""):
            return Page(candidates=(), done=True)
        check_error(body, response, self.retry_after(response))
        raise LayoutChanged(f"no list of works in the answer of {place(response.url)}")

    def _records_request(self, ids: list[int]) -> Request:
        asked = {"ids": ",".join(map(str, ids)), "fields": FIELDS, "limit": len(ids)}
        return self._request_for("", asked)

    def _request_for(self, path: str, asked: Mapping[str, Any]) -> Request:
        """A request that says who asks, in the museum's own header, too."""
        settings = getattr(self, "settings", None)
        agent = settings.get("USER_AGENT") if settings is not None else USER_AGENT
        return Request(
            f"{self.options.endpoint}/api/v1/artworks{path}?{urlencode(asked, errors='replace')}",
            headers={"Accept": "application/json", "AIC-User-Agent": agent},
        )

    def _candidates(
        self, row: Mapping[str, Any], body: Mapping[str, Any], stream: Stream
    ) -> Iterator[Candidate]:
        server = (url(mapping(body.get("config")).get("iiif_url")) or IIIF).rstrip("/")
        free, about = row.get("is_public_domain") is True, _about(row)
        size = mapping(row.get("thumbnail"))
        width, height = number(size.get("width")), number(size.get("height"))
        most = self.options.width if free else min(self.options.width, CACHED)
        taken = min(most, width or most)
        if image := _image_id(row.get("image_id")):
            scaled = max(1, round(height * taken / width)) if width and height else None
            yield self.candidate(
                stream,
                f"{server}/{image}/full/{taken},/0/default.jpg",
                thumbnail_url=f"{server}/{image}/full/{min(200, taken)},/0/default.jpg",
                width=taken if scaled else None,
                height=scaled,
                alt=text(size.get("alt_text")),
                **about,
            )
        alternates = sequence(row.get("alt_image_ids")) if self.options.alternates else ()
        for image in filter(None, map(_image_id, alternates)):
            yield self.candidate(stream, f"{server}/{image}/full/{most},/0/default.jpg", **about)


def _image_id(value: Any) -> str | None:
    told = plain(value) or ""
    return told if IMAGE_ID.fullmatch(told) else None


def _about(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a work tells of all its images."""
    found, notice = number(row.get("id")), text(row.get("copyright_notice"))
    free, size = row.get("is_public_domain") is True, mapping(row.get("thumbnail"))
    extra = {
        "medium": text(row.get("medium_display")),
        "copyright": notice,
        "original_width": number(size.get("width")),
        "original_height": number(size.get("height")),
    }
    return {
        "format": "image/jpeg",
        "title": text(row.get("title")),
        "tags": texts(row.get("term_titles")),
        "page_url": f"https://www.artic.edu/artworks/{found}" if found else None,
        "site": "www.artic.edu",
        "license": "cc0-1.0" if free else ALL_RIGHTS if notice else None,
        "license_url": CC0 if free else None,
        "creator": first(
            [row.get("artist_title"), *sequence(row.get("artist_titles")), row.get("artist_display")]
        ),
        "date": text(row.get("date_display")),
        "engine_id": str(found) if found else None,
        "extra": {name: told for name, told in extra.items() if told},
    }


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="artic",
        summary="Works of the Art Institute of Chicago",
        spider=ArticSpider,
        options=ArticOptions,
        licences=True,
        homepage="https://www.artic.edu/collection",
        limits="60 requests a minute, 10,000 works a query at most (often 1,000)",
    )
