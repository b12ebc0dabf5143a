"""Flickr: photographs of its members, with licence and owner per photo.

Wire format: flickr.photos.search, https://www.flickr.com/services/api/flickr.photos.search.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, text, url
from pixcrawler_core.components import Secret, Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import Blocked, KeyedOptions, LayoutChanged, SourceProblem, Throttled, place
from pixcrawler_core.spider import SourceSpider
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

if TYPE_CHECKING:
    from scrapy.http import TextResponse

EXTRAS = (
    "description,license,date_upload,date_taken,owner_name,realname,original_format,o_dims,tags,media,"
    "path_alias,url_sq,url_t,url_s,url_q,url_n,url_w,url_m,url_z,url_c,url_l,url_h,url_k,url_3k,url_4k,"
    "url_5k,url_6k,url_o"
)
MEMBERS = [(name, f"url_{name}", f"width_{name}", f"height_{name}") for name in SIZES]
"""What tells of each size."""
BAD_KEY = 100
BUSY = {10, 105, 106}
"""Codes of errors: the search or the service is not available at the moment."""
JSONP = re.compile(rb"[\w.]{1,80}\(")
STATIC = "https://live.staticflickr.com"
PART = re.compile(r"\w{1,40}", re.ASCII)


class FlickrOptions(KeyedOptions):
    """Options of Flickr's photo search."""

    delay: float = Field(
        default=1.0, ge=0, le=60, description="Least seconds between two requests (3600 an hour)."
    )
    endpoint: str = Field(
        default="https://api.flickr.com", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=250, ge=1, le=500, description="Results a page.")
    sort: Literal[
        "relevance", "interestingness-desc", "interestingness-asc", "date-posted-desc", "date-posted-asc",
        "date-taken-desc", "date-taken-asc",
    ] = Field(default="relevance", description="Order of the results.")  # fmt: skip
    tags: str | None = Field(
        default=None, description="Comma list of tags that the photos must have, beside the words."
    )
    user_id: str | None = Field(default=None, description="Only photos of this member (an id like 1234@N00).")
    commons: bool = Field(
        default=False, description="Only The Commons: collections of libraries, archives and museums."
    )


class FlickrSpider(SourceSpider):
    """Asks flickr.photos.search page by page."""

    name = "flickr"
    Options = FlickrOptions
    filters: ClassVar[frozenset[str]] = FILTERS | {"since", "until"}

    def page_request(self, stream: Stream) -> Request:
        parameters = {
            "method": "flickr.photos.search",
            "api_key": self.options.secret,
            "format": "json",
            "nojsoncallback": "1",
            "text": self.wanted.words(stream.query),
            "media": "photos",
            "extras": EXTRAS,
            "sort": self.options.sort,
            "per_page": str(self.options.page_size),
            "page": str(stream.page),
        }
        parameters |= search_parameters(self.wanted) | self._own_parameters()
        query = urlencode(parameters, errors="replace")
        return Request(f"{self.options.endpoint}/services/rest/?{query}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = _json(response)
        self._check_error(body)
        found = mapping(body.get("photos")) or mapping(body.get("photoset"))
        photos = found.get("photo")
        if not isinstance(photos, list):
            raise LayoutChanged(f"no list of photos in the answer of {place(response.url)}")
        rows = [photo for photo in photos if isinstance(photo, dict) and photo.get("media") != "video"]
        candidates = [each for photo in rows if (each := self._candidate(photo, stream)) is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} photos has an image's URL in {place(response.url)}")
        pages, size = number(found.get("pages")), number(found.get("perpage")) or self.options.page_size
        deep = stream.page * size >= DEPTH
        return Page(candidates=candidates, done=not photos or deep or stream.page >= (pages or stream.page))

    def _own_parameters(self) -> dict[str, str]:
        wanted = self.wanted
        told = {
            "tags": self.options.tags,
            "tag_mode": "all" if self.options.tags else None,
            "user_id": self.options.user_id,
            "is_commons": "1" if self.options.commons else None,
            "min_taken_date": f"{wanted.since} 00:00:00" if wanted.since else None,
            "max_taken_date": f"{wanted.until} 23:59:59" if wanted.until else None,
        }
        return {name: value for name, value in told.items() if value is not None}

    def _check_error(self, body: Mapping[str, Any]) -> None:
        if body.get("stat") != "fail":
            return
        code, message = number(body.get("code")), text(body.get("message"))
        told = f"error {code}: {message}" if message else f"error {code}, without a reason"
        if code == BAD_KEY:
            raise Blocked(told)
        raise Throttled(told) if code in BUSY else SourceProblem(told)

    def _candidate(self, photo: Mapping[str, Any], stream: Stream) -> Candidate | None:
        sizes = _sizes(photo)
        best = first_of(sizes, SIZES) or _unlisted(photo)
        if best is None or is_placeholder(best[0]):
            return None
        address, width, height = best
        owner, photo_id = plain(photo.get("owner")), plain(photo.get("id"))
        code, terms = licence(photo.get("license"))
        small = first_of(sizes, THUMBNAILS)
        return self.candidate(
            stream,
            address,
            thumbnail_url=small[0] if small else None,
            width=width,
            height=height,
            format=_format(address),
            title=_content(photo.get("title")),
            alt=_content(photo.get("description")),
            tags=tuple(dict.fromkeys((plain(photo.get("tags")) or "").split())),
            page_url=photo_page(owner or plain(photo.get("pathalias")), photo_id),
            site="flickr.com",
            license=code,
            license_url=terms,
            creator=_content(photo.get("ownername")) or _content(photo.get("realname")),
            creator_url=owner_page(plain(photo.get("pathalias")) or owner),
            date=_date(photo),
            engine_id=photo_id,
            extra=_extra(photo),
        )


def _json(response: TextResponse) -> dict[str, Any]:
    """The JSON object in an answer, also where it is wrapped in a call (`jsonFlickrApi({...})`)."""
    body = response.body.strip().rstrip(b";")
    opening = JSONP.match(body)
    if opening and body.endswith(b")"):
        return json_object(response.replace(body=body[opening.end() : -1]))
    return json_object(response)


def _sizes(photo: Mapping[str, Any]) -> dict[str, tuple[str, int | None, int | None]]:
    """Address, width and height of each size that is told."""
    found = {}
    for name, told, width, height in MEMBERS:
        if told in photo and (address := url(photo[told])):
            found[name] = address, number(photo.get(width)), number(photo.get(height))
    return found


def _unlisted(photo: Mapping[str, Any]) -> tuple[str, int | None, int | None] | None:
    """The original or else the size that every photo has, by the documented form of addresses."""
    server, name = plain(photo.get("server")), plain(photo.get("id"))
    secret, original = plain(photo.get("secret")), plain(photo.get("originalsecret"))
    ending = plain(photo.get("originalformat"))
    if not all(part and PART.fullmatch(part) for part in (server, name, original or secret)):
        return None
    if original and ending and PART.fullmatch(ending):
        sides = number(photo.get("o_width")), number(photo.get("o_height"))
        return f"{STATIC}/{server}/{name}_{original}_o.{ending}", *sides
    if not secret or not PART.fullmatch(secret):
        return None
    return f"{STATIC}/{server}/{name}_{secret}.jpg", None, None


def _format(address: str) -> str:
    """All sizes are JPEG but the original, which is what it was."""
    ending = address.partition("?")[0].rpartition("_o.")
    return ending[2] if ending[1] and PART.fullmatch(ending[2]) else "jpg"


def _content(value: Any) -> str | None:
    """Text that may stand in an object as `_content`."""
    return text(value.get("_content") if isinstance(value, dict) else value)


def _date(photo: Mapping[str, Any]) -> str | None:
    """When it was taken; when it was uploaded if that is not known."""
    taken = plain(photo.get("datetaken"))
    if taken and not taken.startswith("0000"):
        return taken
    uploaded = number(photo.get("dateupload"))
    if uploaded is None or uploaded > 2**32:
        return None
    return datetime.fromtimestamp(uploaded, UTC).isoformat()


def _extra(photo: Mapping[str, Any]) -> dict[str, int]:
    sides = {"original_width": number(photo.get("o_width")), "original_height": number(photo.get("o_height"))}
    return {name: value for name, value in sides.items() if value is not None}


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="flickr",
        summary="Photographs of Flickr's members, by words, licence, date, size and colour",
        spider=FlickrSpider,
        options=FlickrOptions,
        licences=True,
        homepage="https://www.flickr.com/",
        limits="3600 requests an hour, 4000 results a query; originals only where their owners allow; "
        "commercial use of the interface needs a key of its own kind",
        secrets=(Secret(env="FLICKR_API_KEY", url="https://www.flickr.com/services/apps/create/"),),
    )
