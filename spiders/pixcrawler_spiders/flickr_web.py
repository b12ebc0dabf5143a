"""Flickr's own search page, for those without a key of its interface.

Wire format: the page holds its data as `modelExport: {...}`: `legend` lists paths into `main`, a photo at
each; texts in it are escaped as ECMAScript's `escape` does (ECMA-262, B.2.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import mapping, number, plain, sequence, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.scraping import ScrapingSpider
from pixcrawler_core.sources import ScrapingOptions
from pixcrawler_spiders.flickr_common import (
    DEPTH,
    FILTERS,
    SIZES,
    THUMBNAILS,
    first_of,
    is_placeholder,
    licence,
    owner_page,
    photo_page,
    search_parameters,
)
from pixcrawler_spiders.scraped import script_values

if TYPE_CHECKING:
    from scrapy.http import TextResponse

ROWS = 25
"""Photos on a page."""
EXPORT = re.compile(r"\bmodelExport\s*:\s*(?=\{)")
ESCAPED = re.compile(r"%u([0-9a-fA-F]{4})|%([0-9a-fA-F]{2})")
NOTHING = re.compile(rb"no-results-message|There are no matches for", re.IGNORECASE)
MODEL = "search-photos-lite-models"
Size = tuple[str, int | None, int | None]


class FlickrWebOptions(ScrapingOptions):
    """Options of Flickr's search page."""

    endpoint: str = Field(
        default="https://www.flickr.com", pattern="^https?://", description="Address of the site."
    )
    sort: Literal["relevance", "interestingness-desc", "date-posted-desc", "date-taken-desc"] = Field(
        default="relevance", description="Order of the results."
    )


class FlickrWebSpider(ScrapingSpider):
    """Asks /search/ page by page and reads the data that the page holds for its scripts."""

    name = "flickr_web"
    Options = FlickrWebOptions
    filters: ClassVar[frozenset[str]] = FILTERS | {"since", "until"}

    def page_request(self, stream: Stream) -> Request:
        wanted = self.wanted
        parameters = {"text": self.wanted.words(stream.query), "page": str(stream.page), "media": "photos"}
        parameters |= {"sort": self.options.sort} | search_parameters(wanted)
        if wanted.since:
            parameters["min_upload_date"] = _unix(wanted.since, time.min)
        if wanted.until:
            parameters["max_upload_date"] = _unix(wanted.until, time.max)
        return Request(
            f"{self.options.endpoint}/search/?{urlencode(parameters, errors='replace')}",
            headers={"Accept": "text/html"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        page = response.body.decode("utf-8", "replace")
        export = mapping(next(script_values(page, EXPORT), None))
        photos, total = _photos(export), _total(export)
        found = (self._candidate(photo, stream) for photo in photos)
        candidates = [candidate for candidate in found if candidate is not None]
        if not candidates:
            known = MODEL in mapping(export.get("main")) and not any(_listed(export))
            nothing = known and (not total or stream.page > 1)
            self.nothing_found(response, empty=nothing or NOTHING.search(response.body) is not None)
        shown = stream.page * ROWS
        return Page(candidates=candidates, done=not candidates or shown >= min(total or DEPTH, DEPTH))

    def _candidate(self, photo: Mapping[str, Any], stream: Stream) -> Candidate | None:
        sizes = _sizes(photo)
        best = max(sizes.values(), key=_area, default=None)
        if best is None or photo.get("media") == "video":
            return None
        address, width, height = best
        small = first_of(sizes, THUMBNAILS)
        owner, alias = plain(photo.get("ownerNsid")), _text(photo.get("pathAlias"))
        photo_id = plain(photo.get("id"))
        code, terms = licence(photo.get("license"))
        return self.candidate(
            stream,
            address,
            thumbnail_url=small[0] if small else None,
            width=width,
            height=height,
            format="jpg" if address.endswith(".jpg") else None,
            title=_text(photo.get("title")),
            alt=_text(photo.get("description")),
            page_url=photo_page(owner or alias, photo_id),
            site="flickr.com",
            license=code,
            license_url=terms,
            creator=_text(photo.get("realname")) or _text(photo.get("username")),
            creator_url=owner_page(alias or owner),
            engine_id=photo_id,
        )


def _unix(day: date, at: time) -> str:
    return str(int(datetime.combine(day, at, UTC).timestamp()))


def _photos(export: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The photos that the legend leads to; those of the search's own list if it leads to none.

    Places for advertisements and for photos that are loaded later lead to nothing.
    """
    main = export.get("main")
    led = [_inner(_follow(main, path)) for path in sequence(export.get("legend"))]
    for photos in (led, _listed(export)):
        found = {str(photo.get("id", place)): photo for place, photo in enumerate(photos) if "sizes" in photo}
        if found:
            return list(found.values())
    return []


def _listed(export: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The members of the search's own list, empty objects among them."""
    return [_inner(each) for model in _models(export) for each in sequence(_list_of(model).get("_data"))]


def _follow(value: Any, path: Any) -> Any:
    """What a path of keys and positions leads to; positions may be told as text."""
    for step in sequence(path):
        if isinstance(value, dict):
            value = value.get(str(step))
        elif isinstance(value, list) and str(step).isdecimal() and len(str(step)) < 9:
            value = next(iter(value[int(step) : int(step) + 1]), None)
        else:
            return None
    return value


def _models(export: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [_inner(each) for each in sequence(mapping(export.get("main")).get(MODEL))]


def _list_of(model: Mapping[str, Any]) -> Mapping[str, Any]:
    return _inner(model.get("photos"))


def _inner(value: Any) -> Mapping[str, Any]:
    """An object, or what it holds as `data` if that is how it is wrapped."""
    told = mapping(value)
    return mapping(told["data"]) if "data" in told else told


def _total(export: Mapping[str, Any]) -> int | None:
    """How many photos there are, which older pages tell beside their list and newer ones in it."""
    told = (each.get("totalItems") for model in _models(export) for each in (model, _list_of(model)))
    return next((count for each in told if (count := number(each))), None)


def _sizes(photo: Mapping[str, Any]) -> dict[str, Size]:
    """Address, width and height of each size that is told and is no placeholder."""
    told, found = _inner(photo.get("sizes")), {}
    for name in SIZES:
        size = _inner(told.get(name))
        address = url(size.get("url")) or url(size.get("displayUrl"))
        if address and not is_placeholder(address):
            found[name] = address, number(size.get("width")), number(size.get("height"))
    return found


def _area(size: Size) -> int:
    return (size[1] or 0) * (size[2] or 0)


def _text(value: Any) -> str | None:
    """Plain text of what was escaped, character by character of UTF-16."""
    told = plain(value)
    if told is None:
        return None
    units = ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), told)
    return text(units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore"))


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="flickr_web",
        summary="Flickr's search page: photographs with licence and owner, without a key",
        spider=FlickrWebSpider,
        options=FlickrWebOptions,
        licences=True,
        homepage="https://www.flickr.com/search/",
        limits="25 results a page, 4000 a query; files of up to 1024 pixels",
        terms="Flickr's terms may forbid to read its pages by program; with a key the source `flickr` may be "
        "asked instead.",
    )
