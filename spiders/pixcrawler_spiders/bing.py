"""Bing Images: the result page, and the fragment that it loads when it is scrolled.

Wire format: as searxng and ddgs ask for it (2026), and a result page of April 2026: each result is a link
`a.iusc` whose attribute `m` is JSON; the grid's `data-nextUrl` leads to the next fragment.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import parse_qs, urlencode

from pydantic import Field
from scrapy import Request
from scrapy.selector import Selector

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import dimensions, mapping, number, plain, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.scraping import ScrapingSpider, reaching, remembered
from pixcrawler_core.sources import LayoutChanged, ScrapingOptions, place

if TYPE_CHECKING:
    from scrapy.http import TextResponse

    from pixcrawler_core.filters import Filters

BATCH = 35
"""Results a fragment, whatever is asked for."""
DEPTH = 1000
"""Results after which Bing only repeats itself."""
ROW = 200
"""Elements of a result that are looked at."""
NO_RESULTS = re.compile(rb"class=[\"']?[^\"'>]{0,40}\bno_?results?\b|there are no results for", re.IGNORECASE)
NEXT = re.compile(r"/images/async\?\S*")
FORMAT = re.compile(r"[·|]\s*([a-z]{3,5})\b", re.IGNORECASE)
ENDING = re.compile(r"\.(jpe?g|png|gif|webp|bmp|svg|avif|tiff?)(?:[?#]|$)", re.IGNORECASE)
COLORS = {"color": "color2-color", "monochrome": "color2-bw", "transparent": "photo-transparent"} | {
    name: f"color2-FGcls_{name.upper()}"
    for name in (
        *("red", "orange", "yellow", "green", "teal", "blue"),
        *("purple", "pink", "brown", "black", "gray", "white"),
    )
}
KINDS = {
    "photo": "photo-photo",
    "clipart": "photo-clipart",
    "lineart": "photo-linedrawing",
    "animated": "photo-animatedgif",
    "transparent": "photo-transparent",
    "face": "face-face",
}
LICENCES = {
    "any": "licenseType-Any",
    "public-domain": "license-L1",
    "commercial": "license-L2_L3_L4",
    "modification": "license-L2_L3_L5_L6",
    "commercial-modification": "license-L2_L3",
}
AGES = {1: "age-lt1440", 7: "age-lt10080", 30: "age-lt43200", 365: "age-lt525600"}


class BingOptions(ScrapingOptions):
    """How Bing is asked."""

    endpoint: str = Field(
        default="https://www.bing.com", pattern="^https?://", description="Address of the interface."
    )
    first_page: Literal["fragment", "page"] = Field(
        default="fragment",
        description="What to begin with: the `fragment` that scrolling loads, or the whole `page`, which is "
        "ten times as large and tells Bing's own address of the next fragment.",
    )


class BingSpider(ScrapingSpider):
    """Asks for fragments of the grid of results, following its own links."""

    name = "bing"
    Options = BingOptions
    filters: ClassVar[frozenset[str]] = frozenset(
        {
            "without",
            *("size", "min_width", "min_height", "color", "type", "aspect", "license", "since"),
            *("safe_search", "language", "region"),
        }
    )

    def page_request(self, stream: Stream) -> Request:
        cursor = mapping(stream.cursor)
        query = _parameters(self.wanted)
        following = NEXT.match(str(cursor.get("next")))
        if following is not None:
            told = parse_qs(following[0].partition("?")[2], keep_blank_values=True)
            path = following[0] + "".join(f"&{name}={query[name]}" for name in query if name not in told)
        else:
            first = number(cursor.get("first")) or 1
            asked: dict[str, Any] = {"q": self.wanted.words(stream.query), "first": first}
            whole = asked["first"] == 1 and self.options.first_page == "page"
            asked |= {} if whole else {"count": BATCH, "async": 1}
            kind = "search" if whole else "async"
            more = "".join(f"&{name}={value}" for name, value in query.items())
            path = f"/images/{kind}?{urlencode(asked, errors='replace')}{more}"
        language = self.wanted.language or "en"
        spoken = f"{language}-{self.wanted.region.upper()}," if self.wanted.region else ""
        return Request(self.options.endpoint + path, headers={"Accept-Language": f"{spoken}{language};q=0.9"})

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        page = Selector(response, type="html")
        links = page.xpath("//a[@m]")
        following = page.xpath("//*[@data-nexturl]/@data-nexturl").getall()
        if not links:
            fragment = stream.page > 1 and b"<title" not in response.body
            grid = bool(following) and not _cut(response.body)
            known = fragment or grid or NO_RESULTS.search(response.body) is not None
            self.nothing_found(response, empty=known)
            return Page(candidates=(), done=True)
        candidates = [found for link in links if (found := self._candidate(link.root, stream)) is not None]
        if not candidates:
            raise LayoutChanged(f"none of {len(links)} results has an image's URL in {place(response.url)}")
        cursor, done = _after(following, mapping(stream.cursor), candidates)
        return Page(candidates=candidates, cursor=cursor, done=done)

    def _candidate(self, link: Any, stream: Stream) -> Candidate | None:
        told = _data(link.get("m"))
        image_url = url(told.get("murl"))
        if image_url is None:
            return None
        href = parse_qs((link.get("href") or "").partition("?")[2])
        row = _row(link)
        width, height = _size(href, row.get("size"))
        known = FORMAT.search(row.get("size") or "") or ENDING.search(image_url)
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=url(told.get("turl")),
            width=width,
            height=height,
            format=known[1].lower() if known else None,
            title=text(told.get("t")),
            alt=row.get("alt"),
            page_url=url(told.get("purl")),
            site=row.get("site"),
            engine_id=plain(told.get("mid")),
            extra=_extra(told, href),
        )


def _parameters(wanted: Filters) -> dict[str, str]:
    """Parameters beside the query, as they are written into the address.

    Plus signs and colons of `qft` stay as they are: Bing overlooks filters in which they are quoted.
    """
    told: dict[str, str] = {"adlt": wanted.safe_search}
    size = f"imagesize-{wanted.size}" if wanted.size else None
    if size is None and wanted.min_width and wanted.min_height:
        size = f"imagesize-custom_{wanted.min_width}_{wanted.min_height}"
    chosen = (
        size,
        COLORS.get(wanted.color or ""),
        KINDS.get(wanted.type or ""),
        f"aspect-{wanted.aspect}" if wanted.aspect else None,
        LICENCES.get(wanted.license or ""),
        reaching(wanted.since, AGES),
    )
    qft = "".join(f"+filterui:{each}" for each in dict.fromkeys(chosen) if each)
    told |= {"qft": qft} if qft else {}
    told |= {"setlang": wanted.language} if wanted.language else {}
    told |= {"cc": wanted.region.upper()} if wanted.region else {}
    if wanted.language and wanted.region:
        told["mkt"] = f"{wanted.language}-{wanted.region.upper()}"
    return told


def _data(attribute: Any) -> Mapping[str, Any]:
    try:
        return mapping(json.loads(attribute))
    except (TypeError, ValueError, RecursionError):
        return {}


def _row(link: Any) -> dict[str, str | None]:
    """What stands around a link, within its result: the size, the site, the image's own text."""
    row = next(link.iterancestors("li"), link)
    told: dict[str, str | None] = {}
    for element in itertools.islice(row.iter("img", "span", "div"), ROW):
        names = (element.get("class") or "").split()
        alt = element.get("alt") if "mimg" in names else element.get("data-alt")
        if alt:
            told.setdefault("alt", text(alt))
        elif "nowrap" in names:
            told.setdefault("size", plain("".join(element.itertext())))
        elif "lnkw" in names and (anchor := element.find(".//a")) is not None:
            told.setdefault("site", plain("".join(anchor.itertext())) or plain(anchor.get("title")))
    return told


def _extra(told: Mapping[str, Any], href: Mapping[str, list[str]]) -> dict[str, str]:
    description = text(told.get("desc"))
    more = {
        "md5": plain(told.get("md5")),
        "description": description if description != text(told.get("t")) else None,
        "copy": url(href.get("cdnurl", [None])[0]),
    }
    return {name: value for name, value in more.items() if value is not None}


def _size(href: Mapping[str, list[str]], told: str | None) -> tuple[int, int] | tuple[None, None]:
    width, height = (number(href.get(name, [None])[0]) for name in ("expw", "exph"))
    return (width, height) if width and height else dimensions(told)


def _cut(body: bytes) -> bool:
    """Whether a page ends before its end: what is not there may be in the rest."""
    return b"<html" in body[:2000].lower() and b"</html" not in body[-2000:].lower()


def _after(
    following: list[str], before: Mapping[str, Any], candidates: list[Candidate]
) -> tuple[dict[str, Any], bool]:
    """The cursor of the next page, and whether there is none.

    Small grids of related searches lie within the large one; their addresses are empty.
    """
    path = next((found[0] for each in following if (found := NEXT.search(each))), None)
    start = parse_qs((path or "").partition("?")[2]).get("first", [None])[0]
    first = number(start) or (number(before.get("first")) or 1) + BATCH
    seen, fresh = remembered(before.get("seen"), (each.engine_id or each.image_url for each in candidates))
    ended = bool(following) and path is None
    return {"next": path, "first": first, "seen": seen}, ended or not fresh or first > DEPTH


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="bing",
        summary="Bing Images, read from its result pages",
        spider=BingSpider,
        options=BingOptions,
        homepage="https://www.bing.com/images",
        limits="35 results a page, about 1000 a query; rates are not told",
        terms="Microsoft's terms forbid automated access to Bing and its robots.txt forbids these pages to "
        "programs; your address may be shut out.",
    )
