"""Pexels' `v1/search`: one licence for all, the key in a header, `next_page` until the end."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from pixcrawler_core.testing.web.engine import KEY, Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

LIMITS = {"X-Ratelimit-Limit": "20000", "X-Ratelimit-Remaining": "19999", "X-Ratelimit-Reset": "1893456000"}
MOST = 80


class Simulated(Engine):
    """`GET /pexels/v1/search` and `GET /pexels/v1/photos/<id>`."""

    name = "pexels"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if request.headers.get("Authorization") != KEY:
            return web.json_response({"status": 401, "code": "Unauthorized"}, status=401)
        path = rest.rstrip("/")
        if path == "v1/search":
            return self._search(dict(request.query))
        photograph = self.by_number(path.removeprefix("v1/photos/"))
        if photograph is None:
            return web.json_response({"status": 404, "error": "Not Found"}, status=404)
        return web.json_response(self._photo(photograph), headers=LIMITS)

    def block(self) -> web.Response:
        return web.json_response({"error": "Access to this API has been disallowed"}, status=403)

    def _search(self, query: dict[str, str]) -> web.Response:
        if not query.get("query", "").strip():
            return web.json_response({"status": 400, "code": "Bad Request"}, status=400)
        wanted = query.get("orientation")
        found = [each for each in self.search(query["query"]) if wanted in (None, _shape(each))]
        size = min(max(int(query.get("per_page", "15")), 1), MOST)
        page = max(int(query.get("page", "1")), 1)
        body: dict[str, Any] = {
            "page": page,
            "per_page": size,
            "photos": [self._photo(each) for each in page_of(found, (page - 1) * size, size)],
            "total_results": len(found),
        }
        for name, number, there in (
            ("next_page", page + 1, page * size < len(found)),
            ("prev_page", page - 1, page > 1),
        ):
            if there:
                told = urlencode({"page": number, "per_page": size, "query": query["query"]})
                body[name] = self.url(f"/v1/search/?{told}")
        return web.json_response(body, headers=LIMITS)

    def _photo(self, photograph: Photograph) -> dict[str, Any]:
        number = self.number_of(photograph)
        return {
            "id": number,
            "width": photograph.width,
            "height": photograph.height,
            "url": self.page_url(photograph),
            "photographer": photograph.creator,
            "photographer_url": f"http://pages.localhost:{self.port}/people/{number}",
            "photographer_id": number,
            "avg_color": "#6B6B66",
            "src": {
                "original": self.image_url(photograph),
                "large": self.thumb_url(photograph, 940),
                "medium": self.thumb_url(photograph, 350),
                "small": self.thumb_url(photograph, 130),
                "tiny": self.thumb_url(photograph, 280),
            },
            "liked": False,
            "alt": photograph.title,
        }


def _shape(photograph: Photograph) -> str:
    if photograph.width == photograph.height:
        return "square"
    return "landscape" if photograph.width > photograph.height else "portrait"
