"""Museums Victoria's search: `GET /museums_victoria/api/search`, an array with paging in the headers.

Follows the server's source, museumsvictoria/collections-online.
"""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

LEAST, MOST = 40, 100
"""Records a page; other numbers count as the least."""


class Simulated(Engine):
    """Items with one image each."""

    name = "museums_victoria"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if rest == "api/search":
            return self._search(request)
        found = re.fullmatch(r"api/items/(\d+)", rest)
        photograph = self.by_number(found[1]) if found else None
        if photograph is None:
            return web.json_response({"message": "Record not found"}, status=404)
        return web.json_response(self._record(photograph))

    def _search(self, request: web.BaseRequest) -> web.Response:
        query = request.query
        page, size = _whole(query.get("page"), 1), _whole(query.get("perpage"), LEAST)
        page, size = max(page, 1), size if LEAST <= size <= MOST else LEAST
        licences = set(query.getall("imagelicence", []))
        found = [
            each
            for each in self.search(" ".join(query.getall("query", [])))
            if not licences or _short_name(each).lower() in licences
        ]
        records = [self._record(each) for each in page_of(found, (page - 1) * size, size)]
        pages = math.ceil(len(found) / size)
        link = f'<{self.url("/api/search")}?{urlencode({"page": page + 1})}>; rel="next"'
        return web.json_response(
            records,
            headers={
                "Link": link if page < pages else "",
                "Total-Results": str(len(found)),
                "Total-Pages": str(pages),
            },
        )

    def _record(self, photograph: Photograph) -> dict[str, Any]:
        number = self.number_of(photograph)
        return {
            "id": f"items/{number}",
            "recordType": "item",
            "displayTitle": photograph.title,
            "dateModified": "2020-05-01T00:00:00Z",
            "keywords": list(photograph.tags),
            "classifications": [photograph.category],
            "licence": {
                "name": "Attribution 4.0 International",
                "shortName": "CC BY",
                "uri": "https://creativecommons.org/licenses/by/4.0",
            },
            "media": [self._media(photograph, number)],
        }

    def _media(self, photograph: Photograph, number: int) -> dict[str, Any]:
        whole = {
            "uri": self.image_url(photograph),
            "width": photograph.width,
            "height": photograph.height,
            "size": len(photograph.body),
        }
        thumbnail = {"uri": self.thumb_url(photograph, 250), "width": 250, "height": 250, "size": 12_000}
        return {
            "id": f"media/{number}",
            "type": "image",
            "caption": photograph.title,
            "alternativeText": None,
            "creators": [f"Photographer: {photograph.creator}"] if photograph.creator else [],
            "credit": None,
            "rightsStatement": f"Copyright {photograph.creator} / {_short_name(photograph)}",
            "sources": ["Museums Victoria"],
            "dateModified": "2020-05-01T00:00:00Z",
            "licence": {
                "name": photograph.licence.name,
                "shortName": _short_name(photograph),
                "uri": photograph.licence.url.rstrip("/"),
            },
            "large": whole if number % 2 else None,
            "medium": whole,
            "thumbnail": thumbnail,
        }


def _short_name(photograph: Photograph) -> str:
    """The museums know no CC0: such images are in the public domain for them."""
    code = photograph.licence.code
    return "Public Domain" if code in {"pdm", "cc0"} else f"CC {code.upper()}"


def _whole(value: str | None, usual: int) -> int:
    return int(value) if value is not None and re.fullmatch(r"[0-9]{1,9}", value) else usual
