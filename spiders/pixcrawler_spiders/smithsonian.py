"""Smithsonian Open Access: objects of the Smithsonian's museums, most of their images under CC0.

Wire format: https://edan.si.edu/openaccess/apidocs/ ; keys and limits: https://api.data.gov/docs/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import (
    dimensions,
    first,
    mapping,
    number,
    plain,
    sequence,
    several,
    text,
    texts,
    url,
)
from pixcrawler_core.components import Secret, Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import licence_code
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import UNEXPLAINED, message_of
from pixcrawler_core.sources import KeyedOptions, LayoutChanged, place
from pixcrawler_spiders.keyed import KeyedSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

KINDS = {None, "image", "images"}
"""Kinds of media that are images; others are sounds, videos and 3D models."""
NO_CREATORS = re.compile(r"sitter|subject|depict|donor|owner|associated|collector")
"""Labels, in small letters, of names that did not make the object."""


class SmithsonianOptions(KeyedOptions):
    """What part of the Smithsonian's collections is searched."""

    delay: float = Field(
        default=3.6, ge=0, le=60, description="Least seconds between two requests (1,000 an hour)."
    )
    endpoint: str = Field(
        default="https://api.si.edu", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(
        default=100, ge=1, le=1000, description="Objects a page; one may have many images."
    )
    category: Literal["art_design", "history_culture", "science_technology"] | None = Field(
        default=None, description="Part of the collections; unset takes all."
    )
    unit_code: str | None = Field(
        default=None, pattern=r"^[A-Z]{2,10}$", description="Code of a museum such as `NASM`."
    )
    object_type: str | None = Field(
        default=None, pattern=r'^[^"\\]+$', description="Kind of object such as `Photographs`."
    )
    sort: Literal["relevancy", "newest", "updated", "random"] | None = Field(
        default=None, description="Order of results; unset takes the interface's own."
    )


class SmithsonianSpider(KeyedSpider):
    """Searches the objects that have images; each image of an object is a candidate."""

    name = "smithsonian"
    Options = SmithsonianOptions
    filters: ClassVar[frozenset[str]] = frozenset({"license"})

    def page_request(self, stream: Stream) -> Request:
        options = self.options
        terms = [f"({stream.query})", 'online_media_type:"Images"']
        terms += ['media_usage:"CC0"'] if self.wanted.license else []
        for name in ("unit_code", "object_type"):
            if value := getattr(options, name):
                terms.append(f'{name}:"{value}"')
        parameters = {
            "api_key": options.secret,
            "q": " AND ".join(terms),
            "start": (stream.page - 1) * options.page_size,
            "rows": options.page_size,
        }
        parameters |= {"sort": options.sort} if options.sort else {}
        part = f"category/{options.category}/" if options.category else ""
        path = f"/openaccess/api/v1.0/{part}search"
        return Request(f"{options.endpoint}{path}?{urlencode(parameters, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = self.answer(response)
        rows, total = _rows(body)
        if rows is None:
            raise LayoutChanged(f"neither rows nor a record in the answer of {place(response.url)}")
        candidates = [candidate for row in rows for candidate in self._candidates(row, stream)]
        if rows and not any(_about(row) for row in rows):
            raise LayoutChanged(f"none of {len(rows)} rows describes an object in {place(response.url)}")
        size = self.options.page_size
        last = len(rows) < size if total is None else stream.page * size >= total
        return Page(candidates=candidates, done=last or not rows)

    def message(self, body: dict[str, Any]) -> str | None:
        if (number(body.get("status")) or 0) >= 400:
            return message_of(body) or UNEXPLAINED
        return super().message(body)

    def _candidates(self, row: Any, stream: Stream) -> Iterator[Candidate]:
        about = _about(row)
        for media in sequence(mapping(about.get("online_media")).get("media")):
            candidate = self._candidate(mapping(media), row, about, stream)
            if candidate is not None:
                yield candidate

    def _candidate(
        self, media: Mapping[str, Any], row: Mapping[str, Any], about: Mapping[str, Any], stream: Stream
    ) -> Candidate | None:
        kind, image = plain(media.get("type")), _image(media)
        if image is None or (kind.lower() if kind else None) not in KINDS:
            return None
        content = mapping(row.get("content"))
        freetext, indexed = mapping(content.get("freetext")), mapping(content.get("indexedStructured"))
        credit, record = _freetext(freetext, "creditLine"), plain(row.get("id"))
        extra = {"attribution": credit, "record": record}
        return Candidate(
            engine=self.name,
            category=stream.category,
            query=stream.query,
            **image,
            thumbnail_url=url(media.get("thumbnail")),
            title=text(row.get("title")) or text(mapping(about.get("title")).get("content")),
            alt=text(media.get("altTextAccessibility")) or text(media.get("caption")),
            tags=_tags(indexed),
            page_url=url(about.get("record_link")) or url(about.get("guid")),
            site=text(about.get("data_source")) or plain(row.get("unitCode")),
            license=_licence(media, indexed),
            creator=_creator(freetext),
            date=_freetext(freetext, "date") or first(indexed.get("date")),
            engine_id=plain(media.get("idsId")) or plain(media.get("guid")) or record,
            extra={name: value for name, value in extra.items() if value},
        )


def _rows(body: Mapping[str, Any]) -> tuple[Sequence[Any] | None, int | None]:
    """The rows of an answer and their total number: a search, a single record, or a bare record."""
    found = mapping(body.get("response"))
    for record in (found, body):
        if mapping(record.get("content")):
            return [record], 1
    total = found.get("rowCount")
    rows = found.get("rows")
    if isinstance(rows, list):
        return rows, 0 if total in (0, "0") else number(total)
    return ([], 0) if rows is None and total in (0, "0") else (None, None)


def _about(row: Any) -> Mapping[str, Any]:
    return mapping(mapping(mapping(row).get("content")).get("descriptiveNonRepeating"))


def _image(media: Mapping[str, Any]) -> dict[str, Any] | None:
    """Address, sizes and format of the largest JPEG; else the delivery service's, else what else there is."""
    told = map(mapping, sequence(media.get("resources")))
    resources = [(address, each) for each in told if (address := url(each.get("url")))]
    jpegs = [_measures(*each) for each in resources if _is_jpeg(*each)]
    if jpegs:
        return max(jpegs, key=_pixels) | {"format": "image/jpeg"}
    if (content := url(media.get("content"))) is not None:
        return {"image_url": content}
    others = [_measures(*each) for each in resources if "thumb" not in _label(each[1])]
    return max(others, key=_pixels, default=None)


def _label(labelled: Mapping[str, Any]) -> str:
    return str(labelled.get("label")).lower()


def _is_jpeg(address: str, resource: Mapping[str, Any]) -> bool:
    return address.lower().endswith((".jpg", ".jpeg")) or "jpeg" in _label(resource)


def _measures(address: str, resource: Mapping[str, Any]) -> dict[str, Any]:
    width, height = number(resource.get("width")), number(resource.get("height"))
    if width is None or height is None:
        width, height = dimensions(resource.get("dimensions"))
    return {"image_url": address, "width": width, "height": height}


def _pixels(measures: Mapping[str, Any]) -> int:
    return (measures["width"] or 0) * (measures["height"] or 0)


def _content(each: Any) -> str | None:
    return text(each.get("content")) if isinstance(each, dict) else None


def _freetext(freetext: Mapping[str, Any], name: str) -> str | None:
    """The first content of a group such as `[{"label": "Date", "content": "1969"}]`."""
    return next(filter(None, map(_content, several(freetext.get(name)))), None)


def _creator(freetext: Mapping[str, Any]) -> str | None:
    """The first name that is not, by its label, one of somebody else."""
    names = map(mapping, several(freetext.get("name")))
    makers = (each for each in names if not NO_CREATORS.search(_label(each)))
    return next(filter(None, map(_content, makers)), None)


def _tags(indexed: Mapping[str, Any]) -> tuple[str, ...]:
    """Topics and kinds of object: texts, or objects with a `content`."""
    told = (*several(indexed.get("topic")), *several(indexed.get("object_type")))
    return texts([each.get("content") if isinstance(each, dict) else each for each in told])


def _licence(media: Mapping[str, Any], indexed: Mapping[str, Any]) -> str | None:
    """What is said of the image itself; where that is not CC0, what is said of all images of the object."""
    access = text(mapping(media.get("usage")).get("access"))
    if access is not None and "cc0" in access.lower():
        return licence_code(access)
    return licence_code(first(indexed.get("online_media_rights")) or access)


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="smithsonian",
        summary="Objects of the Smithsonian's museums (Open Access), with the usage of each image",
        spider=SmithsonianSpider,
        options=SmithsonianOptions,
        licences=True,
        homepage="https://www.si.edu/openaccess",
        limits="1,000 requests an hour with a free key",
        secrets=(Secret(env="SMITHSONIAN_API_KEY", url="https://api.data.gov/signup/"),),
    )
