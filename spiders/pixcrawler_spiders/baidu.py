"""Baidu Images (image.baidu.com): the rows that its page of results loads while it is scrolled.

Wire format: `/search/acjson` as searxng, openserp and icrawler read it; its JSON is not quite JSON, and
the addresses of originals are written in a cipher of letters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import filesize, mapping, number, plain, sequence, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.scraping import ScrapingSpider
from pixcrawler_core.sources import Blocked, LayoutChanged, ScrapingOptions, place
from pixcrawler_spiders.scraped import host

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 1000
"""Offset from which results repeat themselves."""
SIZES = {"small": "1", "medium": "2", "large": "3", "wallpaper": "9"}
COLORS = {
    "red": "1", "yellow": "2", "green": "4", "teal": "8", "brown": "12", "blue": "16", "purple": "32",
    "pink": "64", "orange": "256", "black": "512", "white": "1024", "monochrome": "2048",
}  # fmt: skip
KINDS = {"face": ("face", "1"), "clipart": ("st", "1"), "lineart": ("st", "2"), "animated": ("lm", "6")}
SIGNS = (("_z2C$q", ":"), ("_z&e3B", "."), ("AzdH3F", "/"))
LETTERS = str.maketrans("0123456789abcdefghijklmnopqrstuvw", "7dgjmoru140852vsnkheb963wtqplifca")
ESCAPE = re.compile(r"\\(?:(\\)|(?![\"/bfnrt]|u[0-9a-fA-F]{4}|\Z))")
"""A backslash that escapes itself, or one that JSON does not know before what follows."""
COPIES = ("largetnimageurl", "hoverurl", "middleurl")
"""Where Baidu's own smaller copies are."""
NO_DATE = "1970-01-01"
KNOWN = {"listnum", "displaynum", "queryext", "queryenc", "bdfmtdispnum"}
"""Members (in small letters) by which an answer without rows is known."""


class BaiduOptions(ScrapingOptions):
    """Options of Baidu's search for images."""

    endpoint: str = Field(
        default="https://image.baidu.com", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=30, ge=10, le=60, description="Results a page.")
    hd: bool = Field(default=False, description="Only images in high definition.")
    latest: bool = Field(default=False, description="The newest images.")


class BaiduSpider(ScrapingSpider):
    """Loads the home page for its cookies, then asks /search/acjson by offset."""

    name = "baidu"
    Options = BaiduOptions
    filters: ClassVar[frozenset[str]] = frozenset({"size", "color", "type"})

    def page_request(self, stream: Stream) -> Request:
        endpoint, offset = self.options.endpoint, mapping(stream.cursor).get("offset")
        if offset is None:
            return Request(f"{endpoint}/", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
        shown = {"tn": "baiduimage", "ie": "utf-8", "word": stream.query}
        return Request(
            f"{endpoint}/search/acjson?{urlencode(self._parameters(stream.query, offset), errors='replace')}",
            headers={
                "Accept": "text/plain, */*; q=0.01",
                "Accept-Language": "zh-CN,zh;q=0.9",
                "Referer": f"{endpoint}/search/index?{urlencode(shown, errors='replace')}",
                "X-Requested-With": "XMLHttpRequest",
            },
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        if response.body.lstrip()[:1] == b"<":
            return self._home(response, stream)
        body = _object(response)
        offset = number(mapping(stream.cursor).get("offset")) or 0
        rows = list(_rows(body, response))
        found = (self._candidate(row, stream) for row in rows)
        candidates = [candidate for candidate in found if candidate is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} results has an image's URL in {place(response.url)}")
        following = offset + self.options.page_size
        last = following >= min(DEPTH, number(body.get("listnum")) or DEPTH)
        return Page(candidates=candidates, cursor={"offset": following}, done=not rows or last)

    def _home(self, response: TextResponse, stream: Stream) -> Page:
        """The step for the cookies; in the place of results it is a refusal."""
        self.nothing_found(response, empty=b"baidu" in response.body.lower())
        if stream.cursor is not None:
            raise Blocked(f"a web page instead of results from {place(response.url)}")
        return Page(candidates=(), cursor={"offset": 0})

    def _parameters(self, query: str, offset: int) -> dict[str, str]:
        wanted = self.wanted
        parameters = {
            "tn": "resultjson_com", "ipn": "rj", "ct": "201326592", "fp": "result", "cl": "2",
            "ie": "utf-8", "oe": "utf-8", "word": query, "queryWord": query, "lm": "-1", "st": "-1",
            "z": SIZES.get(wanted.size or "", ""), "ic": COLORS.get(wanted.color or "", "0"),
            "hd": "1" if self.options.hd else "", "latest": "1" if self.options.latest else "",
            "face": "0", "nc": "1", "pn": str(offset), "rn": str(self.options.page_size),
            "gsm": f"{offset:x}",
        }  # fmt: skip
        if wanted.type in KINDS:
            name, value = KINDS[wanted.type]
            parameters[name] = value
        return parameters

    def _candidate(self, row: Mapping[str, Any], stream: Stream) -> Candidate | None:
        original, page = _addresses(row)
        image = original or next((copy for name in COPIES if (copy := url(row.get(name)))), None)
        if image is None:
            return None
        date = plain(row.get("bdimgnewsdate"))
        return self.candidate(
            stream,
            image,
            thumbnail_url=url(row.get("thumburl")) or url(row.get("middleurl")),
            width=number(row.get("width")) if original else None,
            height=number(row.get("height")) if original else None,
            filesize_bytes=filesize(row.get("filesize")) if original else None,
            format=plain(row.get("type")),
            title=text(row.get("frompagetitleenc")) or text(row.get("frompagetitle")),
            page_url=page,
            site=plain(row.get("fromurlhost")) or host(page),
            date=None if date is None or date.startswith(NO_DATE) else date,
            engine_id=plain(row.get("di")) or plain(row.get("cs")),
        )


def _object(response: TextResponse) -> dict[str, Any]:
    """The answer with its keys in small letters; raises Blocked when Baidu says that it is on its guard."""
    source = response.body.decode("utf-8", "replace").lstrip("\ufeff")
    try:
        body = json.loads(ESCAPE.sub(lambda found: found[0] if found[1] else "", source), strict=False)
    except (ValueError, RecursionError) as error:
        raise LayoutChanged(f"no JSON from {place(response.url)}: {error}") from error
    if not isinstance(body, dict):
        raise LayoutChanged(f"no JSON object from {place(response.url)}, but {str(body)[:80]!r}")
    body = _small(body)
    message = plain(body.get("message")) or "no reason given"
    if body.get("antiflag") not in (None, 0, "", "0", False) or "forbid" in message.lower():
        raise Blocked(f"Baidu refuses programs: {message}")
    return body


def _rows(body: Mapping[str, Any], response: TextResponse) -> Iterator[dict[str, Any]]:
    """The results without the empty ones and the advertisements."""
    told = body.get("data")
    told = told.get("images") if isinstance(told, dict) else told
    if not isinstance(told, list):
        if told is not None or not KNOWN & body.keys():
            raise LayoutChanged(f"no list of results in the answer of {place(response.url)}")
        return
    for row in told:
        if isinstance(row, dict) and row:
            small = _small(row)
            if small.get("adtype") in (None, 0, "", "0"):
                yield small


def _addresses(row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Where the original and its page are: told in cipher, else by the last of the replacements."""
    original, shown = _address(row.get("objurl")), _address(row.get("fromurl"))
    if original and shown:
        return original, shown
    others = [_small(each) for each in sequence(row.get("replaceurl")) if isinstance(each, dict)]
    known = [(address, url(each.get("fromurl"))) for each in others if (address := url(each.get("objurl")))]
    image, page = known[-1] if known else (None, None)
    return original or image, shown or page


def _address(value: Any) -> str | None:
    """An address that may be in cipher."""
    told = plain(value)
    if told is None:
        return None
    if (address := url(told)) is not None:
        return address
    for sign, meaning in SIGNS:
        told = told.replace(sign, meaning)
    return url(told.translate(LETTERS))


def _small(value: Mapping[str, Any]) -> dict[str, Any]:
    """Older and newer answers write the same names with and without capitals."""
    return {key.lower(): each for key, each in value.items()}


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="baidu",
        summary="Baidu Images, the Chinese search engine",
        spider=BaiduSpider,
        options=BaiduOptions,
        homepage="https://image.baidu.com/",
        limits="about 1000 results a query; captchas after few requests from outside China",
        terms="Baidu's terms and robots.txt may forbid programs to read its search; it answers them with "
        "captchas and may block your address.",
    )
