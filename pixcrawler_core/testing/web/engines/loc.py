"""The JSON interface of loc.gov: `/loc/photos/?fo=json` and `/loc/item/<id>/?fo=json`.

Every second photograph is shown by the image server in a quarter of its size, the others by files.
"""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, image, page_of
from pixcrawler_core.testing.web.photographs import Photograph

SIZES = ("25", "50", "100", "150")
FILE = re.compile(
    r"(storage|image)-services/([0-9a-f]+)(?:_150px\.jpg|v\.jpg|/full/(pct:[\d.]+)/0/default\.jpg)$"
)


class Simulated(Engine):
    """Answers a query page by page; what is not there has status 404 and a JSON body, as at the Library."""

    name = "loc"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if found := FILE.search(rest.replace("iiif/service:", "")):
            return self._file(found)
        section, _, identifier = rest.strip("/").partition("/")
        if request.query.get("fo") != "json":
            return web.Response(text="<!doctype html><title>Library</title>", content_type="text/html")
        if section == "item":
            photograph = self.photograph(identifier)
            return _missing() if photograph is None else web.json_response(self._record(photograph))
        return self._search(request)

    def _search(self, request: web.BaseRequest) -> web.Response:
        asked = request.query
        size = int(asked["c"]) if asked.get("c") in SIZES else 25
        page = int(asked.get("sp", 1))
        first, _, last = asked.get("dates", "1000/2100").partition("/")
        found = [each for each in self.search(asked.get("q", "")) if int(first) <= _year(each) <= int(last)]
        shown = page_of(found, (page - 1) * size, size)
        if not shown:
            return _missing()
        following = str(request.url.update_query(sp=page + 1)) if page * size < len(found) else None
        paging = {"of": len(found), "total": -(-len(found) // size), "current": page, "next": following}
        results = [self._result(each, number) for number, each in enumerate(shown)]
        return web.json_response({"results": results, "pagination": paging})

    def _result(self, photograph: Photograph, number: int) -> dict[str, Any]:
        called, free = self.id_of(photograph), not photograph.licence.needs_attribution
        rights = "No known restrictions on publication." if free else "Rights status not evaluated."
        width, height = photograph.width, photograph.height
        served = self.url(f"/image-services/iiif/service:{called}/full/pct:25/0/default.jpg", host="tile")
        stored = self.url(f"/storage-services/{called}v.jpg", host="tile")
        small = self.url(f"/storage-services/{called}_150px.jpg", host="tile")
        quarter, full = f"{served}#h={height // 4}&w={width // 4}", f"{stored}#h={height}&w={width}"
        item = {
            "creators": [{"role": "photographer", "title": photograph.creator}],
            "rights_information": rights,
            "link": f"//www.loc.gov/pictures/item/{called}/",
        }
        return {
            "id": self.url(f"/item/{called}/"),
            "url": self.url(f"/item/{called}/"),
            "title": f"[{photograph.title}]",
            "date": f"{_year(photograph)}-01-01",
            "subject": list(photograph.tags),
            "contributor": [photograph.creator] if photograph.creator else [],
            "description": ["1 photographic print."],
            "image_url": [f"{small}#h=150&w=150", quarter if number % 2 else full],
            "original_format": ["photo, print, drawing"],
            "item": item,
        }

    def _record(self, photograph: Photograph) -> dict[str, Any]:
        files = [
            {"mimetype": "image/tiff", "url": self.url(f"/storage-services/{self.id_of(photograph)}u.tif")},
            {
                "mimetype": "image/jpeg",
                "url": self.url(f"/storage-services/{self.id_of(photograph)}v.jpg", host="tile"),
                "width": photograph.width,
                "height": photograph.height,
                "size": len(photograph.body),
            },
        ]
        return {"item": self._result(photograph, 0), "resources": [{"files": [files]}]}

    def _file(self, found: re.Match[str]) -> web.Response:
        photograph = self.photograph(found[2])
        if photograph is None:
            return web.Response(status=404)
        if found[0].endswith("v.jpg") or found[3] == "pct:100":
            return image(photograph)
        return web.Response(status=302, headers={"Location": self.thumb_url(photograph, 150)})

    def block(self) -> web.Response:
        """The Library refuses with 429 and then bans with 403 for an hour."""
        text = "<!DOCTYPE html><title>403 Forbidden</title><h1>Access denied</h1>"
        return web.Response(status=403, text=text, content_type="text/html")


def _year(photograph: Photograph) -> int:
    return 1850 + int(photograph.sha256[:4], 16) % 120


def _missing() -> web.Response:
    return web.json_response({"status": 404, "pagination": None}, status=404)
