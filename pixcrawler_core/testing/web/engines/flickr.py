"""Flickr's `flickr.photos.search`: licences by id, sizes as text or numbers, errors inside HTTP 200."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import KEY, Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

LICENCES = {
    ("by-nc-sa", "2.0"): 1, ("by-nc", "2.0"): 2, ("by-nc-nd", "2.0"): 3, ("by", "2.0"): 4,
    ("by-sa", "2.0"): 5, ("by-nd", "2.0"): 6, ("cc0", "1.0"): 9, ("pdm", "1.0"): 10, ("by", "4.0"): 11,
    ("by-sa", "4.0"): 12, ("by-nd", "4.0"): 13, ("by-nc", "4.0"): 14, ("by-nc-sa", "4.0"): 15,
    ("by-nc-nd", "4.0"): 16,
}  # fmt: skip
LIMIT = 4000


class Simulated(Engine):
    """`GET /flickr/services/rest/`."""

    name = "flickr"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        query = request.query
        if rest.rstrip("/") != "services/rest":
            return web.Response(status=404, text="404\n")
        if query.get("api_key") != KEY:
            return _fail(100, "Invalid API Key (Key has invalid format)")
        if query.get("method") != "flickr.photos.search":
            return _fail(112, f'Method "{query.get("method")}" not found')
        if not query.get("text", "").strip():
            return _fail(3, "Parameterless searches have been disabled. Please use a smaller search.")
        found = [each for each in self.search(query["text"]) if fits(each, query)]
        size = min(int(query.get("per_page", "100")), 500)
        pages = math.ceil(len(found) / size)
        page = min(int(query.get("page", "1")), max(1, min(pages, LIMIT // size)))
        photos = {
            "page": page,
            "pages": pages,
            "perpage": size,
            "total": len(found) if page % 2 else str(len(found)),
            "photo": [self._photo(each) for each in page_of(found, (page - 1) * size, size)],
        }
        return web.json_response({"photos": photos, "stat": "ok"})

    def block(self) -> web.Response:
        return _fail(100, "Invalid API Key (Key has expired)")

    def _photo(self, photograph: Photograph) -> dict[str, Any]:
        number = self.number_of(photograph)
        told: dict[str, Any] = {
            "id": str(number),
            "owner": owner(photograph),
            "secret": photograph.sha256[:10],
            "server": "65535",
            "farm": 66,
            "title": photograph.title,
            "ispublic": 1,
            "isfriend": 0,
            "isfamily": 0,
            "license": str(LICENCES.get((photograph.licence.code, photograph.licence.version), 0)),
            "description": {"_content": f"<b>{photograph.title}</b>"},
            "dateupload": str(1_500_000_000 + number),
            "datetaken": "2017-07-14 02:40:00",
            "datetakengranularity": "0",
            "ownername": photograph.creator,
            "o_width": str(photograph.width),
            "o_height": str(photograph.height),
            "tags": " ".join(tag.replace(" ", "") for tag in photograph.tags),
            "media": "photo",
            "pathalias": None,
            "url_n": self.thumb_url(photograph, 320),
        }
        best = "o" if number % 3 else "k"
        sides: tuple[Any, Any] = (photograph.width, photograph.height)
        told[f"url_{best}"] = self.image_url(photograph)
        told[f"width_{best}"], told[f"height_{best}"] = sides if number % 2 else map(str, sides)
        return told


def owner(photograph: Photograph) -> str:
    """The id of a member, in Flickr's form."""
    return f"{sum(photograph.creator.encode())}@N01"


def fits(photograph: Photograph, query: Mapping[str, str]) -> bool:
    """Whether a photograph passes the filters that can be simulated."""
    wanted = query.get("license")
    number = LICENCES.get((photograph.licence.code, photograph.licence.version), 0)
    if wanted is not None and str(number) not in wanted.split(","):
        return False
    if query.get("dimension_search_mode") == "min":
        least = int(query.get("width") or 0), int(query.get("height") or 0)
        if photograph.width < least[0] or photograph.height < least[1]:
            return False
    shapes = query.get("orientation", "").split(",")
    return shapes == [""] or shape(photograph) in shapes


def shape(photograph: Photograph) -> str:
    """Flickr's word for the shape."""
    if photograph.width == photograph.height:
        return "square"
    return "landscape" if photograph.width > photograph.height else "portrait"


def _fail(code: int, message: str) -> web.Response:
    return web.json_response({"stat": "fail", "code": code, "message": message})
