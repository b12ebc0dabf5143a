"""StockSnap's own interface: `GET /stocksnap/api/search-photos/...`, and its files under `/stocksnap/cdn/`.

Follows answers that were recorded of it. The files are not scaled down: photographs here are small enough.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, image, page_of
from pixcrawler_core.testing.web.photographs import Photograph

SIZE = 40
SEARCH = re.compile(r"api/search-photos/(?P<query>.+)/(?P<sort>relevance|date|views)/desc/(?P<page>\d{1,6})")
LATEST = re.compile(r"api/load-photos/(?P<sort>date|views)/desc/(?P<page>\d{1,6})")
FILE = re.compile(r"cdn/img-thumbs/(?:960w|280h)/([0-9A-Z]+)\.jpg")


class Simulated(Engine):
    """Every photograph counts as CC0, as with the real one."""

    name = "stocksnap"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if found := FILE.fullmatch(rest):
            photograph = self.photograph(found[1].lower())
            return image(photograph) if photograph else web.Response(status=404)
        search, latest = SEARCH.fullmatch(rest), LATEST.fullmatch(rest)
        asked = search or latest
        if asked is None:
            return web.Response(
                status=404, text="<!doctype html><title>404</title>", content_type="text/html"
            )
        return web.json_response(self._page(unquote(search["query"]) if search else "", asked))

    def _page(self, query: str, asked: re.Match[str]) -> dict[str, Any]:
        page, found = int(asked["page"]), self.search(query)
        start = (page - 1) * SIZE
        results = [self._result(each) for each in page_of(found, start, SIZE)]
        return {
            "results": results,
            "nextPage": page + 1 if start + SIZE < len(found) else False,
            "sortBy": asked["sort"],
            "sortOrder": "desc",
        }

    def _result(self, photograph: Photograph) -> dict[str, Any]:
        keywords = [tag.replace(" ", "") for tag in photograph.tags] or [photograph.category]
        author = self.number_of(photograph) % 1000
        return {
            "img_id": self.id_of(photograph).upper(),
            "img_width": photograph.width,
            "img_height": photograph.height,
            "adjustedWidth": round(280 * photograph.width / photograph.height),
            "keywords": keywords,
            "tags": ",   ".join(photograph.tags),
            "author_id": author,
            "author_name": photograph.creator,
            "author_profile": self.url(f"/author/{author}"),
            "author_website": "https://stocksnap.io/",
            "favorited": False,
            "downloads": 0,
            "downloads_raw": 0,
            "page_views": 5,
            "page_views_raw": 5,
        }
