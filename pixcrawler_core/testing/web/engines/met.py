"""The Metropolitan Museum of Art: `/met/public/collection/`, below it both searches and `v1/objects/<id>`.

Works that are not in the public domain have records without images; every fifth id belongs to no record.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine
from pixcrawler_core.testing.web.photographs import Photograph

DEPTH = 10_000
MOST = 500
"""Ids that a page of the newer search holds."""
WITHDRAWN = 1_000_000_000
"""Ids from here on have no record any more."""


class Simulated(Engine):
    """Gives ids page by page (v1.1) or all at once (v1), and the record of each."""

    name = "met"

    def block(self) -> web.Response:
        text = "<html><head><title>Request Rejected</title></head><body>Access Denied</body></html>"
        return web.Response(status=403, text=text, content_type="text/html")

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        path = rest.removeprefix("public/collection/")
        if path == "v1.1/search":
            return self._search(request.query, paged=True)
        if path == "v1/search":
            return self._search(request.query, paged=False)
        photograph = self.by_number(path.removeprefix("v1/objects/"))
        if photograph is None:
            return web.json_response({"message": "ObjectID not found"}, status=404)
        return web.json_response(self._record(photograph))

    def _search(self, asked: Any, *, paged: bool) -> web.Response:
        if not asked.get("q"):
            return web.json_response({"message": "q is required"}, status=400)
        first, last = int(asked.get("dateBegin", -9999)), int(asked.get("dateEnd", 9999))
        found = [each for each in self.search(asked["q"]) if first <= self._year(each) <= last]
        if asked.get("isPublicDomain") == "true":
            found = [each for each in found if _is_free(each)]
        ids = [self.number_of(each) for each in found]
        for place in range(4, len(ids), 5):
            ids.insert(place, WITHDRAWN + place)
        shown = ids
        if paged:
            offset, limit = int(asked.get("offset", 0)), min(int(asked.get("limit", 100)), MOST)
            shown = ids[offset : offset + limit] if offset + limit <= DEPTH else []
        return web.json_response({"total": len(ids), "objectIDs": shown or None})

    def _year(self, photograph: Photograph) -> int:
        return 1500 + self.number_of(photograph) % 500

    def _record(self, photograph: Photograph) -> dict[str, Any]:
        found, free = self.number_of(photograph), _is_free(photograph)
        return {
            "objectID": found,
            "isHighlight": False,
            "isPublicDomain": free,
            "primaryImage": self.image_url(photograph) if free else "",
            "primaryImageSmall": self.thumb_url(photograph, 600) if free else "",
            "additionalImages": [],
            "department": "Photographs",
            "objectName": "Photograph",
            "title": photograph.title,
            "culture": "",
            "artistDisplayName": photograph.creator,
            "artistWikidata_URL": "",
            "artistULAN_URL": "",
            "objectDate": str(self._year(photograph)),
            "medium": "Photographic print",
            "creditLine": "Gift of the simulated web",
            "classification": photograph.category,
            "rightsAndReproduction": "" if free else photograph.licence.name,
            "objectURL": self.page_url(photograph),
            "tags": [{"term": tag, "AAT_URL": ""} for tag in photograph.tags] or None,
        }


def _is_free(photograph: Photograph) -> bool:
    return photograph.licence.code in {"cc0", "pdm"}
