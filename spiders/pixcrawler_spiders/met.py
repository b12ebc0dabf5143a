"""The Metropolitan Museum of Art: photographs of its works, most of them in the public domain.

Wire format: https://metmuseum.github.io/ (search gives ids, a record of each gives images).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, sequence, several, text, texts, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import ALL_RIGHTS
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error
from pixcrawler_core.sources import LayoutChanged, SourceOptions, SourceProblem, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

COLLECTION = "/public/collection"
NEWER, OLDER = "v1.1", "v1"
"""Versions of the search: the newer one gives ids page by page, the older one all at once."""
DEPTH = 10_000
"""Works of a query that the search shows."""
CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
"""What the museum's Open Access policy means by public domain."""
YEARS = (-9999, 9999)
"""Bounds of `dateBegin` and `dateEnd`, which must be given together."""
MISSING = re.compile(r"not found|not a valid object", re.IGNORECASE)


class MetOptions(SourceOptions):
    """What is searched in the museum's collection."""

    delay: float = Field(
        default=0.5, ge=0, le=60, description="Least seconds between two requests; each work takes one."
    )
    endpoint: str = Field(
        default="https://collectionapi.metmuseum.org",
        pattern="^https?://",
        description="Address of the interface.",
    )
    page_size: int = Field(default=20, ge=1, le=100, description="Works a page.")
    department: int | None = Field(
        default=None, ge=1, description="Only of this department (11: European Paintings)."
    )
    medium: str | None = Field(
        default=None, description="Only of this kind: `Paintings`, `Photographs|Prints`, `Sculpture`, ..."
    )
    highlights: bool = Field(default=False, description="Whether only the museum's highlights are taken.")


class MetSpider(SourceSpider):
    """Searches works with images, and asks for the record of each."""

    name = "met"
    Options = MetOptions
    filters = frozenset({"license", "since", "until"})
    expected_status = frozenset({404})

    def page_request(self, stream: Stream) -> Request:
        cursor, options, wanted = mapping(stream.cursor), self.options, self.wanted
        if ids := _ids(cursor.get("ids")):
            return self._record_request(ids[0])
        dated = wanted.since or wanted.until
        asked = {
            "q": stream.query,
            "hasImages": "true",
            "isPublicDomain": "true" if wanted.license else None,
            "isHighlight": "true" if options.highlights else None,
            "departmentId": options.department,
            "medium": options.medium,
            "dateBegin": (wanted.since.year if wanted.since else YEARS[0]) if dated else None,
            "dateEnd": (wanted.until.year if wanted.until else YEARS[1]) if dated else None,
        }
        version = OLDER if cursor.get("version") == OLDER else NEWER
        if version == NEWER:
            asked |= {"offset": self._offset(stream), "limit": options.page_size}
        given = {name: value for name, value in asked.items() if value is not None}
        query = urlencode(given, errors="replace")
        return Request(f"{options.endpoint}{COLLECTION}/{version}/search?{query}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        waiting = _ids(mapping(stream.cursor).get("ids"))
        if response.status == 404:
            return self._not_found(response, waiting, stream)
        body = json_object(response)
        if "objectIDs" in body:
            return self._found(body, response, stream)
        if "primaryImage" in body or "additionalImages" in body:
            return self._page(tuple(self._candidates(body, stream)), waiting[1:])
        if not MISSING.search(plain(body.get("message")) or ""):
            check_error(body, response, self.retry_after(response))
            raise LayoutChanged(f"neither ids nor a record of a work in the answer of {place(response.url)}")
        return self._page((), waiting[1:])

    def _not_found(self, response: TextResponse, waiting: list[int], stream: Stream) -> Page:
        """A work that was withdrawn has no record; where the newer search is missing, there is the older."""
        where = place(response.url)
        if where.endswith(f"/{NEWER}/search") and not stream.cursor:
            return Page(candidates=(), cursor={"version": OLDER})
        told = response.body[:1000].decode("utf-8", "replace")
        if where.endswith("/search") or not (waiting or MISSING.search(told)):
            raise SourceProblem(f"HTTP 404 from {where}")
        return self._page((), waiting[1:])

    def _found(self, body: Mapping[str, Any], response: TextResponse, stream: Stream) -> Page:
        """The answer of a search: details for one page; further ids wait in the cursor."""
        ids, total, size = _ids(body["objectIDs"]), number(body.get("total")), self.options.page_size
        if not ids and body["objectIDs"]:
            raise LayoutChanged(f"no number among the ids in the answer of {place(response.url)}")
        following = self._offset(stream) + size
        at_once = mapping(stream.cursor).get("version") == OLDER or len(ids) > size
        last = len(ids) < size if total is None else following >= min(total, DEPTH)
        return self._page((), ids[:DEPTH], None if at_once or not ids or last else following)

    def _page(self, candidates: tuple[Candidate, ...], ids: list[int], offset: int | None = None) -> Page:
        """A page with the records of the first ids; `offset` is where the next search goes on."""
        size = self.options.page_size
        cursor: dict[str, Any] | None = {"offset": offset} if offset else None
        cursor = {"ids": ids[size:]} if ids[size:] else cursor
        details = [self._record_request(each) for each in ids[:size]]
        return Page(candidates=candidates, details=details, cursor=cursor, done=cursor is None)

    def _record_request(self, number_of_work: int) -> Request:
        return Request(f"{self.options.endpoint}{COLLECTION}/v1/objects/{number_of_work}")

    def _offset(self, stream: Stream) -> int:
        told = number(mapping(stream.cursor).get("offset"))
        return told or (stream.page - 1) * self.options.page_size

    def _candidates(self, work: Mapping[str, Any], stream: Stream) -> Iterator[Candidate]:
        """The main image and the additional ones; a work whose rights forbid it has none."""
        about = _about(work)
        primary, small = url(work.get("primaryImage")), url(work.get("primaryImageSmall"))
        additional = [found for each in several(work.get("additionalImages")) if (found := url(each))]
        for image in dict.fromkeys([*([primary] if primary else []), *additional]):
            yield self.candidate(stream, image, thumbnail_url=small if image == primary else None, **about)


def _ids(value: Any) -> list[int]:
    return [found for each in sequence(value) if (found := number(each))]


def _about(work: Mapping[str, Any]) -> dict[str, Any]:
    """What a record tells of all its images."""
    found, rights = number(work.get("objectID")), text(work.get("rightsAndReproduction"))
    free = work.get("isPublicDomain") is True
    terms = [mapping(tag).get("term") for tag in sequence(work.get("tags"))]
    names = ("medium", "department", "culture", "classification", "period")
    extra = {name: text(work.get(name)) for name in names}
    extra |= {"credit": text(work.get("creditLine")), "rights": rights}
    return {
        "title": text(work.get("title")) or text(work.get("objectName")),
        "tags": texts(terms),
        "page_url": url(work.get("objectURL"))
        or (f"https://www.metmuseum.org/art/collection/search/{found}" if found else None),
        "site": "www.metmuseum.org",
        "license": "cc0-1.0" if free else ALL_RIGHTS if rights else None,
        "license_url": CC0 if free else None,
        "creator": text(work.get("artistDisplayName")),
        "creator_url": url(work.get("artistWikidata_URL")) or url(work.get("artistULAN_URL")),
        "date": text(work.get("objectDate")),
        "engine_id": str(found) if found else None,
        "extra": {name: told for name, told in extra.items() if told},
    }


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="met",
        summary="Works of the Metropolitan Museum of Art in New York",
        spider=MetSpider,
        options=MetOptions,
        licences=True,
        homepage="https://www.metmuseum.org/art/collection",
        limits="a request for each work; bursts are refused; 10,000 works a query",
    )
