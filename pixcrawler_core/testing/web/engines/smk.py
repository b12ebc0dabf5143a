"""The API of SMK: `/smk/api/v1/art/search/` and `/smk/api/v1/art/?object_number=`."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, image, page_of
from pixcrawler_core.testing.web.photographs import Photograph

MOST = 2000
RANGE = re.compile(r"\[production_dates_start:\{([^;]*);([^}]*)\}\]")
COPYRIGHT = "https://www.smk.dk/en/article/copyright/"


class Simulated(Engine):
    """Answers a query by `offset` and `rows`; originals are downloads, other sizes come from IIIF."""

    name = "smk"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        rest = rest.removeprefix("api/v1/").strip("/")
        if rest == "art/search":
            return self._search(request)
        if rest == "art":
            photograph = self.photograph(request.query.get("object_number", "").removeprefix("KMS"))
            return web.json_response({"items": [self._work(photograph)] if photograph else []})
        what, _, path = rest.partition("/")
        photograph = self.photograph(path.partition("/")[0].removesuffix(".tif.jp2"))
        if photograph is None:
            return web.json_response({"error": "not found"}, status=404)
        if what == "iiif" and "/full/full/" not in path:
            return web.Response(status=302, headers={"Location": self.thumb_url(photograph, 1024)})
        return image(photograph)

    def _search(self, request: web.BaseRequest) -> web.Response:
        asked = request.query
        if "keys" not in asked:
            return web.json_response(
                {"error": "request.query should have required property 'keys'"}, status=400
            )
        offset, rows = int(asked.get("offset", 0)), min(int(asked.get("rows", 10)), MOST)
        found = self.search("" if asked["keys"] == "*" else asked["keys"])
        if "[public_domain:true]" in ",".join(asked.getall("filters", [])).split(","):
            found = [each for each in found if not each.licence.needs_attribution]
        if span := RANGE.fullmatch(asked.get("range", "")):
            first, last = ("" if each == "*" else each for each in span.groups())
            found = [each for each in found if first <= _start(each) <= (last or "9999")]
        fields = asked.get("fields", "").split(",")
        works = [self._work(each) for each in page_of(found, offset, rows)]
        items = [{name: work[name] for name in work if fields == [""] or name in fields} for work in works]
        return web.json_response({"offset": offset, "rows": rows, "found": len(found), "items": items})

    def _work(self, photograph: Photograph) -> dict[str, Any]:
        called, free = self.id_of(photograph), not photograph.licence.needs_attribution
        server = self.url(f"/api/v1/iiif/{called}.tif.jp2", host="iip")
        return {
            "id": f"{self.number_of(photograph)}_object",
            "object_number": f"KMS{called}",
            "titles": [{"title": photograph.title, "language": "English", "type": "museum"}],
            "artist": [photograph.creator] if photograph.creator else [],
            "production": [{"creator": photograph.creator}],
            "production_date": [{"start": _start(photograph), "period": _start(photograph)[:4]}],
            "techniques": list(photograph.tags),
            "object_names": [{"name": "photograph"}],
            "rights": photograph.licence.url if free else COPYRIGHT,
            "public_domain": free,
            "has_image": True,
            "image_native": self.url(f"/api/v1/download/{called}/KMS{called}.jpg", host="smk"),
            "image_iiif_id": server,
            "image_thumbnail": f"{server}/full/!1024,/0/default.jpg",
            "image_width": photograph.width,
            "image_height": photograph.height,
            "image_size": len(photograph.body),
            "image_mime_type": photograph.content_type,
            "frontend_url": self.page_url(photograph),
        }


def _start(photograph: Photograph) -> str:
    return f"{1850 + int(photograph.sha256[:4], 16) % 120}-01-01T00:00:00Z"
