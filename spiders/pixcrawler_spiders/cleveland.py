"""Cleveland Museum of Art: photographs of its works, those of the open access programme under CC0.

Wire format: https://openaccess-api.clevelandart.org/ (version 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import (
    first,
    json_object,
    mapping,
    number,
    plain,
    sequence,
    several,
    text,
    texts,
    url,
)
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import ALL_RIGHTS, licence_code
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

LICENCES = {"copyrighted": ALL_RIGHTS}
"""Values of `share_license_status` that are no names of licences."""
TYPES = {"photo": "Photograph"}
"""Kinds of image by the museum's types of works."""
SIZES = ("print", "full", "web")
READABLE = re.compile(r"\.(?:jpe?g|png|webp)(?:\?|$)", re.IGNORECASE)
ENDING = re.compile(r"\.(\w{3,4})(?:\?|$)")
LIFE = re.compile(r"\([^()]*\)$")
"""Nation and years of life behind a creator's name."""


class ClevelandOptions(SourceOptions):
    """Filters of the museum's search."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://openaccess-api.clevelandart.org",
        pattern="^https?://",
        description="Address of the interface.",
    )
    page_size: int = Field(default=100, ge=1, le=1000, description="Results a page.")
    department: str | None = Field(
        default=None, description="Department of the museum, such as `Photography` or `Japanese Art`."
    )
    work_type: str | None = Field(
        default=None, description="Type of work, such as `Painting`, `Print`, `Drawing`, `Photograph`."
    )
    alternates: bool = Field(
        default=False, description="Whether to take the further photographs of each work."
    )


class ClevelandSpider(SourceSpider):
    """Asks /api/artworks/ page by page."""

    name = "cleveland"
    Options = ClevelandOptions
    filters: ClassVar[frozenset[str]] = frozenset({"license", "since", "until", "type"})

    def page_request(self, stream: Stream) -> Request:
        options, wanted = self.options, self.wanted
        parameters: dict[str, Any] = {
            "q": stream.query,
            "has_image": 1,
            "limit": options.page_size,
            "skip": (stream.page - 1) * options.page_size,
            "department": options.department,
            "type": options.work_type or TYPES.get(wanted.type or ""),
            "cc0": 1 if wanted.license else None,
            "created_after": wanted.since.year - 1 if wanted.since else None,
            "created_before": wanted.until.year + 1 if wanted.until else None,
        }
        given = {name: value for name, value in parameters.items() if value is not None}
        return Request(f"{options.endpoint}/api/artworks/?{urlencode(given, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        data = body.get("data")
        if isinstance(data, dict):
            data = [data]
        if not isinstance(data, list):
            check_error(body, response, self.retry_after(response))
            raise LayoutChanged(f"no list of works in the answer of {place(response.url)}")
        works = [work for work in data if isinstance(work, dict)]
        candidates = [found for work in works for found in self._candidates(work, stream)]
        if data and not candidates and not any(_is_bare(work) for work in works):
            raise LayoutChanged(f"none of {len(data)} works has an image's URL in {place(response.url)}")
        shown = (stream.page - 1) * self.options.page_size + len(data)
        total = number(mapping(body.get("info")).get("total"))
        last = not data or (shown >= total if total else len(data) < self.options.page_size)
        return Page(candidates=candidates, done=last)

    def _candidates(self, work: Mapping[str, Any], stream: Stream) -> Iterator[Candidate]:
        pictures = [work.get("images")]
        pictures += sequence(work.get("alternate_images")) if self.options.alternates else ()
        for picture in pictures:
            if (found := self._candidate(work, mapping(picture), stream)) is not None:
                yield found

    def _candidate(
        self, work: Mapping[str, Any], picture: Mapping[str, Any], stream: Stream
    ) -> Candidate | None:
        address, best = _best(picture)
        if address is None:
            return None
        status, attribution = text(work.get("share_license_status")), text(work.get("tombstone"))
        kinds = [work.get(name) for name in ("type", "department", "technique")]
        return Candidate(
            engine=self.name,
            category=stream.category,
            query=stream.query,
            image_url=address,
            thumbnail_url=url(mapping(picture.get("web")).get("url")),
            width=number(best.get("width")),
            height=number(best.get("height")),
            filesize_bytes=number(best.get("filesize")),
            format=_ending(address),
            title=text(work.get("title")),
            alt=first(work.get("description")) or first(work.get("wall_description")),
            tags=texts([*kinds, *several(work.get("culture"))]),
            page_url=url(work.get("url")),
            site="www.clevelandart.org",
            license=LICENCES.get((status or "").lower()) or licence_code(status),
            creator=_creator(work),
            date=text(work.get("creation_date")),
            engine_id=plain(work.get("id")) or plain(work.get("accession_number")),
            extra={"attribution": attribution} if attribution else {},
        )


def _best(picture: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """The largest file that browsers can show, else what there is (a TIFF), after its address."""
    told = (mapping(picture.get(size)) for size in SIZES)
    files = [(address, file) for file in told if (address := url(file.get("url")))]
    readable = [(address, file) for address, file in files if READABLE.search(address)]
    return max(readable or files, key=lambda each: _pixels(each[1]), default=(None, {}))


def _pixels(file: Mapping[str, Any]) -> int:
    return (number(file.get("width")) or 0) * (number(file.get("height")) or 0)


def _ending(address: str) -> str | None:
    found = ENDING.search(address)
    return found[1].lower() if found else None


def _is_bare(work: Mapping[str, Any]) -> bool:
    """Whether a work is told to have no image."""
    return "accession_number" in work and work.get("images", ...) in (None, {}, [])


def _creator(work: Mapping[str, Any]) -> str | None:
    """The names of all creators, without nation and years."""
    told = (text(mapping(each).get("description")) for each in sequence(work.get("creators")))
    names = [LIFE.sub("", name).strip() for name in told if name]
    return "; ".join(dict.fromkeys(filter(None, names))) or None


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="cleveland",
        summary="Works of the Cleveland Museum of Art, most of them under CC0",
        spider=ClevelandSpider,
        options=ClevelandOptions,
        licences=True,
        homepage="https://www.clevelandart.org/open-access",
        limits="1,000 results a page; no key; no published rate limit",
    )
