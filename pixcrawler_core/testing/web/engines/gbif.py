"""GBIF: `/gbif/v1/occurrence/search`, with the media as GBIF reads them or as the publisher sent them.

Every fourth record has its images only in the extension, and names each of them twice.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

MULTIMEDIA = "http://rs.gbif.org/terms/1.0/Multimedia"
DUBLIN_CORE = "http://purl.org/dc/terms/"
DEPTH = 100_000
LICENCES = {"cc0": "CC0_1_0", "by": "CC_BY_4_0", "by-nc": "CC_BY_NC_4_0"}


class Simulated(Engine):
    """Answers a query by offset and limit, and single records by key."""

    name = "gbif"

    def block(self) -> web.Response:
        return web.Response(status=403, text="<html><h1>403 Forbidden</h1></html>", content_type="text/html")

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if rest == "v1/occurrence/search":
            return self._search(request.query)
        photograph = self.by_number(rest.rpartition("/")[2]) if rest.startswith("v1/occurrence/") else None
        if photograph is None:
            return web.Response(status=404, text="Not found")
        return web.json_response(self._record(photograph))

    def _search(self, asked: Any) -> web.Response:
        offset, limit = int(asked.get("offset", 0)), min(int(asked.get("limit", 20)), 300)
        if offset + limit > DEPTH:
            return web.Response(status=400, text=f"Max offset of {DEPTH} exceeded: {offset} + {limit}")
        licences = set(asked.getall("license", ()))
        since, _, until = asked.get("eventDate", "*,*").replace("*", "").partition(",")
        found = [
            each
            for each in self.search(asked.get("scientificName") or asked.get("q", ""))
            if (not licences or LICENCES.get(each.licence.code) in licences)
            and since <= self._day(each) <= (until or "9999")
            and asked.get("mediaType", "StillImage") == "StillImage"
            and asked.get("country", "DK") == "DK"
        ]
        shown = page_of(found, offset, limit)
        answer = {
            "offset": offset,
            "limit": limit,
            "endOfRecords": offset + limit >= len(found),
            "count": len(found),
            "results": [self._record(each) for each in shown],
            "facets": [],
        }
        return web.json_response(answer)

    def _day(self, photograph: Photograph) -> str:
        found = self.number_of(photograph)
        return f"{1990 + found % 35}-{1 + found % 12:02}-{1 + found % 28:02}"

    def _record(self, photograph: Photograph) -> dict[str, Any]:
        key = self.number_of(photograph)
        medium = {
            "type": "StillImage",
            "format": photograph.content_type,
            "identifier": self.image_url(photograph),
            "title": photograph.title,
            "creator": photograph.creator,
            "rightsHolder": photograph.creator,
            "license": photograph.licence.url,
        }
        sent = {f"{DUBLIN_CORE}{name}": value for name, value in medium.items()}
        return {
            "key": key,
            "datasetKey": "00000000-0000-4000-8000-000000000001",
            "basisOfRecord": "HUMAN_OBSERVATION",
            "scientificName": photograph.title,
            "vernacularName": photograph.title,
            "kingdom": "Animalia",
            "recordedBy": photograph.creator,
            "eventDate": self._day(photograph),
            "country": "Denmark",
            "countryCode": "DK",
            "references": self.page_url(photograph),
            "license": photograph.licence.url,
            "extensions": {MULTIMEDIA: [sent, sent]},
            "media": [medium] if key % 4 else [],
        }
