"""Museums Victoria: objects, specimens, species and stories of the Melbourne museums, with all their images.

Wire format: https://collections.museumsvictoria.com.au/developers and the server's source,
museumsvictoria/collections-online. Answers are arrays; what there is beside stands in the headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote, urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_value, mapping, number, plain, sequence, several, text, texts, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import Rights, licence_of
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

SIZES = ("large", "medium", "small")
"""Renditions of an image from the largest; there is no larger one, and not every image has all."""
NEXT = re.compile(r"""rel\s*=\s*["']?next\b""", re.IGNORECASE)
LICENCES: Mapping[Rights, tuple[str, ...]] = {
    "any": ("public domain", "cc by", "cc by-sa", "cc by-nc", "cc by-nc-sa", "cc by-nc-nd"),
    "public-domain": ("public domain",),
    "commercial": ("public domain", "cc by", "cc by-sa"),
    "modification": ("public domain", "cc by", "cc by-sa", "cc by-nc", "cc by-nc-sa"),
    "commercial-modification": ("public domain", "cc by", "cc by-sa"),
}
"""Values of `imagelicence` that allow what is asked."""


class MuseumsVictoriaOptions(SourceOptions):
    """Filters of the search in Museums Victoria's collections."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://collections.museumsvictoria.com.au",
        pattern="^https?://",
        description="Address of the interface.",
    )
    page_size: int = Field(
        default=40, ge=40, le=100, description="Records a page; each may have many images."
    )
    record_type: Literal["article", "item", "species", "specimen"] | None = Field(
        default=None, description="Kind of record."
    )
    category: str | None = Field(
        default=None, description="Part of the collection, such as `natural sciences`."
    )


class MuseumsVictoriaSpider(SourceSpider):
    """Asks /api/search page by page; each record brings its images along."""

    name = "museums_victoria"
    Options = MuseumsVictoriaOptions
    filters: ClassVar[frozenset[str]] = frozenset({"license", "since", "until"})

    def page_request(self, stream: Stream) -> Request:
        options, wanted = self.options, self.wanted
        asked = {
            "query": stream.query,
            "hasimages": "yes",
            "imagelicence": LICENCES[wanted.license] if wanted.license else None,
            "mindatemodified": f"{wanted.since}T00:00:00Z" if wanted.since else None,
            "maxdatemodified": f"{wanted.until}T23:59:59Z" if wanted.until else None,
            "recordtype": options.record_type,
            "category": options.category,
            "perpage": options.page_size,
            "page": stream.page,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return Request(
            f"{options.endpoint}/api/search?{urlencode(given, doseq=True, errors='replace')}",
            headers={"Accept": "application/json"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        records, total = self._records(json_value(response), response)
        candidates = [each for record in records for each in self._candidates(record, stream)]
        if records and not candidates and not all(_without_images(record) for record in records):
            raise LayoutChanged(f"none of {len(records)} records has an image's URL in {place(response.url)}")
        return Page(candidates=candidates, done=self._is_last(response, stream, len(records), total))

    def _records(self, body: Any, response: TextResponse) -> tuple[list[Any], int | None]:
        """The records of a list, of one in an envelope, or a single one; and their number if it is told."""
        if isinstance(body, list):
            return body, number((response.headers.get("Total-Results") or b"").decode("latin-1"))
        record = mapping(body)
        if "media" in record:
            return [record], 1
        inner = record.get("response")
        if isinstance(inner, list):
            return inner, number(mapping(record.get("headers")).get("totalResults"))
        if isinstance(inner, dict):
            return [inner], 1
        check_error(record, response, self.retry_after(response))
        raise LayoutChanged(f"no list of records in the answer of {place(response.url)}")

    def _is_last(self, response: TextResponse, stream: Stream, count: int, total: int | None) -> bool:
        """By the Link header, by the number of results, by a short page: by the first of them there is."""
        if not count:
            return True
        if "Link" in response.headers:
            links = b",".join(response.headers.getlist("Link")).decode("latin-1")
            return NEXT.search(links) is None
        if total is not None:
            return stream.page * int(self.options.page_size) >= total
        return count < int(self.options.page_size)

    def _candidates(self, record: Any, stream: Stream) -> Iterator[Candidate]:
        about = mapping(record)
        for media in sequence(about.get("media")):
            if _is_image(media) and (found := self._candidate(media, about, stream)):
                yield found

    def _candidate(
        self, media: Mapping[str, Any], record: Mapping[str, Any], stream: Stream
    ) -> Candidate | None:
        image_url, best = _largest(media)
        if image_url is None:
            return None
        identifier, licence = plain(record.get("id")), mapping(media.get("licence"))
        told = {"attribution": text(media.get("rightsStatement")), "credit": text(media.get("credit"))}
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=url(mapping(media.get("thumbnail")).get("uri")),
            width=number(best.get("width")),
            height=number(best.get("height")),
            filesize_bytes=number(best.get("size")),
            title=text(record.get("displayTitle")) or text(media.get("caption")),
            alt=text(media.get("alternativeText")) or text(media.get("caption")),
            tags=texts([*several(record.get("keywords")), *several(record.get("classifications"))]),
            page_url=f"{self.options.endpoint}/{quote(identifier)}" if identifier else None,
            site="collections.museumsvictoria.com.au",
            license=licence_of(*(plain(licence.get(name)) for name in ("uri", "shortName", "name"))),
            license_url=url(licence.get("uri")),
            creator=", ".join(texts(media.get("creators"))) or None,
            date=plain(media.get("dateModified")) or plain(record.get("dateModified")),
            engine_id=plain(media.get("id")) or identifier,
            extra={name: value for name, value in told.items() if value},
        )


def _largest(media: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """The largest rendition of an image that has an address, after that address."""
    for name in SIZES:
        rendition = mapping(media.get(name))
        if address := url(rendition.get("uri")):
            return address, rendition
    return None, {}


def _is_image(media: Any) -> bool:
    """Whether a member of `media` is an image, not a sound or a film; its type may be missing."""
    return isinstance(media, dict) and media.get("type", "image") in ("image", None)


def _without_images(record: Any) -> bool:
    """Whether a record tells in the known form that it has no image."""
    media = mapping(record).get("media", "unknown")
    return media is None or (isinstance(media, list) and not any(map(_is_image, media)))


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="museums_victoria",
        summary="Objects and specimens of the museums of Victoria, Australia",
        spider=MuseumsVictoriaSpider,
        options=MuseumsVictoriaOptions,
        licences=True,
        homepage="https://collections.museumsvictoria.com.au/",
        limits="40 to 100 records a page; no documented rate",
    )
