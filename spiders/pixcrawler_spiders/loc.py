"""Library of Congress: historical photographs, prints, drawings and maps, with a text on rights per item.

Wire format: https://www.loc.gov/apis/json-and-yaml/ (any page of loc.gov with `fo=json`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, sequence, several, text, texts, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import licence_code
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 100_000
"""Items that can be paged to."""
BLOCK = 300.0
"""Seconds for which those who ask too often are refused."""
FACETS = ("online-format:image", "access-restricted:false")
FORMATS = ("jp2", "tif", "gif", "webp", "png", "jpg")
"""Formats of images, the preferred ones last."""
ALIASES = {"jpeg": "jpg", "tiff": "tif"}
ENDING = re.compile(r"\.(\w{3,4})$")
SERVED = re.compile(r"(/iiif/[^/]+/full/)(?:pct:(\d+(?:\.\d+)?)|[^/]+)(/\d+/\w+\.\w+)$")
SIDE = re.compile(r"\b([wh])=(\d+)")
ITEM = re.compile(r"/(?:item|resource)/([^/?#]+)")
BRACKETS = re.compile(r"^\[([^\[\]]*)\]\.?$")
INSECURE = re.compile(r"^http://(?=(?:[\w-]+\.)*loc\.gov/)", re.IGNORECASE)
NO_PICTURES = {"collection", "web page", "web pages", "event", "exhibit"}
RIGHTS = ("rights_information", "rights_advisory", "rights")
KNOWN = {"no known restriction": "no-known-restrictions", "not evaluated": "rights-not-evaluated"}


class LocOptions(SourceOptions):
    """Filters of the Library's search."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://www.loc.gov", pattern="^https?://", description="Address of the interface."
    )
    page_size: Literal[25, 50, 100, 150] = Field(default=100, description="Results a page.")
    section: str = Field(
        default="photos",
        pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)*$",
        description="Part of the site: `photos`, `maps`, `search` for all, `collections/NAME`.",
    )
    facets: str | None = Field(
        default=None, description="Further facets, parted by `|`, such as `subject:trains|location:ohio`."
    )
    full_size: bool = Field(default=True, description="Ask the image server for images in full size.")


class LocSpider(SourceSpider):
    """Asks a section of the site page by page."""

    name = "loc"
    Options = LocOptions
    filters: ClassVar[frozenset[str]] = frozenset({"since", "until"})
    expected_status: ClassVar[frozenset[int]] = frozenset({404})

    def page_request(self, stream: Stream) -> Request:
        options, wanted = self.options, self.wanted
        parameters: dict[str, Any] = {
            "q": stream.query,
            "fo": "json",
            "at": "results,pagination",
            "fa": "|".join([*FACETS, *filter(None, [options.facets])]),
            "c": options.page_size,
            "sp": stream.page,
        }
        if wanted.since or wanted.until:
            since, until = wanted.since, wanted.until
            parameters["dates"] = f"{since.year if since else 1000}/{until.year if until else 2100}"
        return Request(f"{options.endpoint}/{options.section}/?{urlencode(parameters, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        if isinstance(body.get("results"), list):
            return self._results_page(body, response, stream)
        if plain(body.get("status")) == "404":
            return Page(candidates=(), done=True)
        if "item" not in body and "image_url" not in body:
            check_error(body, response, BLOCK)
            raise LayoutChanged(f"neither results nor an item in the answer of {place(response.url)}")
        item = mapping(body.get("item"))
        record = {**item, **body, "item": {**item, **mapping(item.get("item"))}}
        candidates = list(self._candidates(record, stream))
        if not candidates:
            raise LayoutChanged(f"no image in the item of {place(response.url)}")
        return Page(candidates=candidates, done=True)

    def retry_after(self, response: TextResponse) -> float | None:
        return super().retry_after(response) or (BLOCK if response.status == 429 else None)

    def _results_page(self, body: Mapping[str, Any], response: TextResponse, stream: Stream) -> Page:
        rows, paging = body["results"], mapping(body.get("pagination"))
        works = [row for row in map(mapping, rows) if _may_have_picture(row)]
        candidates = [found for row in works for found in self._candidates(row, stream)]
        if works and not candidates and not any(row.get("image_url", ...) == [] for row in works):
            raise LayoutChanged(f"none of {len(rows)} results has an image's URL in {place(response.url)}")
        pages = number(paging.get("total")) or 0
        more = url(paging.get("next")) if "next" in paging else stream.page < pages
        done = not rows or not more or stream.page * self.options.page_size >= DEPTH
        return Page(candidates=candidates, done=done)

    def _candidates(self, record: Mapping[str, Any], stream: Stream) -> Iterator[Candidate]:
        """One for each picture of an item whose files are told, else one of those that a search shows."""
        shown = list(_shown(record))
        groups = [files for files in _file_groups(record) if files] or ([shown] if shown else [])
        about = _about(record) if groups else {}
        for files in groups:
            smallest = (shown or files)[0]["image_url"]
            best = max(map(_in_full, files) if self.options.full_size else files, key=_worth)
            thumbnail = smallest if smallest != best["image_url"] else None
            yield self.candidate(stream, thumbnail_url=thumbnail, **best, **about)


def _may_have_picture(row: Mapping[str, Any]) -> bool:
    """Whether a result is a work, and no collection or page about works."""
    kinds = {told.lower() for told in (*texts(row.get("original_format")), *texts(row.get("type")))}
    return not kinds & NO_PICTURES


def _shown(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The sizes that a search shows, the smallest first; their dimensions are told behind a `#`."""
    item = mapping(record.get("item"))
    for told in several(record.get("image_url")) or [item.get("service_low"), item.get("service_medium")]:
        address, _, fragment = (plain(told) or "").partition("#")
        sides = {found[1]: found[2] for found in SIDE.finditer(fragment)}
        if picture := _picture({"url": address, "width": sides.get("w"), "height": sides.get("h")}):
            yield picture


def _file_groups(record: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The files of each picture of an item: `resources[].files[][]`."""
    for resource in sequence(record.get("resources")):
        for group in sequence(mapping(resource).get("files")):
            yield [picture for file in several(group) if (picture := _picture(mapping(file)))]


def _picture(file: Mapping[str, Any]) -> dict[str, Any] | None:
    """A file if it is an image; icons that stand for a kind of work are none."""
    address = _secure(file.get("url"))
    if address is None or "/static/" in address:
        return None
    ending = ENDING.search(address.partition("?")[0])
    kind = (plain(file.get("mimetype")) or (ending[1] if ending else "")).lower().removeprefix("image/")
    kind = ALIASES.get(kind, kind)
    if kind not in FORMATS:
        return None
    width, height, size = number(file.get("width")), number(file.get("height")), number(file.get("size"))
    return {"image_url": address, "format": kind, "width": width, "height": height, "filesize_bytes": size}


def _secure(value: Any) -> str | None:
    """An address; those of the Library have https, whatever they say."""
    told = url(value)
    return f"https{told[4:]}" if told and INSECURE.match(told) else told


def _worth(picture: Mapping[str, Any]) -> tuple[int, bool, int]:
    """JPEG before all others, TIFF and JPEG 2000 last; then full ones of the image server; then size."""
    pixels = (picture["width"] or 0) * (picture["height"] or 0)
    return FORMATS.index(picture["format"]), "/full/pct:100/" in picture["image_url"], pixels


def _in_full(picture: dict[str, Any]) -> dict[str, Any]:
    """The picture in full size if the image server makes it; its sides are known from its share."""
    found = SERVED.search(picture["image_url"])
    share = float(found[2] or 0) / 100 if found else 1
    if found is None or share == 1:
        return picture
    sides = (picture[name] and share and round(picture[name] / share) for name in ("width", "height"))
    width, height = (number(side) for side in sides)
    address = f"{picture['image_url'][: found.end(1)]}pct:100{found[3]}"
    return {**picture, "image_url": address, "width": width, "height": height, "filesize_bytes": None}


def _about(record: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of an item beside its files, by itself or by the fuller record within."""
    pages, rights = (_secure(_told(record, name)) for name in ("url", "id", "link")), _told(record, *RIGHTS)
    called, title = ITEM.search(address := next(filter(None, pages), "")), _told(record, "title")
    bare = BRACKETS.match(title) if title else None
    return {
        "title": plain(bare[1]) if bare else title,
        "alt": _told(record, "description", "medium"),
        "tags": texts(record.get("subject")) or texts(mapping(record.get("item")).get("subjects")),
        "page_url": address or None,
        "site": "www.loc.gov",
        "license": _licence(rights),
        "creator": _told(record, "contributor", "creators", "contributor_names", "contributors"),
        "date": _told(record, "date", "dates", "created_published_date"),
        "engine_id": called[1] if called else _told(record, "library_of_congress_control_number"),
        "extra": {"rights": rights[:500]} if rights else {},
    }


def _told(record: Mapping[str, Any], *names: str) -> str | None:
    """The first text under one of these names; lists may hold objects with a title, or `{text: link}`."""
    item = mapping(record.get("item"))
    for name, about in itertools.product(names, (record, item)):
        for each in several(about[name]) if name in about else ():
            if told := text(_name(each) if isinstance(each, dict) else each):
                return told
    return None


def _name(thing: Mapping[str, Any]) -> Any:
    """The title of an object, or its only key."""
    return thing.get("title") or (next(iter(thing)) if len(thing) == 1 else None)


@lru_cache(maxsize=1024)
def _licence(rights: str | None) -> str | None:
    """A code for the texts that the Library uses; an article about rights is no licence."""
    told = (rights or "").lower().rstrip(".")
    known = next((code for words, code in KNOWN.items() if words in told), None)
    return known or (licence_code(told) if len(told) < 100 else None)


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="loc",
        summary="Historical photographs, prints and maps of the Library of Congress",
        spider=LocSpider,
        options=LocOptions,
        licences=True,
        homepage="https://www.loc.gov/photos/",
        limits="20 requests in 10 seconds and 80 a minute, else blocked for minutes; 100,000 results a query",
    )
