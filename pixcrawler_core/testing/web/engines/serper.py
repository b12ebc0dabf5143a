"""Serper's images: the question posted as JSON, the key in a header."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import KEY, Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph


class Simulated(Engine):
    """`POST /serper/images`."""

    name = "serper"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if rest != "images" or request.method != "POST":
            return web.json_response({"message": "Not Found", "statusCode": 404}, status=404)
        if request.headers.get("X-API-KEY") != KEY:
            return self.block()
        try:
            asked = json.loads(await request.read())
            query, size, page = str(asked["q"]), int(asked.get("num", 10)), int(asked.get("page", 1))
        except (ValueError, TypeError, KeyError):
            return web.json_response({"message": "Missing query parameter", "statusCode": 400}, status=400)
        if not query.strip():
            return web.json_response({"message": "Missing query parameter", "statusCode": 400}, status=400)
        start = (page - 1) * size
        images = [
            self._row(photograph, position)
            for position, photograph in enumerate(page_of(self.search(query), start, size), start + 1)
        ]
        searched = {"q": query, "type": "images", "engine": "google", "num": size}
        return web.json_response({"searchParameters": searched, "images": images, "credits": 2})

    def block(self) -> web.Response:
        return web.json_response({"message": "Unauthorized.", "statusCode": 403}, status=403)

    def _row(self, photograph: Photograph, position: int) -> dict[str, Any]:
        """Some rows name a creator."""
        row: dict[str, Any] = {
            "title": photograph.title,
            "imageUrl": self.image_url(photograph),
            "imageWidth": photograph.width,
            "imageHeight": photograph.height,
            "thumbnailUrl": self.thumb_url(photograph),
            "thumbnailWidth": 200,
            "thumbnailHeight": 150,
            "source": "Simulated pages",
            "domain": "pages.localhost",
            "link": self.page_url(photograph),
            "position": position,
        }
        if photograph.creator and position % 2:
            row |= {"creator": photograph.creator, "credit": photograph.creator}
        return row
