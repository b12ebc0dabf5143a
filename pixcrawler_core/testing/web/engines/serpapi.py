"""SerpApi's `google_images`: about a hundred rows a page, and an error where there are no more."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import KEY, Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

ROWS = 100
SHAPES = {"t": "tall", "w": "wide"}


class Simulated(Engine):
    """`GET /serpapi/search.json`."""

    name = "serpapi"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        query = request.query
        if rest not in {"search", "search.json"}:
            return web.Response(status=404, text="404\n")
        if query.get("api_key") != KEY:
            return self.block()
        if query.get("engine") != "google_images":
            return web.json_response({"error": "Unsupported search engine."}, status=400)
        if not query.get("q"):
            return web.json_response({"error": "Missing query `q` parameter."}, status=400)
        index = int(query["ijn"]) if query.get("ijn", "").isdigit() else 0
        found = [each for each in self.search(query["q"]) if _fits(each, query.get("imgar", ""))]
        rows = [
            self._row(photograph, position)
            for position, photograph in enumerate(page_of(found, index * ROWS, ROWS), index * ROWS + 1)
        ]
        reply: dict[str, Any] = {
            "search_metadata": {"id": "simulated", "status": "Success"},
            "search_parameters": {"engine": "google_images", "q": query["q"], "ijn": str(index)},
            "search_information": {"image_results_state": "Results for exact spelling"},
        }
        if rows:
            reply["images_results"] = rows
        else:
            reply["error"] = "Google hasn't returned any results for this query."
        return web.json_response(reply)

    def block(self) -> web.Response:
        told = "Invalid API key. Your API key should be here: https://serpapi.com/manage-api-key"
        return web.json_response({"error": told}, status=401)

    def _row(self, photograph: Photograph, position: int) -> dict[str, Any]:
        """Some rows lack sizes, as older answers do."""
        row: dict[str, Any] = {
            "position": position,
            "thumbnail": self.thumb_url(photograph),
            "related_content_id": self.id_of(photograph),
            "source": "Simulated pages",
            "title": photograph.title,
            "link": self.page_url(photograph),
            "original": self.image_url(photograph),
            "is_product": False,
        }
        if photograph.licence.code.startswith("by"):
            row |= {"license_details_url": photograph.licence.url, "tag": "Licensable"}
        if position % 5:
            row |= {"original_width": photograph.width, "original_height": photograph.height}
        return row


def _fits(photograph: Photograph, shape: str) -> bool:
    if shape not in SHAPES:
        return True
    return SHAPES[shape] == ("tall" if photograph.height > photograph.width else "wide")
