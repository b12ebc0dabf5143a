"""Wikimedia Commons: free media of the Wikipedias, with licence and creator per file.

Wire format: the MediaWiki Action API, https://www.mediawiki.org/wiki/API:Search and API:Imageinfo.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request
from w3lib.html import remove_tags

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import LayoutChanged, SourceOptions, SourceProblem, Throttled
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 10_000
"""Offset beyond which CirrusSearch answers no more."""
EXTENSION = re.compile(r"\.\w{3,4}$")
THROTTLES = {"maxlag", "ratelimited", "readonly"}


class WikimediaOptions(SourceOptions):
    """Filters of the search on Wikimedia Commons."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://commons.wikimedia.org/w/api.php",
        pattern="^https?://",
        description="Address of the interface; any MediaWiki with CirrusSearch will do.",
    )
    page_size: int = Field(default=50, ge=1, le=500, description="Results a page.")
    filetype: str = Field(
        default="bitmap",
        pattern=r"^[a-z0-9|]*$",
        description="Kinds of file: `bitmap`, `bitmap|drawing`; empty for all.",
    )
    min_side: int | None = Field(
        default=None, ge=1, description="Least mean side in pixels (CirrusSearch `fileres`)."
    )
    language: str = Field(default="en", pattern=r"^[a-z-]{2,12}$", description="Language of descriptions.")


class WikimediaSpider(SourceSpider):
    """Searches the File namespace and asks for URL, size and licence in the same request."""

    name = "wikimedia"
    Options = WikimediaOptions

    def page_request(self, stream: Stream) -> Request:
        parameters = {
            "action": "query",
            "format": "json",
            "formatversion": "2",
            "generator": "search",
            "gsrsearch": self._search(stream.query),
            "gsrnamespace": "6",
            "gsrlimit": str(self.options.page_size),
            "prop": "imageinfo",
            "iiprop": "url|size|mime|mediatype|sha1|user|timestamp|extmetadata",
            "iiurlwidth": "640",
            "iiextmetadatalanguage": self.options.language,
            "uselang": self.options.language,
            "maxlag": "5",
        }
        parameters |= (stream.cursor or {}).get("continue", {})
        return Request(f"{self.options.endpoint}?{urlencode(parameters)}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = response.json()
        if not isinstance(body, dict):
            raise LayoutChanged(f"no JSON object in the answer of {response.url}")
        self._check_error(body, response)
        pages = _merge((stream.cursor or {}).get("pages", {}), body)
        following = body.get("continue")
        if following and "batchcomplete" not in body and set(following) - {"gsroffset", "continue"}:
            # The same results go on with further properties: keep what is there until they are complete.
            return Page(candidates=(), cursor={"continue": following, "pages": pages})
        ranked = sorted(pages.values(), key=lambda page: page.get("index", 0))
        candidates = [self._candidate(page, stream) for page in ranked if _url(page)]
        done = not following or int(following["gsroffset"]) >= DEPTH
        return Page(candidates=candidates, cursor={"continue": following} if following else None, done=done)

    def retry_after(self, response: TextResponse) -> float | None:
        return super().retry_after(response) or 5.0

    def _search(self, query: str) -> str:
        words = [f"filetype:{self.options.filetype}"] if self.options.filetype else []
        words += [f"fileres:>{self.options.min_side}"] if self.options.min_side else []
        return " ".join([*words, query])

    def _check_error(self, body: Mapping[str, Any], response: TextResponse) -> None:
        error = body.get("error")
        if not isinstance(error, dict):
            return
        code, info = error.get("code", "unknown"), error.get("info", "")
        if code in THROTTLES:
            raise Throttled(f"{code}: {info}", self.retry_after(response))
        raise SourceProblem(f"{code}: {info}")

    def _candidate(self, page: Mapping[str, Any], stream: Stream) -> Candidate:
        info = page["imageinfo"][0]
        about = info.get("extmetadata") or {}
        title = page.get("title", "").removeprefix("File:")
        drawing = info.get("mime") == "image/svg+xml"
        return Candidate(
            engine=self.name,
            category=stream.category,
            query=stream.query,
            image_url=info["thumburl"] if drawing and info.get("thumburl") else info["url"],
            thumbnail_url=info.get("thumburl"),
            width=info.get("thumbwidth") if drawing else info.get("width"),
            height=info.get("thumbheight") if drawing else info.get("height"),
            filesize_bytes=None if drawing else info.get("size"),
            format="image/png" if drawing else info.get("mime"),
            title=EXTENSION.sub("", title) or None,
            alt=_text(about, "ImageDescription"),
            page_url=info.get("descriptionurl"),
            site="commons.wikimedia.org",
            license=_licence(about),
            license_url=_text(about, "LicenseUrl"),
            creator=_text(about, "Artist") or info.get("user"),
            date=_text(about, "DateTimeOriginal") or info.get("timestamp"),
            engine_id=str(page.get("pageid", "")) or None,
            extra={"sha1": info["sha1"]} if info.get("sha1") else {},
        )


def _merge(known: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The pages of an answer by id, joined with what earlier answers told of the same pages.

    Version 1 of the format has an object by page id, version 2 a list.
    """
    found = (body.get("query") or {}).get("pages") or []
    listed = list(found.values()) if isinstance(found, dict) else found
    merged = {key: dict(page) for key, page in known.items()}
    for page in listed:
        merged.setdefault(str(page.get("pageid")), {}).update(page)
    return merged


def _url(page: Mapping[str, Any]) -> bool:
    infos = page.get("imageinfo") or [{}]
    return isinstance(infos[0].get("url"), str)


def _text(about: Mapping[str, Any], name: str) -> str | None:
    """A value of extmetadata, which may be HTML, as one line of text."""
    value = (about.get(name) or {}).get("value")
    if value is None:
        return None
    return " ".join(html.unescape(remove_tags(str(value))).split()) or None


def _licence(about: Mapping[str, Any]) -> str | None:
    """The short code if there is one (`cc-by-sa-4.0`, `pd`), else the name people read, as a slug."""
    code = _text(about, "License") or _text(about, "LicenseShortName")
    return re.sub(r"[^a-z0-9.+]+", "-", code.lower()).strip("-") if code else None


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="wikimedia",
        summary="Free media of Wikimedia Commons",
        spider=WikimediaSpider,
        options=WikimediaOptions,
        licences=True,
        homepage="https://commons.wikimedia.org/",
        limits="serial requests with a user agent that names a contact; 10,000 results a query",
    )
