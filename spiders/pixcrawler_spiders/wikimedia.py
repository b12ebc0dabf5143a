"""Wikimedia Commons: free media of the Wikipedias, with licence and creator per file.

Wire format: the MediaWiki Action API, https://www.mediawiki.org/wiki/API:Search and API:Imageinfo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, sequence, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceOptions, SourceProblem, Throttled, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 10_000
"""Offset beyond which CirrusSearch answers no more."""
EXTENSION = re.compile(r"\.\w{3,4}$")
NAMESPACE = re.compile(r"^[^:]+:")
THROTTLES = {"maxlag", "ratelimited", "readonly"}
REFUSALS = {"blocked", "permissiondenied", "readapidenied"}
"""Codes of errors, https://www.mediawiki.org/wiki/API:Errors_and_warnings."""
KNOWN = {"batchcomplete", "continue", "query"}
"""Members of which every answer without an error has at least one."""


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
        parameters |= mapping(mapping(stream.cursor).get("continue"))
        return Request(f"{self.options.endpoint}?{urlencode(parameters, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body, asked = json_object(response), mapping(stream.cursor)
        self._check_error(body, response)
        if not KNOWN & body.keys():
            raise LayoutChanged(f"neither results nor an end in the answer of {place(response.url)}")
        pages = _merge(mapping(asked.get("pages")), body)
        following = mapping(body.get("continue"))
        if following == asked.get("continue"):
            following = {}
        if "batchcomplete" not in body and set(following) - {"gsroffset", "continue"}:
            # The same results go on with further properties: keep what is there until they are complete.
            return Page(candidates=(), cursor={"continue": following, "pages": pages})
        found = (self._candidate(page, stream) for page in sorted(pages.values(), key=_rank))
        candidates = [candidate for candidate in found if candidate is not None]
        if pages and not candidates:
            raise LayoutChanged(f"none of {len(pages)} results has an image's URL in {place(response.url)}")
        done = not following or (number(following.get("gsroffset")) or 0) >= DEPTH
        return Page(candidates=candidates, cursor={"continue": following} if following else None, done=done)

    def retry_after(self, response: TextResponse) -> float | None:
        return super().retry_after(response) or 5.0

    def _search(self, query: str) -> str:
        words = [f"filetype:{self.options.filetype}"] if self.options.filetype else []
        words += [f"fileres:>{self.options.min_side}"] if self.options.min_side else []
        return " ".join([*words, query])

    def _check_error(self, body: Mapping[str, Any], response: TextResponse) -> None:
        if "error" not in body:
            return
        error = mapping(body["error"])
        code = plain(error.get("code")) or "unknown"
        told = f"{code}: {text(error.get('info')) or 'the source gives no reason'}"
        if code in THROTTLES:
            raise Throttled(told, self.retry_after(response))
        raise Blocked(told) if code in REFUSALS else SourceProblem(told)

    def _candidate(self, page: Mapping[str, Any], stream: Stream) -> Candidate | None:
        info = _info(page)
        original, thumbnail = url(info.get("url")), url(info.get("thumburl"))
        if original is None:
            return None
        about = mapping(info.get("extmetadata"))
        drawn = info.get("mime") == "image/svg+xml" and thumbnail is not None
        sha1 = plain(info.get("sha1"))
        return Candidate(
            engine=self.name,
            category=stream.category,
            query=stream.query,
            image_url=thumbnail if drawn and thumbnail else original,
            thumbnail_url=thumbnail,
            width=number(info.get("thumbwidth" if drawn else "width")),
            height=number(info.get("thumbheight" if drawn else "height")),
            filesize_bytes=None if drawn else number(info.get("size")),
            format="image/png" if drawn else plain(info.get("mime")),
            title=_title(page) or _about(about, "ObjectName"),
            alt=_about(about, "ImageDescription"),
            page_url=url(info.get("descriptionurl")),
            site="commons.wikimedia.org",
            license=_licence(about),
            license_url=url(mapping(about.get("LicenseUrl")).get("value")),
            creator=_about(about, "Artist") or plain(info.get("user")),
            date=_about(about, "DateTimeOriginal") or plain(info.get("timestamp")),
            engine_id=plain(page.get("pageid")),
            extra={"sha1": sha1} if sha1 else {},
        )


def _merge(known: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The pages of an answer by id, joined with what earlier answers told of the same pages.

    Version 1 of the format has an object by page id, version 2 a list.
    """
    found = mapping(body.get("query")).get("pages")
    listed = found.values() if isinstance(found, dict) else sequence(found)
    merged = {key: dict(page) for key, page in known.items() if isinstance(page, dict)}
    for page in listed:
        if isinstance(page, dict):
            merged.setdefault(str(page.get("pageid", page.get("title"))), {}).update(page)
    return merged


def _rank(page: Mapping[str, Any]) -> int:
    return number(page.get("index")) or 0


def _info(page: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(next(iter(sequence(page.get("imageinfo"))), None))


def _title(page: Mapping[str, Any]) -> str | None:
    title = plain(page.get("title"))
    return plain(EXTENSION.sub("", NAMESPACE.sub("", title))) if title else None


def _about(about: Mapping[str, Any], name: str) -> str | None:
    """A value of extmetadata as one line of text."""
    return text(mapping(about.get(name)).get("value"))


def _licence(about: Mapping[str, Any]) -> str | None:
    """The short code if there is one (`cc-by-sa-4.0`, `pd`), else the name people read, as a slug."""
    code = _about(about, "License") or _about(about, "LicenseShortName")
    slug = re.sub(r"[^a-z0-9.+]+", "-", code.lower()).strip("-") if code else ""
    return {"cc0": "cc0-1.0"}.get(slug, slug) or None


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
