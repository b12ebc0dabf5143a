"""Art Institute of Chicago: `/artic/api/v1/artworks/search`, `/artic/api/v1/artworks`, and IIIF images.

Every sixth work has no image. Images are never larger than the photograph.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web import fault_bodies
from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

DEPTH = 1_000
"""Works of a query that the museum shows."""
MOST = 100
IIIF = re.compile(r"iiif/2/([0-9a-f-]{36})/full/(\d{1,4}),/0/default\.jpg")
DEFAULT = {"id", "title", "thumbnail"}
"""Members of works where no `fields` are asked for."""


class Simulated(Engine):
    """Answers a query page by page, and gives images of the width that their address names."""

    name = "artic"

    def block(self) -> web.Response:
        text = "<!DOCTYPE html><title>Attention Required! | Cloudflare</title><h1>You have been blocked</h1>"
        return web.Response(status=403, text=text, content_type="text/html")

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        asked = request.query
        if rest == "api/v1/artworks/search":
            return self._search(asked)
        if rest == "api/v1/artworks":
            works = [found for each in asked.get("ids", "").split(",") if (found := self.by_number(each))]
            return web.json_response(self._answer(asked, works, len(works), 1, max(1, len(works))))
        if image := IIIF.fullmatch(rest):
            return await self._image(image[1], int(image[2]))
        return _error(404, "Not found", "The item you requested cannot be found.")

    def _search(self, asked: Any) -> web.Response:
        page, limit = int(asked.get("page", 1)), int(asked.get("limit", 12))
        if limit > MOST:
            return _error(403, "Invalid limit", "You have requested too many resources per page.")
        if page * limit > DEPTH:
            return _error(403, "Invalid number of results", "You have requested too many results.")
        found = self.search(asked.get("q", ""))
        if asked.get("query[term][is_public_domain]") == "true":
            found = [each for each in found if _is_free(each)]
        shown = page_of(found, (page - 1) * limit, limit)
        return web.json_response(self._answer(asked, shown, len(found), page, limit))

    def _answer(
        self, asked: Any, shown: Sequence[Photograph], total: int, page: int, limit: int
    ) -> dict[str, Any]:
        fields = set(filter(None, asked.get("fields", "").split(","))) or DEFAULT
        works = [self._work(each) for each in shown]
        return {
            "preference": None,
            "pagination": {
                "total": total,
                "limit": limit,
                "offset": (page - 1) * limit,
                "total_pages": math.ceil(total / limit),
                "current_page": page,
            },
            "data": [{name: value for name, value in work.items() if name in fields} for work in works],
            "info": {"version": "1.10"},
            "config": {"iiif_url": self.url("/iiif/2", host="iiif"), "website_url": self.url()},
        }

    def _work(self, photograph: Photograph) -> dict[str, Any]:
        found, free = self.number_of(photograph), _is_free(photograph)
        size = {"width": photograph.width, "height": photograph.height}
        return {
            "id": found,
            "title": photograph.title,
            "image_id": _image_id(photograph) if found % 6 else None,
            "alt_image_ids": [],
            "thumbnail": {"lqip": "data:image/gif;base64,", "alt_text": photograph.title, **size},
            "artist_title": photograph.creator or None,
            "artist_display": f"{photograph.creator}\nUnknown, 1900-1980",
            "date_display": "c. 1930",
            "medium_display": "Photograph",
            "is_public_domain": free,
            "copyright_notice": None if free else photograph.licence.name,
            "term_titles": list(photograph.tags),
        }

    async def _image(self, image_id: str, width: int) -> web.Response:
        photograph = self.photograph(image_id.replace("-", ""))
        if photograph is None or width > photograph.width:
            return web.Response(status=403, text="Requests for scales in excess of 100% are not allowed.")
        body = await asyncio.to_thread(fault_bodies.thumbnail, photograph, width)
        return web.Response(body=body, content_type="image/jpeg")


def _is_free(photograph: Photograph) -> bool:
    return photograph.licence.code in {"cc0", "pdm"}


def _image_id(photograph: Photograph) -> str:
    digits = photograph.sha256
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def _error(status: int, error: str, detail: str) -> web.Response:
    return web.json_response({"status": status, "error": error, "detail": detail}, status=status)
