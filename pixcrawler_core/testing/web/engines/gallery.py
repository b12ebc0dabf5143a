"""The source of the example plugin: `GET /gallery/api/photos`, JSON; its README describes the answers."""

from __future__ import annotations

import math
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

MOST = 100
FREE = frozenset({"cc0", "pdm"})


class Simulated(Engine):
    """Answers a query page by page; every seventh photograph has no file yet."""

    name = "gallery"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if rest != "api/photos":
            return _error(404, "not_found", "There is nothing at this address.")
        asked = request.query
        page, size = _whole(asked.get("page", "1")), _whole(asked.get("per_page", "30"))
        if page < 1 or not 1 <= size <= MOST:
            return _error(400, "bad_request", f"page is at least 1, per_page is 1 to {MOST}.")
        found = self.search(asked.get("q", ""))
        if asked.get("rights") == "free":
            found = [each for each in found if each.licence.code in FREE]
        photos = [self._photo(each) for each in page_of(found, (page - 1) * size, size)]
        pages = math.ceil(len(found) / size)
        return web.json_response({"total": len(found), "page": page, "pages": pages, "photos": photos})

    def block(self) -> web.Response:
        return _error(403, "forbidden", "This client is not welcome.")

    def _photo(self, photograph: Photograph) -> dict[str, Any]:
        number = self.number_of(photograph)
        original = {
            "url": self.image_url(photograph),
            "width": photograph.width,
            "height": photograph.height,
            "bytes": len(photograph.body),
            "type": photograph.content_type,
        }
        return {
            "id": number,
            "title": photograph.title,
            "keywords": list(photograph.tags),
            "files": {"original": original, "preview": self.thumb_url(photograph)} if number % 7 else None,
            "page": self.page_url(photograph),
            "author": {"name": photograph.creator, "page": self.url("/people/1")},
            "rights": {"name": photograph.licence.name, "url": photograph.licence.url},
            "taken": "2019-08-04",
            "sensitive": False,
        }


def _whole(told: str) -> int:
    return int(told) if told.isascii() and told.isdigit() else 0


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
