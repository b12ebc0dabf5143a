"""Pixabay: photographs and drawings under one licence, through the interface for developers.

Wire format: https://pixabay.com/api/docs/. Errors are plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote, urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import number, plain, several, texts, truth, url
from pixcrawler_core.components import Secret, Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import KeyedOptions, LayoutChanged, Throttled, place
from pixcrawler_core.words import shortened
from pixcrawler_spiders.keyed import KeyedSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 500
"""Results that Pixabay shows for one query."""
LICENCE_URL = "https://pixabay.com/service/license-summary/"
ERROR = re.compile(r"^\[ERROR (\d{3})\]\s*(.{0,300})", re.DOTALL)
FILES = (
    ("imageURL", "imageWidth", "imageHeight"),
    ("fullHDURL", None, None),
    ("largeImageURL", None, None),
    ("webformatURL", "webformatWidth", "webformatHeight"),
)
"""Members with a file, best first, and those that tell its size; the first two need full access."""
RASTER = re.compile(r"\.(jpe?g|png|webp|gif)$", re.IGNORECASE)
VECTOR = re.compile(r"\.(svgz?|ai|eps|pdf)(?:[?#]|$)", re.IGNORECASE)
COLOURS = {
    "monochrome": "grayscale", "transparent": "transparent", "red": "red", "orange": "orange",
    "yellow": "yellow", "green": "green", "teal": "turquoise", "blue": "blue", "purple": "lilac",
    "pink": "pink", "white": "white", "gray": "gray", "black": "black", "brown": "brown",
}  # fmt: skip
KINDS = {"photo": "photo", "illustration": "illustration", "clipart": "vector", "lineart": "vector"}
ASPECTS = {"tall": "vertical", "wide": "horizontal"}
LANGUAGES = (
    "cs", "da", "de", "en", "es", "fr", "id", "it", "hu", "nl", "no", "pl", "pt", "ro", "sk", "fi", "sv",
    "tr", "vi", "th", "bg", "ru", "el", "ja", "ko", "zh",
)  # fmt: skip
Category = Literal[
    "backgrounds", "fashion", "nature", "science", "education", "feelings", "health", "people", "religion",
    "places", "animals", "industry", "computer", "food", "sports", "transportation", "travel", "buildings",
    "business", "music",
]  # fmt: skip


class PixabayOptions(KeyedOptions):
    """Options of the image search on Pixabay."""

    delay: float = Field(
        default=0.6, ge=0, le=60, description="Least seconds between two requests (100 a minute)."
    )
    endpoint: str = Field(
        default="https://pixabay.com", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=100, ge=3, le=200, description="Results a page.")
    category: Category | None = Field(default=None, description="Only images of this category.")
    order: Literal["popular", "latest"] = Field(default="popular", description="Order of the results.")
    editors_choice: bool = Field(default=False, description="Only images that won Pixabay's award.")
    skip_ai_opt_outs: bool = Field(
        default=True, description="Leave out images whose makers do not want them used to train AI."
    )


class PixabaySpider(KeyedSpider):
    """Asks /api/ page by page; takes the best file that the key gives access to."""

    name = "pixabay"
    Options = PixabayOptions
    filters: ClassVar[frozenset[str]] = frozenset(
        {"min_width", "min_height", "color", "type", "aspect", "safe_search", "language"}
    )

    def page_request(self, stream: Stream) -> Request:
        wanted = self.wanted
        colours = [COLOURS.get(wanted.color or ""), "transparent" if wanted.type == "transparent" else None]
        told = {
            "key": self.options.secret,
            "q": shortened(stream.query, 100),
            "page": stream.page,
            "per_page": self.options.page_size,
            "order": self.options.order,
            "safesearch": str(wanted.safe_search != "off").lower(),
            "lang": wanted.language if wanted.language in LANGUAGES else None,
            "image_type": KINDS.get(wanted.type or ""),
            "orientation": ASPECTS.get(wanted.aspect or ""),
            "colors": ",".join(dict.fromkeys(each for each in colours if each)) or None,
            "min_width": wanted.min_width,
            "min_height": wanted.min_height,
            "category": self.options.category,
            "editors_choice": "true" if self.options.editors_choice else None,
        }
        parameters = {name: value for name, value in told.items() if value is not None}
        return Request(f"{self.options.endpoint}/api/?{urlencode(parameters, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        if told := ERROR.match(response.body[:1000].decode("utf-8", "replace").strip()):
            return self._told(int(told[1]), plain(told[2]) or "no reason", response)
        if b"rate limit" in response.body[:200].lower():
            raise Throttled("API rate limit exceeded", self.retry_after(response))
        body = self.answer(response)
        hits = body.get("hits")
        if not isinstance(hits, list):
            raise LayoutChanged(f"no list of hits in the answer of {place(response.url)}")
        rows = [hit for hit in hits if isinstance(hit, dict) and not self._opted_out(hit)]
        candidates = [each for hit in rows if (each := self._candidate(hit, stream)) is not None]
        if rows and not candidates:
            raise LayoutChanged(f"none of {len(rows)} hits has an image's URL in {place(response.url)}")
        shown = stream.page * self.options.page_size
        last = shown >= (number(body.get("totalHits")) or DEPTH)
        return Page(candidates=candidates, done=not hits or last)

    def retry_after(self, response: TextResponse) -> float | None:
        """Seconds until the window of 60 seconds starts again."""
        reset = (response.headers.get("X-RateLimit-Reset") or b"").decode("latin-1").strip()
        left = number(reset)
        return super().retry_after(response) or (float(left) if left else 60.0)

    def _told(self, status: int, reason: str, response: TextResponse) -> Page:
        """What a text in the place of results means: past the last page there is none."""
        if '"page"' in reason.lower() and "range" in reason.lower():
            return Page(candidates=(), done=True)
        raise self.problem(f"error {status}: {reason}", response, status)

    def _opted_out(self, hit: Mapping[str, Any]) -> bool:
        return self.options.skip_ai_opt_outs and hit.get("noAiTraining") is True

    def _candidate(self, hit: Mapping[str, Any], stream: Stream) -> Candidate | None:
        image_url, width, height = _file(hit)
        if image_url is None:
            return None
        original = image_url == url(hit.get("imageURL"))
        ending = RASTER.search(image_url.partition("?")[0])
        creator, tags = plain(hit.get("user")), _tags(hit)
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=url(hit.get("webformatURL")) or url(hit.get("previewURL")),
            width=width,
            height=height,
            filesize_bytes=number(hit.get("imageSize")) if original else None,
            format=ending[1].lower() if ending else None,
            title=plain(hit.get("name")),
            alt=", ".join(tags) or None,
            tags=tags,
            page_url=url(hit.get("pageURL")),
            site="pixabay.com",
            license="pixabay",
            license_url=LICENCE_URL,
            creator=creator,
            creator_url=url(hit.get("userURL")) or _user_page(creator, plain(hit.get("user_id"))),
            engine_id=plain(hit.get("id")),
            safe=truth(hit.get("isGRated")),
            extra=_extra(hit, creator),
        )


def _file(hit: Mapping[str, Any]) -> tuple[str | None, int | None, int | None]:
    """The best file that is a picture, and its size if it is told: that of the original is not its own."""
    for name, width, height in FILES:
        address = url(hit.get(name))
        if address and not VECTOR.search(address):
            sides = (number(hit.get(width)), number(hit.get(height))) if width and height else (None, None)
            return address, *sides
    return None, None, None


def _tags(hit: Mapping[str, Any]) -> tuple[str, ...]:
    return texts([word for each in several(hit.get("tags")) for word in str(each or "").split(",")])


def _user_page(name: str | None, number_of: str | None) -> str | None:
    if not name or not number_of:
        return None
    return f"https://pixabay.com/users/{quote(f'{name}-{number_of}', safe='', errors='replace')}/"


def _extra(hit: Mapping[str, Any], creator: str | None) -> dict[str, Any]:
    told = {
        "attribution": f"Image by {creator} from Pixabay" if creator else None,
        "kind": plain(hit.get("type")),
        "original_width": number(hit.get("imageWidth")),
        "original_height": number(hit.get("imageHeight")),
        "original_bytes": number(hit.get("imageSize")),
        "ai_generated": truth(hit.get("isAiGenerated")),
        "no_ai_training": truth(hit.get("noAiTraining")),
    }
    return {name: value for name, value in told.items() if value is not None}


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="pixabay",
        summary="Photographs, illustrations and previews of vector drawings under the Pixabay licence",
        spider=PixabaySpider,
        options=PixabayOptions,
        licences=True,
        homepage="https://pixabay.com/",
        limits="100 requests a minute, 500 results a query, files of 1280 pixels without full access; its "
        "terms forbid systematic mass downloads and ask to keep results for 24 hours",
        secrets=(Secret(env="PIXABAY_API_KEY", url="https://pixabay.com/api/docs/"),),
    )
