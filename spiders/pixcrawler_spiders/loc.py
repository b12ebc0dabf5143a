"""Library of Congress: historical photographs, prints, drawings and maps, with a text on rights per item.

Wire format: https://www.loc.gov/apis/json-and-yaml/ (any page of loc.gov with `fo=json`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, several, text, texts, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import licence_code
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider
from pixcrawler_spiders.loc_files import file_groups, in_full, secure, sizes_shown, worth

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 100_000
"""Items that can be paged to."""
BLOCK = 300.0
"""Seconds for which those who ask too often are refused."""
FACETS = ("online-format:image", "access-restricted:false")
ITEM = re.compile(r"/(?:item|resource)/([^/?#]+)")
BRACKETS = re.compile(r"^\[([^\[\]]*)\]\.?$")
NO_PICTURES = {"collection", "web page", "web pages", "event", "exhibit"}
RIGHTS = ("rights_information", "rights_advisory", "rights")
ABROAD = "elsewhere"
"""What texts say that are about the United States alone."""
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
        shown = list(sizes_shown(record))
        groups = [files for files in file_groups(record) if files] or ([shown] if shown else [])
        about, asked = _about(record) if groups else {}, stream.question
        for files in groups:
            smallest = (shown or files)[0]["image_url"]
            best = max(map(in_full, files) if self.options.full_size else files, key=worth)
            thumbnail = smallest if smallest != best["image_url"] else None
            yield Candidate(
                engine=self.name,
                category=asked.category,
                query=asked.query,
                thumbnail_url=thumbnail,
                **best,
                **about,
            )


def _may_have_picture(row: Mapping[str, Any]) -> bool:
    """Whether a result is a work, and no collection or page about works."""
    kinds = (*several(row.get("original_format")), *several(row.get("type")))
    return not any((text(kind) or "").lower() in NO_PICTURES for kind in kinds)


def _about(record: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of an item beside its files, by itself or by the fuller record within."""
    item = mapping(record.get("item"))
    both = (record, item)
    pages, rights = (secure(_told(both, name)) for name in ("url", "id", "link")), _told(both, *RIGHTS)
    called, title = ITEM.search(address := next(filter(None, pages), "")), _told(both, "title")
    bare = BRACKETS.match(title) if title else None
    return {
        "title": (bare[1].strip() or None) if bare else title,
        "alt": _told(both, "description", "medium"),
        "tags": texts(record.get("subject")) or texts(item.get("subjects")),
        "page_url": address or None,
        "site": "www.loc.gov",
        "license": _licence(rights),
        "creator": _told(both, "contributor", "creators", "contributor_names", "contributors"),
        "date": _told(both, "date", "dates", "created_published_date"),
        "engine_id": called[1] if called else _told(both, "library_of_congress_control_number"),
        "extra": {"rights": rights[:500]} if rights else {},
    }


def _told(records: Iterable[Mapping[str, Any]], *names: str) -> str | None:
    """The first text under one of these names; lists may hold objects with a title, or `{text: link}`."""
    for name in names:
        for record in records:
            for each in several(record.get(name)):
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
    if known and ABROAD in told:
        return "no-copyright-us"
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
