"""Serper: the results of Google Images as JSON, from a reseller.

Wire format: https://serper.dev/ (playground) and the type definitions of its clients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field
from scrapy import Request
from scrapy.http import JsonRequest

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import mapping, number, plain, text, url
from pixcrawler_core.components import Secret, Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import UNEXPLAINED
from pixcrawler_core.sources import KeyedOptions, LayoutChanged, place
from pixcrawler_spiders.google_terms import tbs
from pixcrawler_spiders.keyed import KeyedSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse


class SerperOptions(KeyedOptions):
    """How Serper is asked."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://google.serper.dev", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=100, ge=1, le=100, description="Results a page; more cost more credits.")
    location: str | None = Field(default=None, description="Place to search from, such as `Berlin, Germany`.")
    autocorrect: bool = Field(default=True, description="Whether Google may correct the query's spelling.")


class SerperSpider(KeyedSpider):
    """Posts the query and the number of the page."""

    name = "serper"
    Options = SerperOptions
    filters: ClassVar[frozenset[str]] = frozenset(
        {"without", "size", "color", "type", "aspect", "license", "since", "until", "language", "region"}
    )

    def page_request(self, stream: Stream) -> Request:
        options, wanted = self.options, self.wanted
        data = {
            "q": self.wanted.words(stream.query),
            "gl": wanted.region,
            "hl": wanted.language,
            "num": options.page_size,
            "page": stream.page,
            "location": options.location,
            "tbs": tbs(wanted, creative_commons=wanted.license is not None),
            "autocorrect": None if options.autocorrect else False,
        }
        return JsonRequest(
            f"{options.endpoint}/images",
            data={name: value for name, value in data.items() if value not in (None, "")},
            headers={"X-API-KEY": options.secret},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = self.answer(response)
        images = body.get("images")
        if images is None and mapping(body.get("searchParameters")):
            images = []
        if not isinstance(images, list):
            raise LayoutChanged(f"no list of images in the answer of {place(response.url)}")
        found = (self._candidate(mapping(image), stream) for image in images)
        candidates = [candidate for candidate in found if candidate is not None]
        if images and not candidates:
            raise LayoutChanged(f"none of {len(images)} images has a URL in {place(response.url)}")
        return Page(candidates=candidates, done=not images)

    def message(self, body: dict[str, Any]) -> str | None:
        if "images" in body or not ("message" in body or "statusCode" in body):
            return None
        return text(body.get("message")) or UNEXPLAINED

    def _candidate(self, image: Mapping[str, Any], stream: Stream) -> Candidate | None:
        image_url = url(image.get("imageUrl"))
        if image_url is None:
            return None
        extra = {"attribution": text(image.get("credit")), "copyright": text(image.get("copyright"))}
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=url(image.get("thumbnailUrl")),
            width=number(image.get("imageWidth")),
            height=number(image.get("imageHeight")),
            title=text(image.get("title")),
            page_url=url(image.get("link")),
            site=plain(image.get("domain")) or text(image.get("source")),
            creator=text(image.get("creator")),
            extra={name: value for name, value in extra.items() if value},
        )


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="serper",
        summary="Results of Google Images from the reseller Serper",
        spider=SerperSpider,
        options=SerperOptions,
        homepage="https://serper.dev/",
        limits="paid by the request; about 100 results a page; no licences",
        secrets=(Secret(env="SERPER_API_KEY", url="https://serper.dev/api-key"),),
    )
