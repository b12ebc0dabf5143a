"""NASA Image and Video Library: photographs of NASA and its contractors, most of them without copyright.

Wire format: https://images.nasa.gov/docs/images.nasa.gov_api_docs.pdf (Collection+JSON). Since 2024 a search
tells all files of an image with their sizes; before, only the preview, and `/asset/{id}` lists the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, unquote, urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import (
    json_object,
    json_value,
    mapping,
    number,
    plain,
    sequence,
    text,
    texts,
)
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error, message_of
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider
from pixcrawler_spiders.nasa_files import File, files_of, original

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 10_000
"""Results that the server shows for one query."""
AT_ONCE = 25
"""Lists of files that are asked for with one page."""
TOO_DEEP = "maximum number of search results"


class NasaOptions(SourceOptions):
    """Filters of NASA's image search."""

    endpoint: str = Field(
        default="https://images-api.nasa.gov", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=100, ge=1, le=500, description="Results a page.")
    center: str | None = Field(
        default=None, pattern=r"^[A-Z]{2,5}$", description="NASA centre: `JPL`, `JSC`, `KSC`, `HQ`, ..."
    )


class NasaSpider(SourceSpider):
    """Searches page by page; where a search tells only previews, asks for the list of files of each image."""

    name = "nasa"
    Options = NasaOptions
    filters: ClassVar[frozenset[str]] = frozenset({"since", "until"})
    expected_status: ClassVar[frozenset[int]] = frozenset({400, 404})

    def page_request(self, stream: Stream) -> Request:
        asked = mapping(stream.cursor)
        if left := sequence(asked.get("left")):
            return self._files_request(mapping(left[0]))
        options, wanted = self.options, self.wanted
        parameters: dict[str, Any] = {
            "q": stream.query,
            "media_type": "image",
            "page": number(asked.get("page")) or stream.page,
            "page_size": options.page_size,
            "center": options.center,
            "year_start": wanted.since.year if wanted.since else None,
            "year_end": wanted.until.year if wanted.until else None,
        }
        given = {name: value for name, value in parameters.items() if value is not None}
        return Request(f"{options.endpoint}/search?{urlencode(given, errors='replace')}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        told = response.request.meta.get("told") if response.request else None
        if told is not None and response.status == 404:
            return self._record_page([], stream)
        body = json_value(response)
        if not isinstance(body, list):
            collection = self._collection(body if isinstance(body, dict) else json_object(response), response)
            if collection is None:
                return Page(candidates=(), done=True)
            items = collection["items"]
            if not items or any(_is_result(item) for item in items):
                return self._search_page(collection, response, stream)
            body = [mapping(item).get("href") for item in items]
        files = files_of({"href": each} for each in body)
        if not files and told is None:
            raise LayoutChanged(f"none of {len(body)} files is an image in {place(response.url)}")
        return self._record_page([self._candidate(told or {}, files, stream)] if files else [], stream)

    def _collection(self, body: Mapping[str, Any], response: TextResponse) -> Mapping[str, Any] | None:
        """What an answer holds; None for the refusal of a page beyond the last."""
        collection = mapping(body.get("collection"))
        if isinstance(collection.get("items"), list):
            return collection
        if TOO_DEEP in (message_of(body) or "").lower():
            return None
        check_error(body, response, self.retry_after(response))
        raise LayoutChanged(f"no list of items in the answer of {place(response.url)}")

    def _search_page(self, collection: Mapping[str, Any], response: TextResponse, stream: Stream) -> Page:
        items, found, left = collection["items"], [], []
        pictures = [item for item in items if _data(item).get("media_type") not in ("video", "audio")]
        for item in (item for item in pictures if isinstance(item, dict)):
            told, files = _about(item), files_of(sequence(item.get("links")))
            if files and files[0].worth[0]:
                found.append(self._candidate(told, files, stream))
            elif response.request and "engine_id" in told:
                left.append(told | ({"thumbnail_url": files[0].address} if files else {}))
            elif files:
                found.append(self._candidate(told, [original(files[0]), *files], stream))
        if pictures and not found and not left:
            raise LayoutChanged(f"none of {len(pictures)} items has an image in {place(response.url)}")
        page = number(mapping(stream.cursor).get("page")) or stream.page
        links = [mapping(link).get("rel") for link in sequence(collection.get("links"))]
        more = bool(items) and "next" in links and page * self.options.page_size < DEPTH
        return self._page(found, left, page + 1 if more else 0)

    def _record_page(self, found: list[Candidate], stream: Stream) -> Page:
        """The page whose own answer is the first of the images that are left from a search."""
        cursor = mapping(stream.cursor)
        left = [mapping(each) for each in sequence(cursor.get("left"))]
        return self._page(found, left[1:], number(cursor.get("page")) or 0)

    def _page(self, found: list[Candidate], left: Sequence[Any], following: int) -> Page:
        asked, later = left[:AT_ONCE], left[AT_ONCE:]
        return Page(
            candidates=found,
            details=[self._files_request(told) for told in asked],
            cursor={"page": following, "left": list(later)},
            done=not later and not following,
        )

    def _files_request(self, told: Mapping[str, Any]) -> Request:
        """Asks for the files of an image; what its search told travels with the request."""
        nasa_id = quote(str(told.get("engine_id")), safe="", errors="replace")
        return Request(f"{self.options.endpoint}/asset/{nasa_id}", meta={"told": dict(told)})

    def _candidate(self, told: Mapping[str, Any], files: Sequence[File], stream: Stream) -> Candidate:
        """An image by its files, best first, and by what its search told."""
        preview = next((file.address for file in files if file.worth[:2] == (0, 0)), None)
        known = {**files[0].about, "thumbnail_url": preview, **told, "tags": tuple(told.get("tags", ()))}
        known |= {"image_url": files[0].address, "site": "images.nasa.gov"}
        if "engine_id" not in told:
            known["engine_id"] = unquote(files[0].name)
            known["page_url"] = _details_url(known["engine_id"])
        asked = stream.question
        return Candidate(engine=self.name, category=asked.category, query=asked.query, **known)


def _is_result(item: Any) -> bool:
    """Whether an item is one of a search; a list of files has addresses only."""
    return not isinstance(item, dict) or "data" in item or "links" in item


def _data(item: Any) -> Mapping[str, Any]:
    data = mapping(item).get("data")
    return mapping(data[0] if data and isinstance(data, list) else data)


def _about(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a search tells of an image beside its files, as JSON; only what there is."""
    data = _data(item)
    nasa_id, center = plain(data.get("nasa_id")), text(data.get("center"))
    words = ",".join(texts(data.get("keywords"))).replace(";", ",").split(",")
    told = {
        "engine_id": nasa_id,
        "title": text(data.get("title")),
        "alt": text(data.get("description_508")) or text(data.get("description")),
        "tags": list(dict.fromkeys(filter(None, map(str.strip, words)))),
        "page_url": _details_url(nasa_id),
        "creator": text(data.get("photographer")) or text(data.get("secondary_creator")) or center,
        "date": plain(data.get("date_created")),
        "extra": {"center": center} if center else {},
    }
    return {name: value for name, value in told.items() if value}


def _details_url(nasa_id: str | None) -> str | None:
    return f"https://images.nasa.gov/details/{quote(nasa_id, safe='', errors='replace')}" if nasa_id else None


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="nasa",
        summary="Photographs of NASA: space, aircraft, the Earth from above (mostly without copyright)",
        spider=NasaSpider,
        options=NasaOptions,
        homepage="https://images.nasa.gov/",
        limits="10,000 results a query; no key; no published rate limit",
    )
