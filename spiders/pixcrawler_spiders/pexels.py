"""Pexels: photographs under one licence, through the interface for developers.

Wire format: https://www.pexels.com/api/documentation/ (v1/search).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import first_url, mapping, number, plain, text, url
from pixcrawler_core.components import Secret, Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.filters import Filters
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import message_of
from pixcrawler_core.sources import KeyedOptions, LayoutChanged, place
from pixcrawler_spiders.keyed import KeyedSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

LICENCE_URL = "https://www.pexels.com/license/"
COPIES = ("large2x", "large", "medium", "small")
SMALL = ("medium", "small", "tiny")
COLOURS = {
    "red": "red", "orange": "orange", "yellow": "yellow", "green": "green", "teal": "turquoise",
    "blue": "blue", "purple": "violet", "pink": "pink", "brown": "brown", "black": "black", "gray": "gray",
    "white": "white",
}  # fmt: skip
ASPECTS = {"tall": "portrait", "wide": "landscape", "square": "square"}
SIZES = {"large": "small", "wallpaper": "small"}
"""The least of Pexels' sizes is `small`, at least 4 megapixels: more than `large` and `wallpaper` ask for."""
LOCALES = (
    "en-US", "pt-BR", "es-ES", "ca-ES", "de-DE", "it-IT", "fr-FR", "sv-SE", "id-ID", "pl-PL", "ja-JP",
    "zh-CN", "zh-TW", "ko-KR", "th-TH", "nl-NL", "hu-HU", "vi-VN", "cs-CZ", "da-DK", "fi-FI", "uk-UA",
    "el-GR", "ro-RO", "nb-NO", "sk-SK", "tr-TR", "ru-RU",
)  # fmt: skip


class PexelsOptions(KeyedOptions):
    """Options of the photo search on Pexels."""

    delay: float = Field(
        default=1.0, ge=0, le=60, description="Least seconds between two requests; 200 an hour are granted."
    )
    endpoint: str = Field(
        default="https://api.pexels.com", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=80, ge=1, le=80, description="Results a page.")
    hex_color: str | None = Field(
        default=None,
        pattern="^#?[0-9a-fA-F]{6}$",
        description="Wanted colour as six hexadecimal digits, in the place of the filter `color`.",
    )


class PexelsSpider(KeyedSpider):
    """Asks /v1/search page by page until there is no next page."""

    name = "pexels"
    Options = PexelsOptions
    filters: ClassVar[frozenset[str]] = frozenset({"size", "color", "aspect", "language", "region"})

    def page_request(self, stream: Stream) -> Request:
        wanted, colour = self.wanted, self.options.hex_color
        parameters = {"query": stream.query, "page": stream.page, "per_page": self.options.page_size}
        told = {
            "size": SIZES.get(wanted.size or ""),
            "color": f"#{colour.removeprefix('#')}" if colour else COLOURS.get(wanted.color or ""),
            "orientation": ASPECTS.get(wanted.aspect or ""),
            "locale": _locale(wanted),
        }
        parameters |= {name: value for name, value in told.items() if value is not None}
        return Request(
            f"{self.options.endpoint}/v1/search?{urlencode(parameters, errors='replace')}",
            headers={"Accept": "application/json", "Authorization": self.options.secret},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = self.answer(response)
        photos = [body] if "src" in body else body.get("photos", body.get("media"))
        if not isinstance(photos, list):
            raise LayoutChanged(f"no list of photos in the answer of {place(response.url)}")
        rows = [photo for photo in photos if isinstance(photo, dict) and photo.get("type") != "Video"]
        candidates = [each for photo in rows if (each := self._candidate(photo, stream)) is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} photos has an image's URL in {place(response.url)}")
        return Page(candidates=candidates, done=not photos or url(body.get("next_page")) is None)

    def message(self, body: dict[str, Any]) -> str | None:
        """An error is told as `error`, or as `code` in words and `status`."""
        if {"photos", "media", "src"} & body.keys():
            return None
        return message_of(body, ("error", "code", "message"))

    def _candidate(self, photo: Mapping[str, Any], stream: Stream) -> Candidate | None:
        files = mapping(photo.get("src"))
        original = url(files.get("original"))
        image_url = original or first_url([files.get(name) for name in COPIES])
        if image_url is None:
            return None
        alt, creator = text(photo.get("alt")), text(photo.get("photographer"))
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=first_url([files.get(name) for name in SMALL]),
            width=number(photo.get("width")) if original else None,
            height=number(photo.get("height")) if original else None,
            title=alt,
            alt=alt,
            page_url=url(photo.get("url")),
            site="pexels.com",
            license="pexels",
            license_url=LICENCE_URL,
            creator=creator,
            creator_url=url(photo.get("photographer_url")),
            engine_id=plain(photo.get("id")),
            extra={"attribution": f"Photo by {creator} on Pexels"} if creator else {},
        )


def _locale(wanted: Filters) -> str | None:
    """The locale of the wanted language, in the wanted country if Pexels has it for that language."""
    language, region = wanted.language, (wanted.region or "").upper()
    language = {"no": "nb"}.get(language or "", language)
    fitting = [each for each in LOCALES if language is None or each.startswith(f"{language}-")]
    exact = [each for each in fitting if each.endswith(f"-{region}")] if region else []
    return next(iter(exact or (fitting if language else ())), None)


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="pexels",
        summary="Photographs under the Pexels licence",
        spider=PexelsSpider,
        options=PexelsOptions,
        licences=True,
        homepage="https://www.pexels.com/",
        limits="200 requests an hour, 20000 a month; its terms ask to link to Pexels and forbid to copy its "
        "collection as a whole",
        secrets=(Secret(env="PEXELS_API_KEY", url="https://www.pexels.com/api/new/"),),
    )
