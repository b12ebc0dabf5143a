"""Europeana: objects of Europe's museums, archives and libraries, with a rights statement per object.

Wire format: https://europeana.atlassian.net/wiki/spaces/EF/ (Search API and Record API).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import filesize, first, first_url, mapping, number, plain, several, texts, url
from pixcrawler_core.components import Secret, Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import licence_code
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import UNEXPLAINED, message_of
from pixcrawler_core.sources import KeyedOptions, LayoutChanged, place
from pixcrawler_spiders.keyed import KeyedSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

    from pixcrawler_core.filters import Filters

MIME = "ebucoreHasMimeType"
SIZES = {"small": "small", "medium": "medium", "large": "large extra_large", "wallpaper": "extra_large"}
ASPECTS = {"tall": "portrait", "wide": "landscape"}
COLOURS = {
    "red": "#FF0000", "orange": "#FFA500", "yellow": "#FFFF00", "green": "#008000", "teal": "#008080",
    "blue": "#0000FF", "purple": "#800080", "pink": "#FFC0CB", "brown": "#A52A2A", "black": "#000000",
    "gray": "#808080", "white": "#FFFFFF",
}  # fmt: skip
"""Colours of the palette that the interface sorts images by."""
REUSE = {
    "public-domain": "open", "commercial-modification": "open",
    "commercial": "open,restricted", "modification": "open,restricted",
}  # fmt: skip
"""Groups of rights that hold all wanted ones; the licence of each candidate is checked afterwards."""


class EuropeanaOptions(KeyedOptions):
    """What part of Europeana is searched."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://api.europeana.eu", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=100, ge=1, le=100, description="Results a page.")
    media: bool = Field(default=True, description="Only objects whose image Europeana could open itself.")
    theme: str | None = Field(
        default=None, pattern=r"^[a-z-]+$", description="Theme such as `art`, `nature`."
    )
    country: str | None = Field(
        default=None, pattern=r'^[^"\\]+$', description="English name of the country that holds the object."
    )
    data_provider: str | None = Field(
        default=None, pattern=r'^[^"\\]+$', description="Name of the institution that holds the object."
    )


class EuropeanaSpider(KeyedSpider):
    """Searches the images with a cursor; reads full records too, which tell sizes."""

    name = "europeana"
    Options = EuropeanaOptions
    filters: ClassVar[frozenset[str]] = frozenset({"size", "color", "aspect", "license", "since", "until"})

    def page_request(self, stream: Stream) -> Request:
        options = self.options
        wanted = [("qf", each) for each in _refinements(self.wanted)]
        for field, value in (("COUNTRY", options.country), ("DATA_PROVIDER", options.data_provider)):
            wanted += [("qf", f'{field}:"{value}"')] if value else []
        if (reuse := REUSE.get(self.wanted.license or "")) is not None:
            wanted.append(("reusability", reuse))
        parameters = [
            ("wskey", options.secret),
            ("query", stream.query),
            ("qf", "TYPE:IMAGE"),
            *wanted,
            *([("media", "true")] if options.media else []),
            *([("theme", options.theme)] if options.theme else []),
            ("profile", "rich"),
            ("rows", str(options.page_size)),
            ("cursor", plain(mapping(stream.cursor).get("cursor")) or "*"),
        ]
        query = urlencode(parameters, errors="replace")
        return Request(f"{options.endpoint}/record/v2/search.json?{query}")

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = self.answer(response)
        if mapping(body.get("object")):
            return self._record(mapping(body["object"]), stream, response)
        items = body.get("items")
        if items is None and "totalResults" in body:
            items = []
        if not isinstance(items, list):
            raise LayoutChanged(f"neither items nor a record in the answer of {place(response.url)}")
        found = [self._candidate(mapping(item), stream) for item in items]
        candidates = [candidate for candidate in found if candidate is not None]
        if items and not any(mapping(item).get("id") for item in items):
            raise LayoutChanged(f"none of {len(items)} items has an id in {place(response.url)}")
        following = plain(body.get("nextCursor"))
        if not items or following is None:
            return Page(candidates=candidates, done=True)
        return Page(candidates=candidates, cursor={"cursor": following})

    def message(self, body: dict[str, Any]) -> str | None:
        if body.get("success") is not False and "error" not in body:
            return None
        return message_of(body, ("error", "message")) or UNEXPLAINED

    def _candidate(self, item: Mapping[str, Any], stream: Stream) -> Candidate | None:
        image_url = first_url(item.get("edmIsShownBy"))
        if image_url is None:
            return None
        rights, shown_at = first_url(item.get("rights")), first_url(item.get("edmIsShownAt"))
        provider = first(item.get("provider"))
        creators = [*several(item.get("dcCreator")), *_languages(item.get("dcCreatorLangAware"))]
        return self.candidate(
            stream,
            image_url,
            thumbnail_url=first_url(item.get("edmPreview")),
            title=first(item.get("title")),
            alt=first(item.get("dcDescription")),
            tags=_names(_languages(item.get("dcSubjectLangAware"))),
            page_url=_without_key(first_url(item.get("guid"))) or shown_at,
            site=first(item.get("dataProvider")) or provider,
            license=licence_code(rights),
            license_url=rights,
            creator=next(iter(_names(creators)), None),
            creator_url=first_url(creators),
            date=first(item.get("year")),
            engine_id=plain(item.get("id")),
            extra=_extra(provider=provider, shown_at=shown_at),
        )

    def _record(self, record: Mapping[str, Any], stream: Stream, response: TextResponse) -> Page:
        """All images of a full record, each with its sizes."""
        aggregations = [each for each in map(mapping, several(record.get("aggregations"))) if each]
        if not aggregations:
            raise LayoutChanged(f"a record without aggregations from {place(response.url)}")
        about = _of_record(record)
        candidates = []
        for aggregation in aggregations:
            resources = map(mapping, several(aggregation.get("webResources")))
            known = {found: each for each in resources if (found := url(each.get("about")))}
            shown = [*several(aggregation.get("edmIsShownBy")), *several(aggregation.get("hasView"))]
            images = [address for address, each in known.items() if "image/" in str(each.get(MIME))]
            for address in dict.fromkeys([*(found for each in shown if (found := url(each))), *images]):
                told = about | _of_resource(known.get(address, {}), aggregation)
                candidates.append(self.candidate(stream, address, **told))
        return Page(candidates=candidates, done=True)


def _refinements(wanted: Filters) -> Iterator[str]:
    """The filters as facets: several values of one facet are alternatives."""
    yield from (f"IMAGE_SIZE:{size}" for size in SIZES.get(wanted.size or "", "").split())
    if wanted.aspect in ASPECTS:
        yield f"IMAGE_ASPECTRATIO:{ASPECTS[wanted.aspect]}"
    if wanted.color in ("color", "monochrome"):
        yield f"IMAGE_COLOUR:{str(wanted.color == 'color').lower()}"
    elif wanted.color in COLOURS:
        yield f"COLOURPALETTE:{COLOURS[wanted.color]}"
    if wanted.since or wanted.until:
        since, until = (f"{day.year:04}" if day else "*" for day in (wanted.since, wanted.until))
        yield f"YEAR:[{since} TO {until}]"


def _names(values: Iterable[Any]) -> tuple[str, ...]:
    """The texts among values of which some are addresses of authority files."""
    return tuple(each for each in texts(list(values)) if url(each) is None and not each.startswith("#"))


def _languages(value: Any) -> list[Any]:
    """All texts of an object such as `{"en": ["Cat"], "de": "Katze"}`, English and unmarked ones first."""
    told = mapping(value)
    order = sorted(told, key=lambda language: (language != "en", language != "def"))
    return [each for language in order for each in several(told[language])]


def _without_key(address: str | None) -> str | None:
    """A page's address without its query, in which the interface puts the caller's key."""
    return address.partition("?")[0] if address else None


def _extra(**told: str | None) -> dict[str, str]:
    return {name: value for name, value in told.items() if value}


def _of_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a full record tells of all its images."""
    own = mapping(record.get("europeanaAggregation"))
    proxies = [each for each in map(mapping, several(record.get("proxies"))) if each]

    def told(name: str) -> list[Any]:
        return [each for proxy in proxies for each in _languages(proxy.get(name))]

    agents = (mapping(each).get("prefLabel") for each in several(record.get("agents")))
    creators = [*told("dcCreator"), *(name for labels in agents for name in _languages(labels))]
    return {
        "thumbnail_url": first_url(own.get("edmPreview")),
        "title": first(record.get("title")) or next(iter(_names(told("dcTitle"))), None),
        "alt": next(iter(_names(told("dcDescription"))), None),
        "tags": _names(told("dcSubject")),
        "page_url": _without_key(first_url(own.get("edmLandingPage"))),
        "creator": next(iter(_names(creators)), None),
        "creator_url": first_url(creators),
        "date": first(record.get("year")) or next(iter(_names(told("dctermsCreated"))), None),
        "engine_id": plain(record.get("about")),
    }


def _of_resource(resource: Mapping[str, Any], aggregation: Mapping[str, Any]) -> dict[str, Any]:
    """What a full record tells of one image."""
    own, shared = resource.get("webResourceEdmRights"), aggregation.get("edmRights")
    rights = first_url(_languages(own)) or first_url(_languages(shared))
    return {
        "width": number(resource.get("ebucoreWidth")),
        "height": number(resource.get("ebucoreHeight")),
        "filesize_bytes": filesize(resource.get("ebucoreFileByteSize")),
        "format": plain(resource.get(MIME)),
        "license": licence_code(rights),
        "license_url": rights,
        "site": next(iter(_names(_languages(aggregation.get("edmDataProvider")))), None),
        "extra": _extra(shown_at=first_url(aggregation.get("edmIsShownAt"))),
    }


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="europeana",
        summary="Objects of Europe's museums, archives and libraries, with a rights statement each",
        spider=EuropeanaSpider,
        options=EuropeanaOptions,
        licences=True,
        homepage="https://www.europeana.eu/",
        limits="a free key; the files lie with the institutions, where some links are dead or lead to pages",
        secrets=(Secret(env="EUROPEANA_API_KEY", url="https://apis.europeana.eu/"),),
    )
