"""SerpApi: the results of Google Images as JSON, from a reseller.

Wire format: https://serpapi.com/google-images-api; saved answers of its other image engines are read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import dimensions, filesize, mapping, number, plain, text, url
from pixcrawler_core.components import Secret, Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import licence_code
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import KeyedOptions, LayoutChanged, place
from pixcrawler_spiders.keyed import KeyedSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

    from pixcrawler_core.filters import Filters

NOTHING = re.compile(r"(?:hasn't|haven't|has not) returned any results|no results", re.IGNORECASE)
KNOWN = {"search_metadata", "search_parameters", "search_information"}
SIZES = {"small": "i", "medium": "m", "large": "l", "wallpaper": "2mp"}
ASPECTS = {"tall": "t", "square": "s", "wide": "w"}
COLOURS = {"monochrome": "bw", "transparent": "trans"}
TYPES = {"photo": "photo", "face": "face", "clipart": "clipart", "lineart": "lineart", "animated": "animated"}
CREATIVE_COMMONS = "cl"
"""Values of Google's filters as SerpApi writes them; `licenses` knows no finer choice that still works."""


class SerpapiOptions(KeyedOptions):
    """How SerpApi is asked."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://serpapi.com", pattern="^https?://", description="Address of the interface."
    )
    location: str | None = Field(default=None, description="Place to search from, such as `Berlin, Germany`.")
    google_domain: str | None = Field(
        default=None, pattern=r"^google\.[a-z.]+$", description="Domain of Google such as `google.de`."
    )
    no_cache: bool = Field(
        default=False, description="Never take an answer that SerpApi has kept for an hour."
    )


class SerpapiSpider(KeyedSpider):
    """Asks the engine `google_images` page by page."""

    name = "serpapi"
    Options = SerpapiOptions
    filters: ClassVar[frozenset[str]] = frozenset(
        {
            "without",
            "size",
            "aspect",
            "color",
            "type",
            "license",
            "since",
            "until",
            "safe_search",
            "language",
            "region",
        }
    )

    def page_request(self, stream: Stream) -> Request:
        options = self.options
        index = mapping(stream.cursor).get("ijn")
        parameters = {
            "engine": "google_images",
            "q": self.wanted.words(stream.query),
            "ijn": str(index if isinstance(index, int) else stream.page - 1),
            **_terms(self.wanted),
            "location": options.location,
            "google_domain": options.google_domain,
            "no_cache": "true" if options.no_cache else None,
            "api_key": options.secret,
        }
        known = {name: value for name, value in parameters.items() if value is not None}
        return Request(f"{options.endpoint}/search.json?{urlencode(known, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = self.answer(response)
        rows = body.get("images_results")
        if rows is None and ("error" in body or KNOWN & body.keys()):
            return Page(candidates=(), done=True)
        if not isinstance(rows, list):
            raise LayoutChanged(f"no list of images in the answer of {place(response.url)}")
        found = (self._candidate(mapping(row), stream) for row in rows)
        candidates = [candidate for candidate in found if candidate is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} rows has an image's URL in {place(response.url)}")
        paging = mapping(body.get("serpapi_pagination"))
        index = _index(mapping(body.get("search_parameters")).get("ijn"))
        following = (stream.page - 1 if index is None else index) + 1
        return Page(
            candidates=candidates,
            cursor={"ijn": following},
            done=not rows or bool(paging and "next" not in paging),
        )

    def message(self, body: dict[str, Any]) -> str | None:
        told = super().message(body)
        return None if NOTHING.search(told or "") else told

    def _candidate(self, row: Mapping[str, Any], stream: Stream) -> Candidate | None:
        image_url = _address(row.get("original")) or _address(row.get("image"))
        if image_url is None:
            return None
        width, height, size = _measures(row)
        rights = url(row.get("license_details_url"))
        tag = text(row.get("tag"))
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=_address(row.get("thumbnail")),
            width=width,
            height=height,
            filesize_bytes=size,
            title=text(row.get("title")),
            alt=text(row.get("snippet")),
            page_url=url(row.get("link")),
            site=plain(row.get("domain")) or _site(row.get("source")),
            license=licence_code(rights) if rights and "creativecommons.org/" in rights else None,
            license_url=rights,
            engine_id=plain(row.get("related_content_id")),
            extra={"tag": tag} if tag else {},
        )


def _terms(wanted: Filters) -> dict[str, str | None]:
    """The filters as SerpApi's parameters."""
    colour = wanted.color and COLOURS.get(wanted.color, wanted.color)
    days = {"start_date": wanted.since, "end_date": wanted.until}
    return {
        "imgsz": SIZES.get(wanted.size or ""),
        "imgar": ASPECTS.get(wanted.aspect or ""),
        "image_color": None
        if colour == "color"
        else colour or ("trans" if wanted.type == "transparent" else None),
        "image_type": TYPES.get(wanted.type or ""),
        "licenses": CREATIVE_COMMONS if wanted.license else None,
        "safe": "off" if wanted.safe_search == "off" else "active",
        "hl": wanted.language,
        "gl": wanted.region,
        **{name: f"{day:%Y%m%d}" if day else None for name, day in days.items()},
    }


def _address(value: Any) -> str | None:
    """An address told as a text, or (Yandex) as an object."""
    told = mapping(value)
    return url(value) or url(told.get("link")) or url(told.get("url")) or url(told.get("src"))


def _site(value: Any) -> str | None:
    """The name of a site, without the remark that may follow (`Shop · In stock`)."""
    return plain((text(value) or "").partition(" · ")[0])


def _measures(row: Mapping[str, Any]) -> tuple[int | None, int | None, int | None]:
    """Width, height and bytes: in members of their own, in an object, or in a text like `800x600`."""
    for holder, prefix in ((row, "original_"), (row.get("size"), ""), (row.get("original"), ""), (row, "")):
        told = mapping(holder)
        width, height = number(told.get(f"{prefix}width")), number(told.get(f"{prefix}height"))
        if width is not None and height is not None:
            return width, height, filesize(told.get("bytes"))
    return *dimensions(row.get("size")), None


def _index(value: Any) -> int | None:
    told = plain(value)
    return int(told) if told and told.isascii() and told.isdigit() and len(told) < 6 else None


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="serpapi",
        summary="Results of Google Images from the reseller SerpApi",
        spider=SerpapiSpider,
        options=SerpapiOptions,
        homepage="https://serpapi.com/google-images-api",
        limits="paid by the search; about 100 results a page; a licence only where Google links one",
        secrets=(Secret(env="SERPAPI_API_KEY", url="https://serpapi.com/manage-api-key"),),
    )
