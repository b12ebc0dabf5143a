"""iNaturalist: photos of living things with the species, as people observed them, licence per photo.

Wire format: https://api.inaturalist.org/v1/docs/ (observations, taxa); answers of v2 have the same members.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from pydantic import Field
from scrapy import Request

from pixcrawler_core import hookimpl
from pixcrawler_core.answers import json_object, mapping, number, plain, sequence, text, texts, url
from pixcrawler_core.components import Source
from pixcrawler_core.crawl.plan import Page, Stream
from pixcrawler_core.licences import ALL_RIGHTS, licence_code
from pixcrawler_core.records import Candidate
from pixcrawler_core.refusals import check_error
from pixcrawler_core.sources import LayoutChanged, SourceOptions, place
from pixcrawler_core.spider import SourceSpider

if TYPE_CHECKING:
    from scrapy.http import TextResponse

WEBSITE = "https://www.inaturalist.org"
WINDOW = 10_000
"""Results that page numbers reach; beyond them `id_above` goes on."""
LICENCES = {
    "public-domain": "cc0",
    "commercial": "cc0,cc-by,cc-by-sa,cc-by-nd",
    "modification": "cc0,cc-by,cc-by-sa,cc-by-nc,cc-by-nc-sa",
    "commercial-modification": "cc0,cc-by,cc-by-sa",
}
"""What `photo_license` takes for each `license` of a job."""
SIZED = re.compile(r"/(?:square|thumb|small|medium|large|original)(\.\w{2,5})(?=$|[?#])")
"""The part of a photo's address that names the size."""
ADDRESSES = ("original_url", "large_url", "medium_url", "small_url", "url", "square_url")
"""Where addresses of a photo may stand; the largest first."""
CREATOR = re.compile(
    r"(?:\(c\)|©)?\s*(.+?)\s*,(?:\s*(?:some|all|no) rights reserved|\s*no known copyright|[^,]*\(CC)",
    re.IGNORECASE,
)
"""The name in an attribution such as `(c) Ann, some rights reserved (CC BY)`, in several languages."""


class InaturalistOptions(SourceOptions):
    """What is searched on iNaturalist."""

    delay: float = Field(
        default=1.0, ge=0, le=60, description="Least seconds between two requests (60 a minute)."
    )
    endpoint: str = Field(
        default="https://api.inaturalist.org", pattern="^https?://", description="Address of the interface."
    )
    page_size: int = Field(default=50, ge=1, le=200, description="Observations a page.")
    search: Literal["words", "taxon"] = Field(
        default="words",
        description="Whether a query is looked for in names, tags, descriptions and places (`words`), or is "
        "the name of a species or another taxon (`taxon`).",
    )
    taxon_id: int | None = Field(default=None, ge=1, description="Only of this taxon and those below it.")
    place_id: int | None = Field(default=None, ge=1, description="Only from this place of iNaturalist.")
    quality_grade: Literal["research", "needs_id", "casual"] | None = Field(
        default=None, description="How sure the species is; `research`: others agree."
    )


class InaturalistSpider(SourceSpider):
    """Asks /v1/observations page by page, in the order of their ids."""

    name = "inaturalist"
    Options = InaturalistOptions
    filters = frozenset({"license", "since", "until", "language"})
    expected_status = frozenset({422})

    def page_request(self, stream: Stream) -> Request:
        cursor, options, wanted = mapping(stream.cursor), self.options, self.wanted
        asked = {
            "taxon_name" if options.search == "taxon" else "q": stream.query,
            "photos": "true",
            "taxon_id": options.taxon_id,
            "place_id": options.place_id,
            "quality_grade": options.quality_grade,
            "photo_licensed": "true" if wanted.license == "any" else None,
            "photo_license": LICENCES.get(wanted.license or ""),
            "d1": wanted.since,
            "d2": wanted.until,
            "locale": wanted.language,
            "order_by": "id",
            "order": "asc",
            "id_above": number(cursor.get("id_above")),
            "page": number(cursor.get("page")) or stream.page,
            "per_page": options.page_size,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return Request(
            f"{options.endpoint}/v1/observations?{urlencode(given, errors='replace')}",
            headers={"Accept": "application/json"},
        )

    def parse_page(self, response: TextResponse, stream: Stream) -> Page:
        body = json_object(response)
        rows = body.get("results")
        if not isinstance(rows, list):
            check_error(body, response, self.retry_after(response))
            raise LayoutChanged(f"no list of results in the answer of {place(response.url)}")
        known = [row for row in rows if isinstance(row, dict)]
        candidates = [each for row in known for each in self._candidates(row, stream)]
        if rows and not candidates and not (known and all(_has_no_photo(row) for row in known)):
            raise LayoutChanged(f"none of {len(rows)} results has a photo's URL in {place(response.url)}")
        cursor = self._following(body, known, stream) if rows else None
        return Page(candidates=candidates, cursor=cursor, done=cursor is None)

    def _following(
        self, body: Mapping[str, Any], rows: list[dict[str, Any]], stream: Stream
    ) -> dict[str, int] | None:
        """The next page; behind the last that page numbers reach, the first one above the last id."""
        cursor = mapping(stream.cursor)
        page, above = number(cursor.get("page")) or stream.page, number(cursor.get("id_above"))
        size = min(number(body.get("per_page")) or self.options.page_size, self.options.page_size)
        total = number(body.get("total_results"))
        if len(rows) < size if total is None else page * size >= total:
            return None
        if (page + 1) * size > WINDOW:
            last = max((number(row.get("id")) or 0 for row in rows), default=0)
            return {"page": 1, "id_above": last} if last > (above or 0) else None
        return {"page": page + 1} | ({"id_above": above} if above else {})

    def _candidates(self, row: Mapping[str, Any], stream: Stream) -> Iterator[Candidate]:
        about = _about(row)
        seen: set[str] = set()
        for photo in _photos(row):
            told = _addresses(photo)
            if told is not None and told["image_url"] not in seen:
                seen.add(told["image_url"])
                known = {**about, **_about_photo(photo, about), **told}
                yield Candidate(engine=self.name, category=stream.category, query=stream.query, **known)


def _photos(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The photos of an observation or a taxon, of which most answers name each twice."""
    told = [*sequence(row.get("photos"))]
    told += [mapping(each).get("photo") for each in sequence(row.get("observation_photos"))]
    told += [row.get("default_photo")]
    told += [mapping(each).get("photo") for each in sequence(row.get("taxon_photos"))]
    photos = [photo for photo in told if photo and isinstance(photo, dict)]
    return [photo for place, photo in enumerate(photos) if photo not in photos[:place]]


def _has_no_photo(row: Mapping[str, Any]) -> bool:
    """Whether a row says so: there are observations of sounds, and taxa that nobody photographed."""
    told = [row[name] for name in ("photos", "observation_photos", "default_photo") if name in row]
    return bool(told) and not any(told)


def _addresses(photo: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where a photo is: the original where the address tells how to name it, else the largest told."""
    told = [found for name in ADDRESSES if name in photo and (found := url(photo[name]))]
    sized = next(filter(None, map(SIZED.search, told)), None)
    if sized is not None:
        size, address = mapping(photo.get("original_dimensions")), sized.string
        before, after = address[: sized.start()], f"{sized[1]}{address[sized.end() :]}"
        return {
            "image_url": f"{before}/original{after}",
            "thumbnail_url": f"{before}/medium{after}",
            "width": number(size.get("width")),
            "height": number(size.get("height")),
        }
    return {"image_url": told[0], "thumbnail_url": told[-1]} if told else None


def _about_photo(photo: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """Rights and ids of one photo; no code of a licence means that all rights are reserved."""
    attribution = text(photo.get("attribution"))
    reserved = "license_code" in photo and photo["license_code"] is None
    return {
        "license": ALL_RIGHTS if reserved else licence_code(plain(photo.get("license_code"))),
        "creator": text(photo.get("attribution_name")) or about["creator"] or _creator(attribution),
        "engine_id": plain(photo.get("id")),
        "page_url": about["page_url"] or url(photo.get("native_page_url")),
        "extra": {**about["extra"], **({"attribution": attribution} if attribution else {})},
    }


def _creator(attribution: str | None) -> str | None:
    """The name in an attribution."""
    named = CREATOR.match(attribution or "")
    return named[1] if named else None


def _about(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an observation or a taxon tells of all its photos."""
    kind = mapping(row.get("taxon")) if "taxon" in row else row
    name, common = text(kind.get("name")), text(kind.get("preferred_common_name"))
    user, found = mapping(row.get("user")), number(row.get("id"))
    login, folder = (
        plain(user.get("login")),
        "taxa" if kind is row and "photos" not in row else "observations",
    )
    extra = {
        "taxon": name,
        "rank": plain(kind.get("rank")),
        "quality_grade": plain(row.get("quality_grade")),
        "place": text(row.get("place_guess")),
    }
    return {
        "title": text(row.get("species_guess")) or common or name,
        "tags": texts([name, common, kind.get("iconic_taxon_name"), *sequence(row.get("tags"))]),
        "page_url": url(row.get("uri")) or (f"{WEBSITE}/{folder}/{found}" if found else None),
        "site": "www.inaturalist.org",
        "creator": text(user.get("name")) or login,
        "creator_url": f"{WEBSITE}/people/{login}" if login else None,
        "date": plain(row.get("observed_on")) or plain(row.get("time_observed_at")),
        "extra": {key: value for key, value in extra.items() if value},
    }


@hookimpl
def register_sources() -> Iterator[Source]:
    yield Source(
        name="inaturalist",
        summary="Photos of animals, plants and fungi with their species",
        spider=InaturalistSpider,
        options=InaturalistOptions,
        licences=True,
        homepage="https://www.inaturalist.org/",
        limits="60 requests a minute, 10,000 a day; 5 GB of photos an hour, 24 GB a day",
    )
