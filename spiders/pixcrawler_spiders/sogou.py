"""Sogou Images (pic.sogou.com), a Chinese search engine.

Wire format: the state that the page of results carries in a script, as searxng reads it, and the JSON of
`/napi/pc/searchList`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import filesize, json_object, mapping, number, plain, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.scraping import ScrapingSpider, remembered
from pixcrawler_core.sources import Blocked, LayoutChanged, ScrapingOptions, place
from pixcrawler_spiders.scraped import host, script_values

if TYPE_CHECKING:
    from scrapy.http import TextResponse

PAGE_SIZE = 48
OPENING = re.compile(r"__INITIAL_STATE__\s*=\s*(?=\{)")
REFUSAL = re.compile(rb"antispider|seccodeInput", re.IGNORECASE)


class SogouOptions(ScrapingOptions):
    """Options of Sogou's search for images."""

    endpoint: str = Field(
        default="https://pic.sogou.com", pattern="^https?://", description="Address of the engine."
    )
    interface: Literal["html", "json"] = Field(
        default="html", description="Whether to read the page of results or the JSON that it loads."
    )


class SogouSpider(ScrapingSpider):
    """Asks /pics (or /napi/pc/searchList) by offset."""

    name = "sogou"
    Options = SogouOptions

    def page_request(self, stream: Stream) -> Request:
        endpoint, start = self.options.endpoint, str((stream.page - 1) * PAGE_SIZE)
        if self.options.interface == "json":
            parameters = {"mode": "1", "start": start, "xml_len": str(PAGE_SIZE), "query": stream.query}
            path = "/napi/pc/searchList"
        else:
            parameters, path = {"query": stream.query, "start": start}, "/pics"
        return Request(
            f"{endpoint}{path}?{urlencode(parameters, errors='replace')}",
            headers={"Accept-Language": "zh-CN,zh;q=0.9", "Referer": f"{endpoint}/"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        rows = _rows(response)
        found = (self._candidate(row, stream) for row in rows or () if isinstance(row, dict))
        candidates = [candidate for candidate in found if candidate is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} results has an image's URL in {place(response.url)}")
        if not rows:
            if "antispider" in place(response.url) or (rows is None and REFUSAL.search(response.body)):
                raise Blocked("Sogou's captcha in the place of results")
            self.nothing_found(response, empty=rows is not None)
        seen, fresh = remembered(
            mapping(stream.cursor).get("seen"), (candidate.image_url for candidate in candidates)
        )
        return Page(candidates=candidates, cursor={"seen": seen}, done=not fresh)

    def _candidate(self, row: Mapping[str, Any], stream: Stream) -> Candidate | None:
        image = _address(row.get("oriPicUrl")) or _address(row.get("picUrl"))
        if image is None:
            return None
        page = url(row.get("url"))
        return self.candidate(
            stream,
            image,
            thumbnail_url=url(row.get("thumbUrl")) or url(row.get("locImageLink")),
            width=number(row.get("width")),
            height=number(row.get("height")),
            filesize_bytes=filesize(row.get("size")),
            title=text(row.get("title")),
            alt=text(row.get("content_major")),
            page_url=page,
            site=text(row.get("ch_site_name")) or host(page),
        )


def _rows(response: TextResponse) -> list[Any] | None:
    """The results; None if the answer has no place for them."""
    if response.body.lstrip()[:1] in (b"{", b"["):
        body = json_object(response)
        return _list(mapping(body.get("data")).get("items"), body.get("items"))
    for state in script_values(response.body.decode("utf-8", "replace"), OPENING):
        told = mapping(state).get("searchList")
        rows = _list(mapping(told).get("searchList"), told)
        if rows is not None:
            return rows
    return None


def _list(*values: Any) -> list[Any] | None:
    return next((value for value in values if isinstance(value, list)), None)


def _address(value: Any) -> str | None:
    """An address that may be percent-encoded as a whole."""
    return url(value) or url(unquote(plain(value) or ""))


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="sogou",
        summary="Sogou Images, a Chinese search engine (experimental)",
        spider=SogouSpider,
        options=SogouOptions,
        homepage="https://pic.sogou.com/",
        limits="48 results a page",
        terms="Sogou's terms and robots.txt may forbid programs to read its search; it answers them with "
        "captchas and may block your address.",
    )
