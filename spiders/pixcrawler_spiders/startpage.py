"""Startpage Images: the index of Bing through Startpage's proxy.

Wire format: a form of the home page with the token `sc`, and the properties of the React component
`AppSerpImages` in the page of results, as searxng and 4get read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urljoin

from parsel import Selector
from pydantic import Field
from scrapy import FormRequest, Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import filesize, mapping, number, plain, sequence, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.scraping import ScrapingSpider, reaching
from pixcrawler_core.sources import Blocked, LayoutChanged, ScrapingOptions, place
from pixcrawler_spiders.scraped import host, script_values, wrapped

if TYPE_CHECKING:
    from scrapy.http import TextResponse

PAGES = 20
"""Pages after which Startpage has shown no more to anyone."""
OPENING = re.compile(r"UIStartpage\.AppSerpImages\s*,\s*(?=\{)")
REFUSALS = (
    ("Startpage's captcha", re.compile(rb"/sp/captcha|Startpage Captcha|captcha-section")),
    (
        "Startpage's page for suspended addresses",
        re.compile(rb"Access Denied - Startpage|error-pages/blocked"),
    ),
    ("an Anubis challenge", re.compile(rb"anubis_challenge|within\.website")),
    ("Startpage's page that waits for a browser", re.compile(rb"\"sgt\"\s*:")),
)
SIZES = {"small": "Small", "medium": "Medium", "large": "Large", "wallpaper": "Wallpaper"}
COLORS = {"color": "ic:color", "monochrome": "ic:gray"} | {
    name: f"ic:specific,isc:{name}"
    for name in (
        "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "white", "gray", "black",
        "brown",
    )
}  # fmt: skip
KINDS = {
    "photo": "Photo",
    "clipart": "Clipart",
    "lineart": "Line",
    "animated": "AnimatedGif",
    "transparent": "Transparent",
}
RIGHTS = {
    "any": "s", "public-domain": "p", "commercial": "sc",
    "modification": "m", "commercial-modification": "mc",
}  # fmt: skip
PERIODS = {1: "d", 7: "w", 31: "m", 366: "y"}
SAFE = {"off": "none", "moderate": "moderate", "strict": "heavy"}
LANGUAGES = {
    "da": "dansk", "de": "deutsch", "en": "english", "es": "espanol", "fr": "francais", "ja": "nihongo",
    "nb": "norsk", "nl": "nederlands", "no": "norsk", "pl": "polski", "pt": "portugues", "sv": "svenska",
}  # fmt: skip
REGIONS = {
    "ar": "es_AR", "at": "de_AT", "au": "en_AU", "be": "fr_BE", "bg": "bg_BG", "br": "pt-BR_BR",
    "ca": "en_CA", "ch": "de_CH", "cl": "es_CL", "cn": "zh-CN_CN", "co": "es_CO", "cz": "cs_CZ",
    "de": "de_DE", "dk": "da_DK", "ee": "et_EE", "es": "es_ES", "fi": "fi_FI", "fr": "fr_FR",
    "gb": "en-GB_GB", "gr": "el_GR", "hu": "hu_HU", "ie": "en_IE", "in": "en_IN", "it": "it_IT",
    "jp": "ja_JP", "kr": "ko_KR", "mx": "es_MX", "nl": "nl_NL", "no": "no_NO", "nz": "en_NZ", "pl": "pl_PL",
    "pt": "pt_PT", "ro": "ro_RO", "se": "sv_SE", "sg": "en_SG", "tr": "tr_TR", "tw": "zh-TW_TW",
    "ua": "uk_UA", "us": "en_US", "za": "en_ZA",
}  # fmt: skip


class StartpageOptions(ScrapingOptions):
    """Options of Startpage's search for images."""

    endpoint: str = Field(
        default="https://www.startpage.com", pattern="^https?://", description="Address of the engine."
    )


class StartpageSpider(ScrapingSpider):
    """Takes the token from the home page, then sends the form for page after page."""

    name = "startpage"
    Options = StartpageOptions
    filters: ClassVar[frozenset[str]] = frozenset(
        {"without", "size", "color", "type", "license", "since", "safe_search", "language", "region"}
    )

    def page_request(self, stream: Stream) -> Request:
        endpoint, token = self.options.endpoint, plain(mapping(stream.cursor).get("sc"))
        cookies: dict[Any, Any] = {"preferences": self._preferences()}
        if token is None:
            return Request(f"{endpoint}/", headers={"Accept": "text/html"}, cookies=cookies)
        page = number(mapping(stream.cursor).get("page")) or 1
        return FormRequest(
            f"{endpoint}/sp/search",
            method="POST",
            formdata=self._form(_sendable(self.wanted.words(stream.query)), token, page),
            headers={"Accept": "text/html", "Origin": endpoint, "Referer": f"{endpoint}/"},
            cookies=cookies,
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        source = response.body.decode("utf-8", "replace")
        render = next((mapping(mapping(each).get("render")) for each in script_values(source, OPENING)), None)
        mainline = mapping(mapping(mapping(render).get("presenter")).get("regions")).get("mainline")
        if render is None or not isinstance(mainline, list):
            return self._token(response, stream, source)
        rows = list(_rows(mainline))
        found = (self._candidate(row, stream) for row in rows)
        candidates = [candidate for candidate in found if candidate is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} results has an image's URL in {place(response.url)}")
        asked = mapping(stream.cursor)
        page = number(asked.get("page")) or 1
        token = plain(render.get("search_sc")) or plain(asked.get("sc"))
        last = not rows or page >= PAGES or _is_last(render, page)
        return Page(candidates=candidates, cursor={"sc": token, "page": page + 1}, done=last or token is None)

    def _token(self, response: TextResponse, stream: Stream, source: str) -> Page:
        """The step for the token; in the place of results it is a refusal."""
        token = plain(Selector(text=source or "<html/>").css("input[name=sc]::attr(value)").get())
        if token is None or stream.cursor is not None:
            for name, mark in REFUSALS:
                if mark.search(response.body):
                    raise Blocked(f"{name} in the place of an answer")
            self.nothing_found(response, empty=False)
        return Page(candidates=(), cursor={"sc": token, "page": 1})

    def _form(self, query: str, token: str, page: int) -> dict[str, str]:
        wanted = self.wanted
        language = LANGUAGES.get(wanted.language or "", "english")
        form = {
            "query": query,
            "cat": "images",
            "t": "device",
            "sc": token,
            "abd": "1",
            "abe": "1",
            "qsr": REGIONS.get(wanted.region or "", "all"),
            "qadf": SAFE[wanted.safe_search],
            "with_date": reaching(wanted.since, PERIODS) or "",
            "language": language,
            "lui": "english",
            "page": str(page),
            "segment": "startpage.udog",
        }
        chosen = {
            "flimgsize": SIZES.get(wanted.size or ""),
            "flimgcolor": COLORS.get(wanted.color or ""),
            "flimgtype": KINDS.get(wanted.type or ""),
            "flimglicense": RIGHTS.get(wanted.license or ""),
        }
        return form | {name: value for name, value in chosen.items() if value is not None}

    def _preferences(self) -> str:
        """The cookie with the settings, in Startpage's own way of writing."""
        wanted = self.wanted
        settings = {
            "date_time": "world",
            "disable_family_filter": "1" if wanted.safe_search == "off" else "0",
            "enable_post_method": "1",
            "language": LANGUAGES.get(wanted.language or "", "english"),
            "language_ui": "english",
            "num_of_results": "20",
            "search_results_region": REGIONS.get(wanted.region or "", "all"),
        }
        return "N1N".join(f"{name}EEE{value}" for name, value in settings.items())

    def _candidate(self, row: Mapping[str, Any], stream: Stream) -> Candidate | None:
        image = url(row.get("rawImageUrl")) or self._behind(row.get("clickUrl"))
        if image is None:
            return None
        page, told = self._behind(row.get("altClickUrl")), plain(row.get("format"))
        return self.candidate(
            stream,
            image,
            thumbnail_url=self._behind(row.get("thumbnailUrl")) or self._absolute(row.get("thumbnailUrl")),
            width=number(row.get("width")),
            height=number(row.get("height")),
            filesize_bytes=filesize(row.get("filesize")),
            format=None if told == "unknown" else told,
            title=text(row.get("title")),
            page_url=page,
            site=host(page),
        )

    def _absolute(self, value: Any) -> str | None:
        told = plain(value)
        try:
            return url(urljoin(f"{self.options.endpoint}/", told)) if told else None
        except ValueError:
            return None

    def _behind(self, value: Any) -> str | None:
        """The address itself, or the one that Startpage's proxy would fetch."""
        address = self._absolute(value)
        if address is None or host(address) not in (host(self.options.endpoint), "www.startpage.com"):
            return wrapped(address, "piurl") or address
        return wrapped(address, "piurl", "url", "u")


def _rows(mainline: list[Any]) -> Iterator[Mapping[str, Any]]:
    """The results of all blocks of images; other blocks hold advertisements and further questions."""
    for block in mainline:
        if (plain(mapping(block).get("display_type")) or "").startswith("images"):
            yield from (row for row in sequence(block.get("results")) if isinstance(row, dict))


def _is_last(render: Mapping[str, Any], page: int) -> bool:
    """Whether there are buttons for further pages, and none of them leads on."""
    told = mapping(mapping(render.get("presenter")).get("pagination")).get("pages")
    buttons = [each for each in sequence(told) if isinstance(each, dict)]
    on = any(each.get("name") == "Next" or (number(each.get("number")) or 0) > page for each in buttons)
    return isinstance(told, list) and not on


def _sendable(query: str) -> str:
    return query.encode("utf-8", "replace").decode()


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="startpage",
        summary="Startpage Images, the index of Bing behind a proxy (experimental)",
        spider=StartpageSpider,
        options=StartpageOptions,
        homepage="https://www.startpage.com/",
        limits="about 18 pages a query; captchas and proof-of-work pages",
        terms="Startpage's terms and robots.txt may forbid programs to read its search; it answers them with "
        "captchas and suspends addresses.",
    )
