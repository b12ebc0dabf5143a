"""Unsplash: photographs under one licence, through the interface for developers.

Wire format: https://unsplash.com/documentation (search/photos); the site's own search has the same shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import (
    json_value,
    mapping,
    number,
    plain,
    sequence,
    text,
    texts,
    url,
)
from pixcrawler_core.components import Secret, Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import KeyedOptions, LayoutChanged, Throttled, place
from pixcrawler_spiders.keyed import KeyedSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

LICENCE_URL = "https://unsplash.com/license"
HOUR = 3600.0
"""Seconds after which the count of requests starts again; the answer does not say when."""
PREMIUM = ("//plus.unsplash.com/", "/premium_photo-")
"""Parts of addresses of photos that are only for subscribers."""
COLOURS = {
    "monochrome": "black_and_white", "black": "black", "white": "white", "yellow": "yellow",
    "orange": "orange", "red": "red", "purple": "purple", "pink": "magenta", "green": "green",
    "teal": "teal", "blue": "blue",
}  # fmt: skip
ASPECTS = {"tall": "portrait", "wide": "landscape", "square": "squarish"}


class UnsplashOptions(KeyedOptions):
    """Options of the photo search on Unsplash."""

    delay: float = Field(
        default=1.0, ge=0, le=60, description="Least seconds between two requests; 50 an hour are granted."
    )
    endpoint: str = Field(
        default="https://api.unsplash.com", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=30, ge=1, le=30, description="Results a page.")
    order_by: Literal["relevant", "latest"] = Field(default="relevant", description="Order of the results.")
    collections: str | None = Field(
        default=None, description="Comma list of ids of collections to search; unset searches all photos."
    )


class UnsplashSpider(KeyedSpider):
    """Asks /search/photos page by page; photos that are only for subscribers are left out."""

    name = "unsplash"
    Options = UnsplashOptions
    filters: ClassVar[frozenset[str]] = frozenset({"color", "aspect", "safe_search", "language"})

    def page_request(self, stream: Stream) -> Request:
        wanted = self.wanted
        parameters = {
            "query": stream.query,
            "page": stream.page,
            "per_page": self.options.page_size,
            "order_by": self.options.order_by,
            "content_filter": "high" if wanted.safe_search == "strict" else "low",
        }
        told = {
            "collections": self.options.collections,
            "color": COLOURS.get(wanted.color or ""),
            "orientation": ASPECTS.get(wanted.aspect or ""),
            "lang": wanted.language,
        }
        parameters |= {name: value for name, value in told.items() if value is not None}
        return Request(
            f"{self.options.endpoint}/search/photos?{urlencode(parameters, errors='replace')}",
            headers={
                "Accept": "application/json",
                "Accept-Version": "v1",
                "Authorization": f"Client-ID {self.options.secret}",
            },
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = self.answer(response)
        results = [body] if "urls" in body else body.get("results")
        if not isinstance(results, list):
            raise LayoutChanged(f"no list of results in the answer of {place(response.url)}")
        rows = [result for result in results if isinstance(result, dict) and not _is_premium(result)]
        candidates = [each for result in rows if (each := self._candidate(result, stream)) is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} results has an image's URL in {place(response.url)}")
        last = number(body.get("total_pages")) or stream.page
        return Page(candidates=candidates, done=not results or stream.page >= last)

    def answer(self, response: TextResponse) -> dict[str, Any]:
        """The object in an answer; an array of photos (other lists than the search) becomes its results."""
        start = response.body.lstrip()[:40].lower()
        if start.startswith(b"rate limit exceeded"):
            raise Throttled("the hour's requests are used up", HOUR)
        if start.startswith(b"[") and response.status < 400:
            return {"results": json_value(response)}
        return super().answer(response)

    def retry_after(self, response: TextResponse) -> float | None:
        """A 403 may tell that the hour's requests are used up."""
        return super().retry_after(response) or (None if response.status >= 429 else HOUR)

    def _candidate(self, result: Mapping[str, Any], stream: Stream) -> Candidate | None:
        urls, links, user = (
            mapping(result.get("urls")),
            mapping(result.get("links")),
            mapping(result.get("user")),
        )
        original = _original(urls)
        image_url = original or url(urls.get("regular")) or url(urls.get("small"))
        if image_url is None:
            return None
        about, alt = text(result.get("description")), text(result.get("alt_description"))
        creator = text(user.get("name")) or plain(user.get("username"))
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=url(urls.get("thumb")) or url(urls.get("small")),
            width=number(result.get("width")) if original else None,
            height=number(result.get("height")) if original else None,
            title=about or alt,
            alt=alt or about,
            tags=_tags(result),
            page_url=url(links.get("html")),
            site="unsplash.com",
            license="unsplash",
            license_url=LICENCE_URL,
            creator=creator,
            creator_url=url(mapping(user.get("links")).get("html")),
            date=plain(result.get("created_at")),
            engine_id=plain(result.get("id")),
            extra=_extra(result, links, creator),
        )


def _is_premium(result: Mapping[str, Any]) -> bool:
    """Whether a photo is only for subscribers (Unsplash+): it is under another licence, and marked."""
    if result.get("plus") is True or result.get("premium") is True:
        return True
    address = (_original(mapping(result.get("urls"))) or "").partition("?")[0]
    return any(mark in address for mark in PREMIUM)


def _original(urls: Mapping[str, Any]) -> str | None:
    """The address whose picture has the size that is told."""
    return url(urls.get("raw")) or url(urls.get("full"))


def _tags(result: Mapping[str, Any]) -> tuple[str, ...]:
    listed = sequence(result.get("tags")) or sequence(result.get("photo_tags"))
    return texts([tag.get("title") if isinstance(tag, dict) else tag for tag in listed])


def _extra(result: Mapping[str, Any], links: Mapping[str, Any], creator: str | None) -> dict[str, Any]:
    told = {
        "attribution": f"Photo by {creator} on Unsplash" if creator else None,
        "download_location": url(links.get("download_location")),
        "sponsored": True if result.get("sponsorship") or result.get("sponsored") is True else None,
    }
    return {name: value for name, value in told.items() if value is not None}


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="unsplash",
        summary="Photographs under the Unsplash licence; machine learning needs Unsplash's permission",
        spider=UnsplashSpider,
        options=UnsplashOptions,
        licences=True,
        homepage="https://unsplash.com/",
        limits="50 requests an hour until Unsplash approves the application, then 5000; its terms forbid to "
        "build collections for machine learning through the interface without permission, and ask to call "
        "a photo's download_location when it is used",
        secrets=(Secret(env="UNSPLASH_ACCESS_KEY", url="https://unsplash.com/oauth/applications"),),
    )
