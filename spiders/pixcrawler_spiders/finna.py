"""Finna: pictures of Finnish museums, archives and libraries, with the rights of each.

Wire format: https://api.finna.fi/swagger-ui/ and the server's source, NatLibFi/NDL-VuFind2.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import first, json_object, mapping, number, plain, sequence, several, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import ALL_RIGHTS, Rights, licence_of
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import problem_of
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 100_000
"""Results of one query beyond which the interface answers no more."""
FIELDS = (
    "id", "title", "images", "imageRights", "nonPresenterAuthors", "authors", "buildings", "subjects",
    "summary", "year",
)  # fmt: skip
"""Without a list of fields an answer leaves out most of these."""
SIZE = re.compile(r"(?<=[?&]size=)\w+")
LICENCES: Mapping[Rights, str] = {
    "any": "A Free,B BY,C NC,D ND,E NC-ND",
    "public-domain": "A Free",
    "commercial": "A Free,B BY,D ND",
    "modification": "A Free,B BY,C NC",
    "commercial-modification": "A Free,B BY",
}
"""Groups of usage rights that allow what is asked; several are joined by OR."""
LANGUAGES = {"fi": "fi", "sv": "sv", "en": "en-gb", "se": "se"}
CODES = {"inc": ALL_RIGHTS, "in copyright": ALL_RIGHTS}
"""Short names of rights that are no names of licences."""


class FinnaOptions(SourceOptions):
    """Filters of the search in Finna."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://api.finna.fi", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=50, ge=1, le=100, description="Records a page.")
    format: str = Field(
        default="0/Image/",
        pattern=r'^[^"\\]+$',
        description="Kind of record: `0/Image/`, `0/WorkOfArt/`, `1/WorkOfArt/Painting/`, ...",
    )
    building: str | None = Field(
        default=None,
        pattern=r'^[^"\\]+$',
        description="Organisation or collection, such as `0/Museovirasto/`.",
    )


class FinnaSpider(SourceSpider):
    """Asks /api/v1/search page by page; a record may have several images."""

    name = "finna"
    Options = FinnaOptions
    filters: ClassVar[frozenset[str]] = frozenset({"license", "since", "until", "language"})

    def page_request(self, stream: Stream) -> Request:
        options = self.options
        asked = [
            ("lookfor", stream.query),
            ("type", "AllFields"),
            *(("filter[]", each) for each in self._filters()),
            *(("field[]", each) for each in FIELDS),
            ("sort", "relevance,id asc"),
            ("lng", LANGUAGES.get(self.wanted.language or "en", "en-gb")),
            ("limit", options.page_size),
            ("page", stream.page),
        ]
        return Request(
            f"{options.endpoint}/api/v1/search?{urlencode(asked, errors='replace')}",
            headers={"Accept": "application/json"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        self._check_error(body, response)
        total, records = number(body.get("resultCount")), body.get("records")
        if records is None and body.get("resultCount") == 0:
            return Page(candidates=(), done=True)
        if not isinstance(records, list):
            raise LayoutChanged(f"no list of records in the answer of {place(response.url)}")
        candidates = [each for record in records for each in self._candidates(mapping(record), stream)]
        if not candidates and not all(_without_images(record) for record in records):
            raise LayoutChanged(f"none of {len(records)} records has an image in {place(response.url)}")
        shown = stream.page * self.options.page_size
        last = shown >= total if total is not None else len(records) < self.options.page_size
        return Page(candidates=candidates, done=not records or last or shown + self.options.page_size > DEPTH)

    def _filters(self) -> Iterator[str]:
        options, wanted = self.options, self.wanted
        yield f'format:"{options.format}"'
        if options.building:
            yield f'building:"{options.building}"'
        if wanted.license:
            for group in LICENCES[wanted.license].split(","):
                yield f'~usage_rights_ext_str_mv:"0/{group}/"'
        if wanted.since or wanted.until:
            since = wanted.since.year if wanted.since else "*"
            until = wanted.until.year if wanted.until else "*"
            yield f'search_daterange_mv:"overlap|[{since} TO {until}]"'

    def _check_error(self, body: Mapping[str, Any], response: TextResponse) -> None:
        status = plain(body.get("status"))
        if "records" in body or status is None or status.upper() == "OK":
            return
        told = text(body.get("statusMessage")) or f"the source answers with the status {status}"
        raise problem_of(told, None, self.retry_after(response))

    def _candidates(self, record: Mapping[str, Any], stream: Stream) -> Iterator[Candidate]:
        for index, image in enumerate(several(record.get("images"))):
            image_url = self._address(image)
            if image_url is not None:
                yield self._candidate(image_url, index, record, stream)

    def _address(self, image: Any) -> str | None:
        """The address of an image, which is a path on the interface's host."""
        told = plain(image)
        if told is None or told.startswith("//") or not told.startswith("/"):
            return url(told)
        return f"{self.options.endpoint}{told}"

    def _candidate(self, image_url: str, index: int, record: Mapping[str, Any], stream: Stream) -> Candidate:
        rights, identifier = mapping(record.get("imageRights")), plain(record.get("id"))
        name = plain(rights.get("copyright"))
        smaller = SIZE.sub("small", image_url)
        owner = next((mapping(each) for each in sequence(record.get("buildings"))), {})
        explained = first(rights.get("description"))
        extra: dict[str, Any] = {"image": index} if index else {}
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=smaller if smaller != image_url else None,
            title=text(record.get("title")),
            alt=first(record.get("summary")),
            tags=_subjects(record.get("subjects")),
            page_url=f"https://finna.fi/Record/{quote(identifier)}" if identifier else None,
            site=text(owner.get("translated")) or "finna.fi",
            license=licence_of(plain(rights.get("link")), CODES.get((name or "").lower(), name)),
            license_url=url(rights.get("link")),
            creator=_creator(record),
            date=plain(record.get("year")),
            engine_id=identifier,
            extra=extra | ({"attribution": explained[:500]} if explained else {}),
        )


def _subjects(value: Any) -> tuple[str, ...]:
    """All words of the subjects, each of which is a list that goes from the wide to the narrow."""
    words = itertools.chain.from_iterable(several(each) for each in several(value))
    return tuple(dict.fromkeys(word for each in words if (word := text(each))))


def _creator(record: Mapping[str, Any]) -> str | None:
    """Those who made it; `authors` has an object by name in each of its groups, and lists when empty."""
    makers = (text(mapping(each).get("name")) for each in sequence(record.get("nonPresenterAuthors")))
    names = [name for name in makers if name]
    if not names:
        groups = mapping(record.get("authors"))
        kinds = (mapping(groups.get(kind)) for kind in ("primary", "secondary", "corporate"))
        names = [name for each in kinds for key in each if (name := text(key))]
    return "; ".join(dict.fromkeys(names)) or None


def _without_images(record: Any) -> bool:
    """Whether a record tells in the known form that it has no image."""
    return isinstance(record, dict) and "id" in record and record.get("images", []) in ([], None)


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="finna",
        summary="Pictures of Finnish museums, archives and libraries",
        spider=FinnaSpider,
        options=FinnaOptions,
        licences=True,
        homepage="https://finna.fi/",
        limits="100 records a page, 100,000 a query; no documented rate",
    )
