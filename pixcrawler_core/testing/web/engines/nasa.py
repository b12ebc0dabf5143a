"""The search of NASA's image library: `/nasa/search` and `/nasa/asset/<id>`, Collection+JSON.

Every third photograph has the short form of older answers, whose files only the list of the asset tells.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, image, page_of
from pixcrawler_core.testing.web.photographs import Photograph

DEPTH = 10_000


class Simulated(Engine):
    """Answers a query page by page; a page beyond the last has no items, one beyond the depth is an error."""

    name = "nasa"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if rest == "search":
            return self._search(request)
        what, _, rest = rest.partition("/")
        photograph = self.photograph(rest.partition("/")[0].removeprefix("SIM "))
        if photograph is None:
            return _refusal(404, f"No AssetDB records for nasaid={rest}")
        if what == "asset":
            files = [self._file(photograph, size) for size in ("orig", "thumb")]
            items = [{"href": each} for each in (*files, files[0].rpartition("/")[0] + "/metadata.json")]
            return _collection(request, items)
        if "~thumb." in rest:
            return web.Response(status=302, headers={"Location": self.thumb_url(photograph, 640)})
        return image(photograph)

    def _search(self, request: web.BaseRequest) -> web.Response:
        asked = request.query
        if not asked.get("q"):
            return _refusal(400, "Expected 'q' text search parameter or other keywords.")
        page, size = int(asked.get("page", 1)), int(asked.get("page_size", 100))
        if page * size > DEPTH:
            return _refusal(400, "Maximum number of search results have been displayed. Please refine.")
        first, last = int(asked.get("year_start", 0)), int(asked.get("year_end", 9999))
        found = [each for each in self.search(asked["q"]) if first <= _year(each) <= last]
        shown = page_of(found, (page - 1) * size, size)
        items = [self._item(each, number) for number, each in enumerate(shown)]
        extra: dict[str, Any] = {"metadata": {"total_hits": len(found)}}
        if page * size < len(found):
            following = str(request.url.update_query(page=page + 1))
            extra["links"] = [{"rel": "next", "prompt": "Next", "href": following}]
        return _collection(request, items, **extra)

    def _item(self, photograph: Photograph, number: int) -> dict[str, Any]:
        preview = {"href": self._file(photograph, "thumb"), "rel": "preview", "render": "image"}
        original = {"href": self._file(photograph, "orig"), "rel": "canonical", "render": "image"}
        sizes = {"width": photograph.width, "height": photograph.height, "size": len(photograph.body)}
        told = {
            "nasa_id": self._id(photograph),
            "title": photograph.title,
            "description": f"{photograph.title}, seen from above",
            "media_type": "image",
            "center": "SIM",
            "date_created": f"{_year(photograph)}-07-20T00:00:00Z",
            "keywords": list(photograph.tags),
            "photographer": photograph.creator,
        }
        links = [preview] if number % 3 == 2 else [preview, original | sizes]
        return {"href": self.url(f"/asset/{told['nasa_id']}"), "data": [told], "links": links}

    def _id(self, photograph: Photograph) -> str:
        """Ids with spaces do occur."""
        return f"SIM {self.id_of(photograph)}"

    def _file(self, photograph: Photograph, size: str) -> str:
        nasa_id, ending = self._id(photograph), PurePosixPath(photograph.key).suffix
        return self.url(f"/image/{nasa_id}/{nasa_id}~{size}{ending}", host="assets")

    def block(self) -> web.Response:
        return _refusal(403, "Forbidden")


def _year(photograph: Photograph) -> int:
    return 1960 + int(photograph.sha256[:4], 16) % 60


def _collection(request: web.BaseRequest, items: list[dict[str, Any]], **more: Any) -> web.Response:
    collection = {"version": "1.1", "href": str(request.url), "items": items, **more}
    return web.json_response({"collection": collection})


def _refusal(status: int, reason: str) -> web.Response:
    return web.json_response({"reason": reason}, status=status)
