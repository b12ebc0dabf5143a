"""Naver Images, the Korean search engine.

Wire format: the JavaScript variable `imageSearchTabData` of the page of results, as searxng reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import filesize, mapping, number, plain, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.scraping import ScrapingSpider, reaching, remembered
from pixcrawler_core.sources import Blocked, LayoutChanged, ScrapingOptions, place
from pixcrawler_spiders.scraped import host, script_values, wrapped

if TYPE_CHECKING:
    from scrapy.http import TextResponse

PAGE_SIZE = 50
OPENING = re.compile(r"\bimageSearchTabData\s*=\s*(?=\{)")
PERIODS = {1: "1d", 7: "1w", 31: "1m", 366: "1y"}
NOTHING = b"not_found"
"""Class of the box that says that there are no results."""
CAPTCHA = re.compile(rb"captcha", re.IGNORECASE)


class NaverOptions(ScrapingOptions):
    """Options of Naver's search for images."""

    endpoint: str = Field(
        default="https://search.naver.com", pattern="^https?://", description="Address of the engine."
    )


class NaverSpider(ScrapingSpider):
    """Asks /search.naver by offset, which is counted from 1."""

    name = "naver"
    Options = NaverOptions
    filters: ClassVar[frozenset[str]] = frozenset({"since"})

    def page_request(self, stream: Stream) -> Request:
        period = reaching(self.wanted.since, PERIODS)
        parameters = {
            "where": "image",
            "query": stream.query,
            "start": str((stream.page - 1) * PAGE_SIZE + 1),
        } | ({"nso": f"p:{period}"} if period else {})
        return Request(
            f"{self.options.endpoint}/search.naver?{urlencode(parameters, errors='replace')}",
            headers={"Accept": "text/html", "Accept-Language": "ko-KR,ko;q=0.9"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        rows = _rows(response.body.decode("utf-8", "replace"))
        found = (self._candidate(row, stream) for row in rows or ())
        candidates = [candidate for candidate in found if candidate is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} results has an image's URL in {place(response.url)}")
        if not rows:
            empty = rows is not None or NOTHING in response.body
            if not empty and CAPTCHA.search(response.body):
                raise Blocked("Naver's captcha in the place of results")
            self.nothing_found(response, empty=empty)
        seen, fresh = remembered(
            mapping(stream.cursor).get("seen"), (candidate.image_url for candidate in candidates)
        )
        return Page(candidates=candidates, cursor={"seen": seen}, done=not fresh)

    def _candidate(self, row: Mapping[str, Any], stream: Stream) -> Candidate | None:
        thumbnail = url(row.get("thumb")) or url(row.get("viewerThumb"))
        told = url(row.get("originalUrl"))
        image = wrapped(told if host(told) == "search.pstatic.net" else None, "src") or told
        image = image or wrapped(url(row.get("viewerThumb")), "src") or wrapped(thumbnail, "src")
        if image is None:
            return None
        page = url(row.get("link"))
        return self.candidate(
            stream,
            image,
            thumbnail_url=thumbnail,
            width=number(row.get("orgWidth")),
            height=number(row.get("orgHeight")),
            filesize_bytes=filesize(row.get("fileSize")),
            title=text(row.get("title")),
            page_url=page,
            site=plain(row.get("tld")) or host(page) or text(row.get("source")),
            creator=text(row.get("writerTitle")),
            date=plain(row.get("dateInfo")),
            engine_id=plain(row.get("imgId")),
        )


def _rows(page: str) -> list[Mapping[str, Any]] | None:
    """The images among the items; None if the page has no place for items."""
    for value in script_values(page, OPENING):
        items = mapping(mapping(value).get("content")).get("items")
        if isinstance(items, list):
            rows = (item for item in items if isinstance(item, dict))
            return [row for row in rows if row.get("type") in (None, "", "image")]
    return None


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="naver",
        summary="Naver Images, the Korean search engine (experimental)",
        spider=NaverSpider,
        options=NaverOptions,
        homepage="https://search.naver.com/",
        limits="50 results a page",
        terms="Naver's terms and robots.txt may forbid programs to read its search; it may block your "
        "address.",
    )
