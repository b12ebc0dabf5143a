"""The Open Access API of the Cleveland Museum of Art: `/cleveland/api/artworks/` and single works by id."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, image, page_of
from pixcrawler_core.testing.web.photographs import Photograph

MOST = 1000


class Simulated(Engine):
    """Answers a query by `skip` and `limit`; sizes are told as text."""

    name = "cleveland"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        path, _, called = rest.strip("/").rpartition("/")
        if path == "files":
            photograph = self.by_number(called.partition("_")[0])
            if photograph is None:
                return web.Response(status=404)
            if "_web." in called:
                return web.Response(status=302, headers={"Location": self.thumb_url(photograph, 900)})
            return image(photograph)
        if called == "artworks":
            return self._search(request)
        photograph = self.by_number(called)
        if photograph is None:
            return web.json_response({"detail": "Artwork not found"}, status=404)
        return web.json_response({"data": self._work(photograph)})

    def _search(self, request: web.BaseRequest) -> web.Response:
        asked = request.query
        skip, limit = int(asked.get("skip", 0)), min(int(asked.get("limit", MOST)), MOST)
        after, before = int(asked.get("created_after", -9999)), int(asked.get("created_before", 9999))
        found = [each for each in self.search(asked.get("q", "")) if after < _year(each) < before]
        if asked.get("cc0"):
            found = [each for each in found if _is_open(each)]
        if asked.get("type", "Photograph") != "Photograph":
            found = []
        works = [self._work(each) for each in page_of(found, skip, limit)]
        return web.json_response({"info": {"total": len(found), "parameters": dict(asked)}, "data": works})

    def _work(self, photograph: Photograph) -> dict[str, Any]:
        number, year = self.number_of(photograph), _year(photograph)
        told = f"{photograph.title}, {year}. {photograph.creator}. The Simulated Museum of Art."
        return {
            "id": number,
            "accession_number": f"{year}.{number}",
            "share_license_status": "CC0" if _is_open(photograph) else "Copyrighted",
            "tombstone": told,
            "title": photograph.title,
            "creation_date": str(year),
            "type": "Photograph",
            "department": "Photography",
            "culture": list(photograph.tags),
            "creators": [{"description": f"{photograph.creator} (Examplish, born 1800)", "role": "artist"}],
            "description": None,
            "url": self.page_url(photograph),
            "images": {size: self._file(photograph, size) for size in ("web", "print", "full")},
        }

    def _file(self, photograph: Photograph, size: str) -> dict[str, str]:
        """Three sizes, of which the largest is a TIFF of which the museum says that it is larger."""
        share, ending = {"web": (0.5, "jpg"), "print": (1, "jpg"), "full": (2, "tif")}[size]
        name = f"{self.number_of(photograph)}_{size}.{ending}"
        return {
            "url": self.url(f"/files/{name}", host="cdn"),
            "filename": name,
            "width": str(round(photograph.width * share)),
            "height": str(round(photograph.height * share)),
            "filesize": str(len(photograph.body)),
        }

    def block(self) -> web.Response:
        return web.Response(status=403, text="<title>403 Forbidden</title>", content_type="text/html")


def _is_open(photograph: Photograph) -> bool:
    return not photograph.licence.needs_attribution


def _year(photograph: Photograph) -> int:
    return 1850 + int(photograph.sha256[:4], 16) % 120
