"""SMK, the National Gallery of Denmark: photographs of its works, most of them in the public domain.

Wire format: https://api.smk.dk/api/v1/docs/ (OpenAPI).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import (
    first,
    json_object,
    mapping,
    number,
    plain,
    sequence,
    several,
    text,
    texts,
    url,
)
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import ALL_RIGHTS, licence_code
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

PAGE = "https://open.smk.dk/en/artwork/image/"
LANGUAGES = {"en", "da"}
FIELDS = (
    "id", "object_number", "titles", "artist", "production", "production_date", "content_description",
    "techniques", "object_names", "rights", "public_domain", "has_image", "image_native", "image_iiif_id",
    "image_thumbnail", "image_width", "image_height", "image_size", "image_mime_type", "alternative_images",
    "frontend_url",
)  # fmt: skip
"""What is asked for; whole records are so large that the server may drop the connection."""
ENGLISH = {"en", "eng", "english", "engelsk"}


class SmkOptions(SourceOptions):
    """Filters of the museum's search."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://api.smk.dk", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=100, ge=1, le=2000, description="Results a page.")
    object_name: str | None = Field(
        default=None, description="Kind of work in Danish, such as `maleri`, `tegning`, `fotografi`."
    )
    max_side: int | None = Field(
        default=None, ge=16, description="Ask the museum's image server for copies that fit into this square."
    )
    alternatives: bool = Field(
        default=False, description="Whether to take the further photographs of each work (its back, details)."
    )


class SmkSpider(SourceSpider):
    """Asks /api/v1/art/search/ page by page."""

    name = "smk"
    Options = SmkOptions
    filters: ClassVar[frozenset[str]] = frozenset({"license", "since", "until", "language"})

    def page_request(self, stream: Stream) -> Request:
        options, wanted = self.options, self.wanted
        parameters = [
            ("keys", stream.query or "*"),
            ("offset", str((stream.page - 1) * options.page_size)),
            ("rows", str(options.page_size)),
            ("lang", wanted.language if wanted.language in LANGUAGES else "en"),
            ("fields", ",".join(FIELDS)),
            ("filters", "[has_image:true]"),
        ]
        parameters += [("filters", "[public_domain:true]")] if wanted.license else []
        parameters += [("filters", f"[object_names:{options.object_name}]")] if options.object_name else []
        if wanted.since or wanted.until:
            since = f"{wanted.since.year:04}-01-01T00:00:00Z" if wanted.since else "*"
            until = f"{wanted.until.year:04}-12-31T23:59:59Z" if wanted.until else "*"
            parameters.append(("range", f"[production_dates_start:{{{since};{until}}}]"))
        return Request(f"{options.endpoint}/api/v1/art/search/?{urlencode(parameters, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        told = body.get("items", body.get("object", body if "object_number" in body else None))
        items = several(told)
        if told is None:
            check_error(body, response, self.retry_after(response))
            raise LayoutChanged(f"no list of works in the answer of {place(response.url)}")
        works = [work for work in items if isinstance(work, dict)]
        candidates = [found for work in works for found in self._candidates(work, stream)]
        if items and not candidates and not any(work.get("has_image") is False for work in works):
            raise LayoutChanged(f"none of {len(items)} works has an image's URL in {place(response.url)}")
        found = number(body.get("found"))
        shown = (stream.page - 1) * self.options.page_size + len(items)
        last = not items or (shown >= found if found else len(items) < self.options.page_size)
        return Page(candidates=candidates, done=last)

    def _candidates(self, work: Mapping[str, Any], stream: Stream) -> Iterator[Candidate]:
        """The photograph of a work and, where they are wanted, the further ones, which have shorter names."""
        pictures = [{name.removeprefix("image_"): value for name, value in work.items()}]
        if self.options.alternatives:
            pictures += [dict(mapping(each)) for each in sequence(work.get("alternative_images"))]
        about = _about(work)
        for picture in pictures:
            if (image := _image(picture, self.options.max_side)) is not None:
                yield self.candidate(stream, site="open.smk.dk", **image, **about)


def _image(picture: Mapping[str, Any], max_side: int | None) -> dict[str, Any] | None:
    """The file of a photograph: the original, or a copy that fits into a square."""
    server, native = url(picture.get("iiif_id")), url(picture.get("native"))
    width, height = number(picture.get("width")), number(picture.get("height"))
    kind, size = plain(picture.get("mime_type")), number(picture.get("size"))
    if server and max_side and max(width or max_side + 1, height or 0) > max_side:
        native, kind, size = f"{server}/full/!{max_side},{max_side}/0/default.jpg", "image/jpeg", None
        width, height = _fitted(width, height, max_side)
    elif server and native is None:
        native, kind, size = f"{server}/full/full/0/default.jpg", "image/jpeg", None
    if native is None:
        return None
    small = url(picture.get("thumbnail")) or (f"{server}/full/!600,600/0/default.jpg" if server else None)
    return {
        "image_url": native,
        "thumbnail_url": small,
        "width": width,
        "height": height,
        "filesize_bytes": size,
        "format": kind,
    }


def _fitted(width: int | None, height: int | None, side: int) -> tuple[int, int] | tuple[None, None]:
    if not width or not height:
        return None, None
    scale = side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _about(work: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a work beside its photographs."""
    called, rights = plain(work.get("object_number")), url(work.get("rights"))
    names = [mapping(each).get("name") for each in sequence(work.get("object_names"))]
    page = (
        f"https://open.smk.dk/en/artwork/image/{quote(called, safe='', errors='replace')}" if called else None
    )
    return {
        "title": _title(work),
        "alt": first(work.get("content_description")),
        "tags": texts([*several(work.get("techniques")), *names]),
        "page_url": url(work.get("frontend_url")) or page,
        "license": _licence(rights, work.get("public_domain")),
        "license_url": rights,
        "creator": _creator(work),
        "date": _date(work),
        "engine_id": called or plain(work.get("id")),
    }


def _title(work: Mapping[str, Any]) -> str | None:
    """The English title if there is one, else the first."""
    titles = [mapping(each) for each in several(work.get("titles"))]
    titles.sort(key=lambda title: str(title.get("language")).lower() not in ENGLISH)
    return next((told for title in titles if (told := text(title.get("title")))), None)


def _creator(work: Mapping[str, Any]) -> str | None:
    made = [mapping(each).get("creator") for each in sequence(work.get("production"))]
    return "; ".join(texts(work.get("artist")) or texts(made)) or None


def _date(work: Mapping[str, Any]) -> str | None:
    dates = [mapping(each) for each in sequence(work.get("production_date"))]
    periods = (text(date.get("period")) or text(date.get("start")) for date in dates)
    return next((told for told in periods if told), None)


def _licence(rights: str | None, public_domain: Any) -> str | None:
    """A licence by its address; works in copyright have an article of the museum's about it instead."""
    code = licence_code(rights)
    if code and (code.startswith(("cc", "pdm", "rs-", "no-")) or code == ALL_RIGHTS):
        return code
    return "pdm" if public_domain is True else ALL_RIGHTS if public_domain is False else None


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="smk",
        summary="Works of SMK, the National Gallery of Denmark, most of them in the public domain",
        spider=SmkSpider,
        options=SmkOptions,
        licences=True,
        homepage="https://open.smk.dk/",
        limits="2,000 results a page; no key; no published rate limit",
    )
