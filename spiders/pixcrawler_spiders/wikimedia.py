"""Wikimedia Commons: free media of the Wikipedias, with licence and creator per file.

Wire format: the MediaWiki Action API, https://www.mediawiki.org/wiki/API:Search and API:Imageinfo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, sequence, text
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceOptions, SourceProblem, Throttled, place
from pixcrawler_core.spider import SourceSpider
from pixcrawler_spiders.wikimedia_files import candidate_of, has_file, is_missing, merged, rank

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 10_000
"""Offset beyond which CirrusSearch answers no more."""
BATCH = {"gsroffset", "sroffset", "gaicontinue", "aicontinue", "continue"}
"""Members of `continue` that lead to further results; any other leads to more about the same ones."""
THROTTLES = {"maxlag", "ratelimited", "readonly"}
REFUSALS = {"blocked", "permissiondenied", "readapidenied"}
"""Codes of errors, https://www.mediawiki.org/wiki/API:Errors_and_warnings."""
KNOWN = {"batchcomplete", "continue", "query"}
"""Members of which every answer without an error has at least one."""
ABOUT = "url|size|mime|mediatype|sha1|user|timestamp|extmetadata"
SIZES = {"small": "<400", "medium": "300,1199", "large": ">900", "wallpaper": ">1200"}
"""`fileres` (the root of width times height) of images up to 16:9 whose longer side is of that size."""
KINDS = {"photo": "bitmap", "illustration": "drawing", "lineart": "drawing", "clipart": "drawing"}
AT_ONCE = 25
"""Files that are asked for with one request where a search has told their ids alone."""


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
    filters = frozenset({"without", "min_width", "min_height", "size", "type", "language"})

    def page_request(self, stream: Stream) -> Request:
        return self._request_for(
            {
                "generator": "search",
                "gsrsearch": self._search(self.wanted.words(stream.query)),
                "gsrnamespace": "6",
                "gsrlimit": str(self.options.page_size),
                **mapping(mapping(stream.cursor).get("continue")),
            }
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body, asked = json_object(response), mapping(stream.cursor)
        self._check_error(body, response)
        if not KNOWN & body.keys():
            raise LayoutChanged(f"neither results nor an end in the answer of {place(response.url)}")
        waiting = mapping(asked.get("pages")) if "pages" in asked else None
        pages = merged(waiting, body)
        ranked = sorted(pages.values(), key=rank)
        found = (candidate_of(page, self.name, stream.question) for page in ranked)
        candidates = [candidate for candidate in found if candidate is not None]
        some = bool(candidates) or asked.get("some") is True or any(map(has_file, pages.values()))
        details = self._details(body)
        following = mapping(body.get("continue"))
        if following == asked.get("continue"):
            following = {}
        if "batchcomplete" not in body and following.keys() - BATCH:
            # More about the same files is to come: those without an address wait for it.
            rest = {key: page for key, page in pages.items() if not has_file(page)}
            cursor = {"continue": following, "pages": rest, "some": some}
            return Page(candidates=candidates, cursor=cursor, details=details)
        if not some and not all(map(is_missing, pages.values())):
            raise LayoutChanged(f"none of {len(pages)} results has an image's URL in {place(response.url)}")
        deep = any((number(following.get(name)) or 0) >= DEPTH for name in ("gsroffset", "sroffset"))
        return Page(
            candidates=candidates,
            cursor={"continue": following} if following else None,
            details=details,
            done=not following or deep,
        )

    def retry_after(self, response: TextResponse) -> float | None:
        return super().retry_after(response) or 5.0

    def _own(self, name: str) -> Any:
        """An option that was given, None if it has its default."""
        return getattr(self.options, name) if name in self.options.model_fields_set else None

    def _request_for(self, asked: Mapping[str, Any]) -> Request:
        language = self._own("language") or self.wanted.language or self.options.language
        parameters = {
            "action": "query",
            "format": "json",
            "formatversion": "2",
            "prop": "imageinfo",
            "iiprop": ABOUT,
            "iiurlwidth": "640",
            "iiextmetadatalanguage": language,
            "uselang": language,
            "maxlag": "5",
            **asked,
        }
        return Request(f"{self.options.endpoint}?{urlencode(parameters, errors='replace')}")

    def _search(self, query: str) -> str:
        """The query with the keywords of CirrusSearch; `filew:>799` is 800 at least however `>` is read."""
        options, wanted, kinds = self.options, self.wanted, self._own("filetype")
        kinds = KINDS.get(wanted.type or "", options.filetype) if kinds is None else kinds
        resolution = f">{options.min_side}" if options.min_side else SIZES.get(wanted.size or "")
        words = {
            "filetype": kinds,
            "fileres": resolution,
            "filew": f">{wanted.min_width - 1}" if wanted.min_width else None,
            "fileh": f">{wanted.min_height - 1}" if wanted.min_height else None,
        }
        return " ".join([*(f"{name}:{value}" for name, value in words.items() if value), query])

    def _details(self, body: Mapping[str, Any]) -> list[Request]:
        """Requests for the files of a search that told nothing else of them (`list=search`)."""
        rows = sequence(mapping(body.get("query")).get("search"))
        ids = [found for row in rows if (found := number(mapping(row).get("pageid")))]
        batches = (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
        return [self._request_for({"pageids": "|".join(map(str, batch))}) for batch in batches]

    def _check_error(self, body: Mapping[str, Any], response: TextResponse) -> None:
        if "error" not in body and "errors" not in body:
            return
        error = mapping(body.get("error")) or mapping(next(iter(sequence(body.get("errors"))), None))
        code = plain(error.get("code")) or "unknown"
        reason = next(filter(None, (text(error.get(name)) for name in ("info", "text", "html", "*"))), None)
        told = f"{code}: {reason or 'the source gives no reason'}"
        if code in THROTTLES:
            raise Throttled(told, self.retry_after(response))
        raise Blocked(told) if code in REFUSALS else SourceProblem(told)


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
