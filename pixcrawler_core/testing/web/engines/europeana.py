"""Europeana: a search with cursors, rights as addresses, and the caller's key in the addresses it gives."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import KEY, Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

OPEN = {"cc0", "pdm", "by", "by-sa"}
CURSOR = re.compile(r"AoE(\d{1,9})")
PIXELS = {"small": (0, 500_000), "medium": (500_000, 10**6), "large": (10**6, 4 * 10**6)}


class Simulated(Engine):
    """`GET /europeana/record/v2/search.json` and `/europeana/record/v2/<set>/<id>.json`."""

    name = "europeana"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        query = request.query
        key = str(query.get("wskey") or request.headers.get("X-Api-Key", ""))
        if key != KEY:
            return _refusal(401, "Invalid API key", key)
        if rest != "record/v2/search.json":
            found = self.photograph(rest.removeprefix("record/v2/1/").removesuffix(".json"))
            reply = {"apikey": key, "success": True, "object": self._record(found)} if found else None
            return web.json_response(reply) if reply else _refusal(404, "Invalid record identifier", key)
        rows, cursor = query.get("rows", "12"), query.get("cursor", "*")
        place = 0 if cursor == "*" else _place(cursor)
        if not query.get("query") or not rows.isdigit() or place is None:
            return _refusal(400, "Invalid query parameter", key)
        wanted = [each for each in self.search(query["query"]) if _fits(each, query.get("reusability", ""))]
        facets = query.getall("qf", [])
        wanted = [each for each in wanted if _has(each, facets)]
        size = min(int(rows), 100)
        items = [self._item(each, key) for each in page_of(wanted, place, size)]
        reply = {"apikey": key, "success": True, "requestNumber": 999, "itemsCount": len(items)}
        reply |= {"totalResults": len(wanted), "items": items}
        if place + size < len(wanted):
            reply["nextCursor"] = f"AoE{place + size}"
        return web.json_response(reply)

    def block(self) -> web.Response:
        return _refusal(401, "API key is disabled", KEY)

    def _item(self, photograph: Photograph, key: str) -> dict[str, Any]:
        number = f"/1/{self.id_of(photograph)}"
        tracking = f"?utm_source=api&utm_medium=api&utm_campaign={key}"
        item: dict[str, Any] = {
            "id": number,
            "guid": self.page_url(photograph) + tracking,
            "link": self.url(f"/record/v2{number}.json?wskey={key}"),
            "title": [photograph.title],
            "dataProvider": ["Simulated Library"],
            "provider": ["Simulated Aggregator"],
            "edmIsShownBy": [self.image_url(photograph)],
            "edmIsShownAt": [self.page_url(photograph)],
            "edmPreview": [self.thumb_url(photograph, 400)],
            "rights": [photograph.licence.url],
            "type": "IMAGE",
            "year": ["1923"],
            "country": ["Nowhere"],
        }
        if photograph.creator:
            item["dcCreator"] = ["http://data.europeana.eu/agent/1", photograph.creator]
        return item

    def _record(self, photograph: Photograph) -> dict[str, Any]:
        resource = {
            "about": self.image_url(photograph),
            "ebucoreWidth": photograph.width,
            "ebucoreHeight": photograph.height,
            "ebucoreFileByteSize": len(photograph.body),
            "ebucoreHasMimeType": photograph.content_type,
        }
        aggregation = {
            "edmIsShownBy": self.image_url(photograph),
            "edmIsShownAt": self.page_url(photograph),
            "edmDataProvider": {"def": ["Simulated Library"]},
            "edmRights": {"def": [photograph.licence.url]},
            "webResources": [resource],
        }
        own = {"edmLandingPage": self.page_url(photograph), "edmPreview": self.thumb_url(photograph, 400)}
        return {
            "about": f"/1/{self.id_of(photograph)}",
            "title": [photograph.title],
            "aggregations": [aggregation],
            "europeanaAggregation": own,
            "proxies": [{"dcCreator": {"def": [photograph.creator]}, "dcTitle": {"def": [photograph.title]}}],
        }


def _place(cursor: str) -> int | None:
    found = CURSOR.fullmatch(cursor)
    return int(found[1]) if found else None


def _fits(photograph: Photograph, reusability: str) -> bool:
    groups = set(reusability.split(",")) - {""}
    return not groups or ("open" if photograph.licence.code in OPEN else "restricted") in groups


def _has(photograph: Photograph, facets: list[str]) -> bool:
    sizes = [each.partition(":")[2] for each in facets if each.startswith("IMAGE_SIZE:")]
    pixels = photograph.width * photograph.height
    shape = "portrait" if photograph.height > photograph.width else "landscape"
    bounds = [PIXELS.get(size, (4 * 10**6, 10**12)) for size in sizes]
    shapes = [each.partition(":")[2] for each in facets if each.startswith("IMAGE_ASPECTRATIO:")]
    return (not bounds or any(least <= pixels < most for least, most in bounds)) and shapes in ([], [shape])


def _refusal(status: int, error: str, key: str) -> web.Response:
    return web.json_response({"apikey": key, "success": False, "error": error}, status=status)
