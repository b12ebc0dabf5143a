"""GBIF: images of occurrences (specimens and observations) that museums and projects publish.

Wire format: https://techdocs.gbif.org/en/openapi/v1/occurrence, and the terms of its Multimedia extension.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, sequence, text, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import licence_code
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

WEBSITE = "https://www.gbif.org"
DEPTH = 100_000
"""The most that offset and limit may make together."""
LICENCES = {
    "any": ("CC0_1_0", "CC_BY_4_0", "CC_BY_NC_4_0"),
    "public-domain": ("CC0_1_0",),
    "commercial": ("CC0_1_0", "CC_BY_4_0"),
    "modification": ("CC0_1_0", "CC_BY_4_0", "CC_BY_NC_4_0"),
    "commercial-modification": ("CC0_1_0", "CC_BY_4_0"),
}
"""Licences of records for each `license` of a job."""
NAMES = ("vernacularName", "species", "scientificName", "genus", "family", "order", "class", "kingdom")
OTHER_MEDIA = re.compile(r"(?:audio|video|text|application|model)/", re.IGNORECASE)


class GbifOptions(SourceOptions):
    """What is searched at GBIF."""

    delay: float = Field(default=1.0, ge=0, le=60, description="Least seconds between two requests.")
    endpoint: str = Field(
        default="https://api.gbif.org", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=100, ge=1, le=300, description="Occurrences a page.")
    search: Literal["words", "scientific_name"] = Field(
        default="words",
        description="Whether a query is looked for in the whole record (`words`), or is the scientific name "
        "of a taxon, whose records all match (`scientific_name`).",
    )
    taxon_key: int | None = Field(default=None, ge=1, description="Only of this taxon of GBIF's backbone.")
    basis_of_record: str | None = Field(
        default=None,
        pattern="^[A-Z_]+$",
        description="Only such records: `HUMAN_OBSERVATION`, `PRESERVED_SPECIMEN`, `FOSSIL_SPECIMEN`, ...",
    )
    dataset_key: str | None = Field(default=None, description="Only of this dataset (its UUID).")


class GbifSpider(SourceSpider):
    """Asks /v1/occurrence/search for records with still images."""

    name = "gbif"
    Options = GbifOptions
    filters = frozenset({"license", "since", "until", "region"})

    def page_request(self, stream: Stream) -> Request:
        options, wanted, offset = self.options, self.wanted, self._offset(stream)
        days = (wanted.since or "*", wanted.until or "*")
        asked = {
            "scientificName" if options.search == "scientific_name" else "q": stream.query,
            "mediaType": "StillImage",
            "taxonKey": options.taxon_key,
            "basisOfRecord": options.basis_of_record,
            "datasetKey": options.dataset_key,
            "license": LICENCES.get(wanted.license or ""),
            "eventDate": None if days == ("*", "*") else f"{days[0]},{days[1]}",
            "country": wanted.region.upper() if wanted.region else None,
            "limit": max(1, min(options.page_size, DEPTH - offset)),
            "offset": offset,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return Request(
            f"{options.endpoint}/v1/occurrence/search?{urlencode(given, doseq=True, errors='replace')}",
            headers={"Accept": "application/json"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        rows = body.get("results")
        if not isinstance(rows, list):
            if "key" in body and ("media" in body or "extensions" in body):
                return Page(candidates=list(self._candidates(body, stream)), done=True)
            check_error(body, response, self.retry_after(response))
            raise LayoutChanged(f"no list of results in the answer of {place(response.url)}")
        known = [row for row in rows if isinstance(row, dict)]
        candidates = [each for row in known for each in self._candidates(row, stream)]
        if rows and not candidates and not (known and all(_has_no_image(row) for row in known)):
            raise LayoutChanged(f"none of {len(rows)} results has an image's URL in {place(response.url)}")
        size = min(number(body.get("limit")) or self.options.page_size, self.options.page_size)
        following = self._offset(stream) + size
        done = not rows or body.get("endOfRecords") is True or following >= DEPTH
        return Page(candidates=candidates, cursor=None if done else {"offset": following}, done=done)

    def _offset(self, stream: Stream) -> int:
        told = number(mapping(stream.cursor).get("offset"))
        return told or (stream.page - 1) * self.options.page_size

    def _candidates(self, row: Mapping[str, Any], stream: Stream) -> Iterator[Candidate]:
        """One for each still image of a record; some records name the same image twice."""
        images = _images(_own_media(row)) or _images(_sent_media(row))
        about = _about(row) if images else {}
        for image, medium in images.items():
            yield self.candidate(stream, image, **{**about, **_about_medium(medium, about)})


def _own_media(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mapping(medium) for medium in sequence(row.get("media"))]


def _sent_media(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        _short(mapping(medium))
        for name, rows in mapping(row.get("extensions")).items()
        if name.rpartition("/")[2] in {"Multimedia", "Image"}
        for medium in sequence(rows)
    ]


def _short(medium: Mapping[str, Any]) -> dict[str, Any]:
    """A medium under the last parts of its terms: `http://purl.org/dc/terms/license` is `license`."""
    named = {name.rpartition("/")[2]: value for name, value in medium.items()}
    return {"identifier": named.get("accessURI")} | named


def _images(media: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The first medium of each address."""
    found: dict[str, Mapping[str, Any]] = {}
    for medium in media:
        if image := _image_url(medium):
            found.setdefault(image, medium)
    return found


def _image_url(medium: Mapping[str, Any]) -> str | None:
    kind, form = plain(medium.get("type")), plain(medium.get("format"))
    if (kind and kind != "StillImage") or (not kind and OTHER_MEDIA.match(form or "")):
        return None
    return url(medium.get("identifier"))


def _has_no_image(row: Mapping[str, Any]) -> bool:
    """Whether a record without images says so: it has no media, or only sounds and films."""
    media = _sent_media(row) or _own_media(row)
    return all(plain(medium.get("type")) not in (None, "StillImage") for medium in media)


def _about(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a record tells of all its images."""
    key, licence = plain(row.get("key")), text(row.get("license"))
    names = [text(row.get(name)) for name in NAMES]
    holder, recorder = text(row.get("rightsHolder")), text(row.get("recordedBy"))
    _, species, scientific = names[:3]
    extra = {
        "scientific_name": scientific,
        "rights_holder": holder,
        "recorded_by": recorder,
        "dataset": plain(row.get("datasetKey")),
        "country": text(row.get("country")),
    }
    return {
        "title": scientific or species or text(row.get("acceptedScientificName")),
        "alt": None,
        "tags": tuple(dict.fromkeys(name for name in names if name)),
        "page_url": f"{WEBSITE}/occurrence/{key}" if key else url(row.get("references")),
        "site": text(row.get("institutionCode")) or "www.gbif.org",
        "license": licence,
        "creator": holder or recorder,
        "date": plain(row.get("eventDate")),
        "engine_id": key,
        "extra": {name: value for name, value in extra.items() if value},
    }


def _about_medium(medium: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """What the image tells itself, which goes before what is told of its record."""
    licence = text(medium.get("license")) or text(medium.get("rights")) or about["license"]
    references = url(medium.get("references"))
    holder = text(medium.get("rightsHolder"))
    extra = {"references": references, "rights_holder": holder}
    return {
        "format": plain(medium.get("format")),
        "title": text(medium.get("title")) or about["title"],
        "alt": text(medium.get("description")),
        "page_url": about["page_url"] or references,
        "site": text(medium.get("publisher")) or about["site"],
        "license": licence_code(licence),
        "license_url": url(licence),
        "creator": text(medium.get("creator")) or holder or about["creator"],
        "date": about["date"] or plain(medium.get("created")),
        "extra": {**about["extra"], **{name: value for name, value in extra.items() if value}},
    }


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="gbif",
        summary="Images of specimens and observations of living things",
        spider=GbifSpider,
        options=GbifOptions,
        licences=True,
        homepage="https://www.gbif.org/",
        limits="100,000 occurrences a query; images lie on the publishers' servers",
    )
