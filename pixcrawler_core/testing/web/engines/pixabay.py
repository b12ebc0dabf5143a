"""Pixabay's `/api/`: the key in the query, errors in plain text, files of 1280 pixels for ordinary keys."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import KEY, Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

LIMITS = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "99", "X-RateLimit-Reset": "60"}
DEPTH = 500


class Simulated(Engine):
    """`GET /pixabay/api/`; every second photograph has its original, as keys with full access see them."""

    name = "pixabay"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        query = request.query
        if rest.rstrip("/") != "api":
            return web.Response(status=404, text="404\n")
        if query.get("key") != KEY:
            return _error("Invalid or missing API key (https://pixabay.com/api/docs/).")
        size = int(query.get("per_page", "20"))
        if not 3 <= size <= 200:
            return _error('"per_page" is out of valid range.')
        found = [each for each in self.search(query.get("q", "")) if _fits(each, dict(query))]
        page, shown = int(query.get("page", "1")), found[:DEPTH]
        if page < 1 or (page > 1 and (page - 1) * size >= len(shown)):
            return _error('"page" is out of valid range.')
        hits = [self._hit(each) for each in page_of(shown, (page - 1) * size, size)]
        body = {"total": len(found), "totalHits": len(shown), "hits": hits}
        return web.json_response(body, headers=LIMITS)

    def block(self) -> web.Response:
        return _error("Invalid or missing API key (https://pixabay.com/api/docs/).")

    def _hit(self, photograph: Photograph) -> dict[str, Any]:
        number = self.number_of(photograph)
        hit = {
            "id": number,
            "pageURL": self.page_url(photograph),
            "type": "photo",
            "tags": ", ".join(photograph.tags),
            "previewURL": self.thumb_url(photograph, 150),
            "previewWidth": 150,
            "previewHeight": 100,
            "webformatURL": self.thumb_url(photograph, 640),
            "webformatWidth": 640,
            "webformatHeight": round(640 * photograph.height / photograph.width),
            "largeImageURL": self.image_url(photograph),
            "imageWidth": photograph.width,
            "imageHeight": photograph.height,
            "imageSize": len(photograph.body),
            "views": 1000,
            "user_id": number,
            "user": photograph.creator,
            "userImageURL": "",
            "noAiTraining": False,
            "isAiGenerated": False,
            "isGRated": "mature" not in photograph.tags,
        }
        return hit | ({"imageURL": self.image_url(photograph)} if number % 2 else {})


def _fits(photograph: Photograph, query: dict[str, str]) -> bool:
    if photograph.width < int(query.get("min_width", 0)) or photograph.height < int(
        query.get("min_height", 0)
    ):
        return False
    if query.get("safesearch") == "true" and "mature" in photograph.tags:
        return False
    if query.get("image_type", "all") not in {"all", "photo"}:
        return False
    wanted = query.get("orientation", "all")
    shape = "horizontal" if photograph.width > photograph.height else "vertical"
    return wanted in {"all", shape}


def _error(told: str) -> web.Response:
    return web.Response(status=400, text=f"[ERROR 400] {told}", headers=LIMITS)
