"""Yandex Images: a search engine with an index of its own, strong in Russian.

Wire format: the state that the page of results carries in `data-state`, its JSON wrapper, and the older
`data-bem` of each result, as searxng, openserp and 4get read them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from parsel import Selector
from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import filesize, json_object, mapping, number, plain, sequence, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.scraping import ScrapingSpider, reaching, remembered
from pixcrawler_core.sources import LayoutChanged, ScrapingOptions, place
from pixcrawler_spiders.scraped import host

if TYPE_CHECKING:
    from scrapy.http import TextResponse

COLORS = {
    "color": "color", "monochrome": "gray", "red": "red", "orange": "orange", "yellow": "yellow",
    "teal": "cyan", "green": "green", "blue": "blue", "purple": "violet", "white": "white", "black": "black",
}  # fmt: skip
KINDS = {
    "photo": ("type", "photo"),
    "clipart": ("type", "clipart"),
    "lineart": ("type", "lineart"),
    "face": ("type", "face"),
    "animated": ("itype", "gifan"),
}
SHAPES = {"tall": "vertical", "wide": "horizontal", "square": "square"}
PERIODS = {7: "7D"}
FAMILY = {"off": "0", "moderate": "1", "strict": "2"}
LATER = 2_145_916_800
"""A moment in 2038: until then the cookie with the family filter holds."""


class YandexOptions(ScrapingOptions):
    """Options of Yandex's search for images."""

    endpoint: str = Field(
        default="https://yandex.com",
        pattern="^https?://",
        description="Address of the engine; `https://yandex.ru` answers the same.",
    )
    site: str | None = Field(default=None, min_length=1, description="Only images of this site.")
    region: int | None = Field(default=None, ge=0, description="Yandex's own number of a region (`lr`).")


class YandexSpider(ScrapingSpider):
    """Asks /images/search page by page."""

    name = "yandex"
    Options = YandexOptions
    filters: ClassVar[frozenset[str]] = frozenset(
        {"without", "size", "color", "type", "aspect", "since", "safe_search"}
    )

    def page_request(self, stream: Stream) -> Request:
        wanted, kind = self.wanted, KINDS.get(self.wanted.type or "")
        parameters = {
            "text": self.wanted.words(stream.query),
            "p": str(stream.page - 1),
            "uinfo": "sw-1920-sh-1080-ww-1125-wh-999",
            "isize": wanted.size,
            "icolor": COLORS.get(wanted.color or ""),
            "iorient": SHAPES.get(wanted.aspect or ""),
            "recent": reaching(wanted.since, PERIODS),
            "site": self.options.site,
            "lr": None if self.options.region is None else str(self.options.region),
        } | ({kind[0]: kind[1]} if kind else {})
        told = {name: value for name, value in parameters.items() if value is not None}
        return Request(
            f"{self.options.endpoint}/images/search?{urlencode(told, errors='replace')}",
            headers={"Accept": "text/html", "Accept-Language": "en,ru;q=0.7"},
            cookies={"yp": f"{LATER}.sp.family%3A{FAMILY[wanted.safe_search]}"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        more: bool | None = None
        source = response.body.decode("utf-8", "replace")
        if source.lstrip()[:1] in ("{", "["):
            source, more = self._wrapped(response)
        rows, empty = _rows(Selector(text=source or "<html/>"))
        found = (self._candidate(row, stream) for row in rows)
        candidates = [candidate for candidate in found if candidate is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} results has an image's URL in {place(response.url)}")
        if not rows:
            self.nothing_found(response, empty=empty or (more is not None and not source.strip()))
        seen, fresh = remembered(
            mapping(stream.cursor).get("seen"), (candidate.image_url for candidate in candidates)
        )
        return Page(candidates=candidates, cursor={"seen": seen}, done=not fresh or more is False)

    def _wrapped(self, response: TextResponse) -> tuple[str, bool]:
        """The HTML in the JSON form of an answer, and whether there is a next page."""
        body = json_object(response)
        blocks = body.get("blocks")
        if not isinstance(blocks, list):
            self.nothing_found(response, empty=False)
        told = [block for block in sequence(blocks) if isinstance(block, dict)]
        source = "".join(each for block in told if isinstance(each := block.get("html"), str))
        return source, any(plain(mapping(block.get("params")).get("nextPageUrl")) for block in told)

    def _candidate(self, row: Mapping[str, Any], stream: Stream) -> Candidate | None:
        viewer = mapping(row.get("viewerData"))
        told = {**viewer, **row}
        image, width, height, size = _original(told)
        if image is None:
            return None
        snippet = mapping(row.get("snippet")) or mapping(viewer.get("snippet"))
        page = url(snippet.get("url"))
        return self.candidate(
            stream,
            image,
            thumbnail_url=url(row.get("image")) or url(mapping(told.get("thumb")).get("url")),
            width=width,
            height=height,
            filesize_bytes=size,
            format="gif" if row.get("gifLabel") is True else None,
            title=text(snippet.get("title")) or text(row.get("alt")),
            alt=text(row.get("alt")) or text(snippet.get("text")),
            page_url=page,
            site=plain(snippet.get("domain")) or host(page),
            engine_id=plain(row.get("id")),
        )


def _rows(page: Selector) -> tuple[list[Mapping[str, Any]], bool]:
    """The results in their order, and whether the page is one of results at all."""
    known = False
    rows: list[Mapping[str, Any]] = []
    for state in _read(page.css("[data-state*='serpList']::attr(data-state)").getall()):
        items = mapping(mapping(mapping(state.get("initialState")).get("serpList")).get("items"))
        known = known or isinstance(items.get("entities"), dict)
        rows += _ordered(items)
    if not rows:
        for bem in _read(page.css("[data-bem*='serp-item']::attr(data-bem)").getall()):
            rows += [item] if (item := mapping(bem.get("serp-item"))) else []
    return rows, known or bool(page.css(".EmptySearchResults"))


def _ordered(items: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entities of a state: as its keys say, then those without a key by their place."""
    entities = {key: row for key, row in mapping(items.get("entities")).items() if isinstance(row, dict)}
    keys = [key for key in sequence(items.get("keys")) if isinstance(key, str) and key in entities]
    ranks = {key: place for place, key in enumerate(keys)}
    return [row for _, row in sorted(entities.items(), key=lambda each: _rank(each[1], ranks.get(each[0])))]


def _rank(row: Mapping[str, Any], key: int | None) -> tuple[int, int]:
    return (0, key) if key is not None else (1, number(row.get("pos")) or 0)


def _original(told: Mapping[str, Any]) -> tuple[str | None, int | None, int | None, int | None]:
    """Address, width, height and bytes of the original, else of the largest copy that is told."""
    copies = [
        each for name in ("dups", "preview") for each in sequence(told.get(name)) if isinstance(each, dict)
    ]
    copies += [each["origin"] for each in copies if isinstance(each.get("origin"), dict)]
    copies = [each for each in copies if url(each.get("url"))]
    best = max(copies, key=_area, default={})
    image = url(told.get("origUrl"))
    same = next((each for each in copies if url(each.get("url")) == image), {}) if image else best
    image = image or url(best.get("url")) or url(told.get("img_href"))
    width = number(told.get("origWidth")) or number(same.get("w"))
    height = number(told.get("origHeight")) or number(same.get("h"))
    return image, width, height, filesize(same.get("fileSizeInBytes"))


def _area(copy: Mapping[str, Any]) -> int:
    return (number(copy.get("w")) or 0) * (number(copy.get("h")) or 0)


def _read(values: list[str]) -> Iterator[Mapping[str, Any]]:
    for value in values:
        try:
            yield mapping(json.loads(value, strict=False))
        except (ValueError, RecursionError):
            continue


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="yandex",
        summary="Yandex Images, an index of its own, strong in Russian (experimental)",
        spider=YandexSpider,
        options=YandexOptions,
        homepage="https://yandex.com/images/",
        limits="about 30 results a page; captchas after few requests from data centres",
        terms="Yandex's terms and robots.txt may forbid programs to read its search; it answers them with "
        "captchas soon and may block your address.",
    )
