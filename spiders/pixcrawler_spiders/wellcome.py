"""Wellcome Collection: images of the history of medicine and health, with licence and contributors.

Wire format: https://developers.wellcomecollection.org/api/catalogue and the server's source,
wellcomecollection/catalogue-api. Images are served by the IIIF Image API, which scales them on request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, sequence, text, texts, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import ALL_RIGHTS, Rights, licence_of
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import UNEXPLAINED, message_of, problem_of, status_of
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

DEPTH = 10_000
"""Results of one query beyond which the interface answers no more."""
DESCRIPTION = "/info.json"
RENDITION = re.compile(r"(?<=/image/)[^/]+(/full/[^/]+/0/default\.\w+)$")
"""Ends of addresses of images that are scaled on request."""
FILE = re.compile(r"\.(?:jpe?g|png|gif|webp)$", re.IGNORECASE)
LICENCES: Mapping[Rights, str] = {
    "any": "cc-0,pdm,cc-by,cc-by-sa,cc-by-nc,cc-by-nd,cc-by-nc-sa,cc-by-nc-nd,ogl,opl",
    "public-domain": "cc-0,pdm",
    "commercial": "cc-0,pdm,cc-by,cc-by-sa,cc-by-nd",
    "modification": "cc-0,pdm,cc-by,cc-by-sa,cc-by-nc,cc-by-nc-sa",
    "commercial-modification": "cc-0,pdm,cc-by,cc-by-sa",
}
"""Ids of the licences that allow what is asked."""
CODES = {"inc": ALL_RIGHTS}
"""Ids that are no names of licences elsewhere."""
COLORS = {
    "red": "e02020", "orange": "e67e22", "yellow": "f1c40f", "green": "2e8b57", "teal": "008080",
    "blue": "2a52be", "purple": "7d3c98", "pink": "ff9ec4", "brown": "7b4a22", "black": "000000",
    "gray": "808080", "white": "ffffff",
}  # fmt: skip
"""The search takes any colour; images come nearest first."""


class WellcomeOptions(SourceOptions):
    """Filters of Wellcome Collection's image search."""

    endpoint: str = Field(
        default="https://api.wellcomecollection.org",
        pattern="^https?://",
        description="Address of the interface.",
    )
    page_size: int = Field(default=50, ge=1, le=100, description="Results a page.")
    genre: str | None = Field(
        default=None, description="Comma list of genres, such as `Etchings,Oil paintings`."
    )
    subject: str | None = Field(default=None, description="Comma list of subjects, such as `Anatomy`.")


class WellcomeSpider(SourceSpider):
    """Asks /catalogue/v2/images page by page; knows the records of works as well."""

    name = "wellcome"
    Options = WellcomeOptions
    filters: ClassVar[frozenset[str]] = frozenset({"license", "color", "since", "until"})

    def page_request(self, stream: Stream) -> Request:
        options, wanted = self.options, self.wanted
        asked = {
            "query": stream.query,
            "locations.license": LICENCES[wanted.license] if wanted.license else None,
            "color": COLORS.get(wanted.color) if wanted.color else None,
            "source.production.dates.from": wanted.since,
            "source.production.dates.to": wanted.until,
            "source.genres.label": options.genre,
            "source.subjects.label": options.subject,
            "include": "source.contributors,source.genres,source.subjects",
            "pageSize": options.page_size,
            "page": stream.page,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return Request(
            f"{options.endpoint}/catalogue/v2/images?{urlencode(given, errors='replace')}",
            headers={"Accept": "application/json"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        self._check_error(body, response)
        results = [body] if _is_record(body) else body.get("results")
        if not isinstance(results, list):
            raise LayoutChanged(f"no list of results in the answer of {place(response.url)}")
        candidates = [each for result in results for each in self._candidates(mapping(result), stream)]
        if not candidates and not all(_without_images(result) for result in results):
            raise LayoutChanged(f"none of {len(results)} results has an image's URL in {place(response.url)}")
        shown, pages = stream.page * self.options.page_size, number(body.get("totalPages"))
        more = url(body.get("nextPage")) is not None or (pages is not None and stream.page < pages)
        return Page(
            candidates=candidates, done=not results or not more or shown + self.options.page_size > DEPTH
        )

    def _check_error(self, body: Mapping[str, Any], response: TextResponse) -> None:
        """Raise for an error: of the interface (`type` is `Error`) or of the gateway (only a `message`)."""
        gateway = "message" in body and "results" not in body and not _is_record(body)
        if not gateway and body.get("type") != "Error" and "errorType" not in body:
            return
        told = message_of(body, ("label", "description", "message")) or UNEXPLAINED
        raise problem_of(told, status_of(body, response), self.retry_after(response))

    def _candidates(self, result: Mapping[str, Any], stream: Stream) -> Iterator[Candidate]:
        """An image of an image's record; of a work's record all images of its items, else its thumbnail."""
        if "source" in result or "locations" in result:
            places = [next((each for each in _locations(result) if url(each.get("url"))), {})]
        else:
            items = (mapping(item) for item in sequence(result.get("items")))
            places = [each for item in items for each in _locations(item) if _is_iiif(each)]
        thumbnail = mapping(result.get("thumbnail"))
        for location in places or [thumbnail]:
            image_url = _rendition(location, "max") or _rendition(thumbnail, "max")
            if image_url is not None:
                yield self._candidate(image_url, location or thumbnail, result, stream)

    def _candidate(
        self, image_url: str, location: Mapping[str, Any], result: Mapping[str, Any], stream: Stream
    ) -> Candidate:
        thumbnail, licence = mapping(result.get("thumbnail")), mapping(location.get("license"))
        work = mapping(result.get("source")) or result
        work_id = plain(work.get("id"))
        told = {
            "attribution": text(location.get("credit")) or text(thumbnail.get("credit")),
            "aspect_ratio": plain(result.get("aspectRatio")),
            "average_color": plain(result.get("averageColor")),
        }
        return Candidate(
            engine=self.name,
            category=stream.category,
            query=stream.query,
            image_url=image_url,
            thumbnail_url=_rendition(thumbnail, "!200,200") or _rendition(location, "!200,200"),
            format="image/jpeg" if image_url.endswith(".jpg") else None,
            title=text(work.get("title")),
            alt=text(work.get("description")),
            tags=_labels(work.get("subjects")) + _labels(work.get("genres")),
            page_url=f"https://wellcomecollection.org/works/{quote(work_id, safe='')}" if work_id else None,
            site="wellcomecollection.org",
            license=_licence(licence),
            license_url=url(licence.get("url")),
            creator="; ".join(_contributors(work)) or None,
            date=_date(work),
            engine_id=plain(result.get("id")),
            extra={key: value for key, value in told.items() if value},
        )


def _is_record(body: Mapping[str, Any]) -> bool:
    """Whether an answer is the record of one image or one work."""
    return "results" not in body and bool({"locations", "items", "thumbnail"} & body.keys())


def _locations(holder: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mapping(each) for each in sequence(holder.get("locations"))]


def _is_iiif(location: Mapping[str, Any]) -> bool:
    """Whether a location is an image: others are manifests, web pages and shelves."""
    return _service(url(location.get("url")) or "") is not None


def _without_images(result: Any) -> bool:
    """Whether a result is a work in the known form without images, of which the catalogue has many."""
    return mapping(result).get("type") == "Work" and "thumbnail" not in mapping(result)


def _rendition(location: Mapping[str, Any], size: str) -> str | None:
    """A JPEG of that size by the IIIF Image API, or the image as it is where that is not spoken."""
    address = url(location.get("url")) or ""
    if (service := _service(address)) is not None:
        return f"{service}/full/{size}/0/default.jpg"
    return address if FILE.search(address) else None


def _service(address: str) -> str | None:
    """The address of an image by the IIIF Image API, by that of its description or of a rendition."""
    if address.endswith(DESCRIPTION):
        return address.removesuffix(DESCRIPTION)
    found = RENDITION.search(address)
    return address[: found.start(1)] if found else None


def _licence(told: Mapping[str, Any]) -> str | None:
    name = plain(told.get("id"))
    return licence_of(plain(told.get("url")), CODES.get(name or "", name), plain(told.get("label")))


def _labels(value: Any) -> tuple[str, ...]:
    """The labels in a list of subjects or genres."""
    return texts([mapping(each).get("label") for each in sequence(value)])


def _contributors(work: Mapping[str, Any]) -> tuple[str, ...]:
    return _labels([mapping(each).get("agent") for each in sequence(work.get("contributors"))])


def _date(work: Mapping[str, Any]) -> str | None:
    """When the work was made, as its record tells."""
    events = (_labels(mapping(event).get("dates")) for event in sequence(work.get("production")))
    return next((dates[0] for dates in events if dates), None)


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="wellcome",
        summary="Images of the history of medicine and health of Wellcome Collection",
        spider=WellcomeSpider,
        options=WellcomeOptions,
        licences=True,
        homepage="https://wellcomecollection.org/",
        limits="100 results a page, 10,000 a query; no documented rate",
    )
