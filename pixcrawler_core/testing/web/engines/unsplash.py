"""Unsplash's `search/photos`: one licence for all, the key in a header, some photos for subscribers only."""

from __future__ import annotations

import math
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import KEY, Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

LIMITS = {"X-Ratelimit-Limit": "50", "X-Ratelimit-Remaining": "49"}
MOST = 30


class Simulated(Engine):
    """`GET /unsplash/search/photos` and `GET /unsplash/photos/<id>`."""

    name = "unsplash"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Client-ID {KEY}":
            return _errors(401, "OAuth error: The access token is invalid")
        kind, _, name = rest.rstrip("/").partition("/")
        if (kind, name) == ("search", "photos"):
            return self._search(dict(request.query))
        photograph = self.photograph(name) if kind == "photos" else None
        if photograph is None:
            return _errors(404, "Couldn't find Photo")
        return web.json_response(self._photo(photograph), headers=LIMITS)

    def block(self) -> web.Response:
        return _errors(403, "Your application is disabled")

    def _search(self, query: dict[str, str]) -> web.Response:
        if not query.get("query", "").strip():
            return _errors(400, "query is missing")
        wanted = query.get("orientation")
        found = [each for each in self.search(query["query"]) if wanted in (None, _shape(each))]
        size = min(max(int(query.get("per_page", "10")), 1), MOST)
        page = max(int(query.get("page", "1")), 1)
        results = [self._photo(each) for each in page_of(found, (page - 1) * size, size)]
        body = {"total": len(found), "total_pages": math.ceil(len(found) / size), "results": results}
        headers = LIMITS | {"X-Total": str(len(found)), "X-Per-Page": str(size)}
        return web.json_response(body, headers=headers)

    def _photo(self, photograph: Photograph) -> dict[str, Any]:
        name = self.id_of(photograph)
        return {
            "id": name,
            "slug": photograph.title.lower().replace(" ", "-"),
            "created_at": "2020-05-17T09:30:00Z",
            "width": photograph.width,
            "height": photograph.height,
            "color": "#262626",
            "description": photograph.title,
            "alt_description": f"a photo of {photograph.category}",
            "plus": False,
            "premium": False,
            "urls": self._urls(photograph),
            "links": {
                "self": self.url(f"/photos/{name}"),
                "html": self.page_url(photograph),
                "download_location": self.url(f"/photos/{name}/download"),
            },
            "likes": 3,
            "sponsorship": None,
            "user": self._user(photograph),
            "tags": [{"type": "search", "title": tag} for tag in photograph.tags],
        }

    def _urls(self, photograph: Photograph) -> dict[str, str]:
        raw = f"{self.image_url(photograph)}?ixid=M3w{self.id_of(photograph)}&ixlib=rb-4.0.3"
        copies = {"regular": 1080, "small": 400, "thumb": 200}
        return {
            "raw": raw,
            "full": f"{raw}&q=85&fm=jpg",
            **{name: self.thumb_url(photograph, width) for name, width in copies.items()},
        }

    def _user(self, photograph: Photograph) -> dict[str, Any]:
        name = self.id_of(photograph)
        return {
            "id": name[::-1],
            "username": photograph.creator.lower().replace(" ", "") or "nobody",
            "name": photograph.creator or "Nobody",
            "links": {"html": f"http://pages.localhost:{self.port}/people/{name}"},
        }


def _shape(photograph: Photograph) -> str:
    if photograph.width == photograph.height:
        return "squarish"
    return "landscape" if photograph.width > photograph.height else "portrait"


def _errors(status: int, *told: str) -> web.Response:
    return web.json_response({"errors": list(told)}, status=status, headers=LIMITS)
