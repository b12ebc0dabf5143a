"""The source `gallery`: a photo gallery with a search for programs. The README describes its interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, text, texts, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import licence_of
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import LayoutChanged, SourceOptions, SourceProblem, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse


class GalleryOptions(SourceOptions):
    """Options of the source, for the table `[sources.gallery]` of a job file."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://gallery.example",
        pattern="^https?://",
        description="Address of the gallery, below which its interface is.",
    )
    page_size: int = Field(default=30, ge=1, le=100, description="Photographs a page.")


class GallerySpider(SourceSpider):
    """Asks /api/photos for the pages of a query until the last."""

    name = "gallery"
    Options = GalleryOptions
    filters: ClassVar[frozenset[str]] = frozenset({"license"})

    def page_request(self, stream: Stream) -> Request:
        asked = {"q": stream.query, "page": stream.page, "per_page": self.options.page_size}
        if self.wanted.license == "public-domain":
            asked["rights"] = "free"
        return Request(f"{self.options.endpoint}/api/photos?{urlencode(asked, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        photos = body.get("photos")
        if not isinstance(photos, list):
            told = plain(mapping(body.get("error")).get("message"))
            if told:
                raise SourceProblem(told)
            raise LayoutChanged(f"no list of photos in the answer of {place(response.url)}")
        found = (self._candidate(mapping(photo), stream) for photo in photos)
        pages = number(body.get("pages"))
        return Page(
            candidates=[candidate for candidate in found if candidate is not None],
            done=not photos or (pages is not None and stream.page >= pages),
        )

    def _candidate(self, photo: Mapping[str, Any], stream: Stream) -> Candidate | None:
        """The candidate of a photograph; None while its file is not there."""
        files = mapping(photo.get("files"))
        author, rights = mapping(photo.get("author")), mapping(photo.get("rights"))
        original = mapping(files.get("original"))
        address = url(original.get("url"))
        if address is None:
            return None
        return self.candidate(
            stream,
            address,
            thumbnail_url=url(files.get("preview")),
            width=number(original.get("width")),
            height=number(original.get("height")),
            filesize_bytes=number(original.get("bytes")),
            format=plain(original.get("type")),
            title=text(photo.get("title")),
            tags=texts(photo.get("keywords")),
            page_url=url(photo.get("page")),
            site="gallery.example",
            license=licence_of(url(rights.get("url")), plain(rights.get("name"))),
            license_url=url(rights.get("url")),
            creator=text(author.get("name")),
            creator_url=url(author.get("page")),
            date=plain(photo.get("taken")),
            engine_id=plain(photo.get("id")),
            safe=False if photo.get("sensitive") is True else None,
        )


@hookimpl
def register_sources() -> Iterator[Source]:
    """The source `gallery`."""
    yield Source(
        name="gallery",
        summary="Photographs of the gallery",
        spider=GallerySpider,
        options=GalleryOptions,
        licences=True,
        homepage="https://gallery.example/",
        limits="one request a second",
    )
