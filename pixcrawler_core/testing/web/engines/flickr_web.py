"""Flickr's search page: HTML that holds its data as `modelExport`, 25 photos a page."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.engines.flickr import LICENCES, fits, owner
from pixcrawler_core.testing.web.photographs import Photograph

ROWS = 25
MODEL = "search-photos-lite-models"
HEAD = "<!DOCTYPE html>\n<html lang='en-us'><head><title>Search: photos | Flickr</title></head><body>\n"


class Simulated(Engine):
    """`GET /flickr_web/search/`."""

    name = "flickr_web"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if rest.rstrip("/") != "search":
            return web.Response(status=404, text="404\n")
        query = request.query
        found = [each for each in self.search(query.get("text", "")) if fits(each, query)]
        start = (max(int(query.get("page", "1")), 1) - 1) * ROWS
        photos = [{"data": self._photo(each)} for each in page_of(found, start, ROWS)]
        listed = {"data": {"_data": [*photos, None], "totalItems": len(found), "fetchedStart": True}}
        path = [MODEL, "0", "data", "photos", "data", "_data"]
        export = {
            "legend": [[MODEL, "0"], *([*path, str(place), "data"] for place in range(len(photos)))],
            "main": {MODEL: [{"data": {"photos": listed, "_flickrModelRegistry": MODEL}}]},
        }
        return _page(f"modelExport: {json.dumps(export)},\n\t\tauth: {{signedIn: false}},")

    def block(self) -> web.Response:
        text = (
            f"{HEAD}<form id='challenge-form' action='/cdn-cgi/challenge-platform/h/b'></form></body></html>"
        )
        return web.Response(status=403, text=text, content_type="text/html")

    def layout(self) -> web.Response:
        return _page('appContext: {"route": "search"},')

    def _photo(self, photograph: Photograph) -> dict[str, Any]:
        sizes = {"n": _size("n", self.thumb_url(photograph, 320), 320, 240)}
        sizes["l"] = _size("l", self.image_url(photograph), photograph.width, photograph.height)
        return {
            "_flickrModelRegistry": "photo-lite-models",
            "id": str(self.number_of(photograph)),
            "title": _escape(photograph.title),
            "description": _escape(f"{photograph.title} & more"),
            "username": _escape(photograph.creator),
            "realname": "",
            "pathAlias": None,
            "ownerNsid": owner(photograph),
            "license": LICENCES.get((photograph.licence.code, photograph.licence.version), 0),
            "mediaType": "photo",
            "sizes": {"data": sizes},
        }


def _escape(text: str) -> str:
    """As ECMAScript's `escape` does."""
    return "".join(_escaped(each) for each in text)


def _escaped(letter: str) -> str:
    if letter.isascii() and (letter.isalnum() or letter in "@*_+-./"):
        return letter
    return f"%u{ord(letter):04X}" if ord(letter) > 255 else f"%{ord(letter):02X}"


def _size(name: str, address: str, width: int, height: int) -> dict[str, Any]:
    told = {"displayUrl": address, "url": address, "width": width, "height": height, "key": name}
    return {"data": told}


def _page(data: str) -> web.Response:
    script = f"<script class='modelExport'>\nY.ClientApp.init({{\n\t\t{data}\n}});\n</script>"
    return web.Response(text=f"{HEAD}{script}\n</body></html>\n", content_type="text/html")
