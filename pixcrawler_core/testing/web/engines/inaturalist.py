"""iNaturalist: `/inaturalist/v1/observations`, and photos whose addresses name the size."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web import fault_bodies
from pixcrawler_core.testing.web.engine import Engine, image, page_of
from pixcrawler_core.testing.web.photographs import Photograph

WINDOW = 10_000
SIDES = {"large": 1024, "medium": 500, "small": 240, "thumb": 100, "square": 75}


class Simulated(Engine):
    """Answers a query page by page, by id in either direction; pages end at 10,000 results."""

    name = "inaturalist"

    def block(self) -> web.Response:
        return _error(403, "Forbidden")

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        what, _, tail = rest.partition("/")
        if what == "photos":
            return await self._photo(tail)
        if rest not in {"v1/observations", "v2/observations"}:
            return _error(404, "Not Found")
        asked = request.query
        page, size = int(asked.get("page", 1)), min(int(asked.get("per_page", 30)), 200)
        if page * size > WINDOW:
            return _error(403, "Result window is too large, page * per_page must be at most 10000")
        found = self._found(asked)
        rows = [self._observation(each) for each in page_of(found, (page - 1) * size, size)]
        return web.json_response(
            {"total_results": len(found), "page": page, "per_page": size, "results": rows}
        )

    def _found(self, asked: Any) -> list[Photograph]:
        licences = set(filter(None, asked.get("photo_license", "").split(",")))
        since, until = asked.get("d1", "0000"), asked.get("d2", "9999")
        found = self.search(asked.get("taxon_name") or asked.get("q", ""))
        found = [each for each in found if not licences or _licence(each) in licences]
        found = [each for each in found if since <= self._day(each) <= until]
        found = [each for each in found if self.number_of(each) > int(asked.get("id_above", 0))]
        return sorted(found, key=self.number_of, reverse=asked.get("order", "desc") == "desc")

    def _day(self, photograph: Photograph) -> str:
        found = self.number_of(photograph)
        return f"{2008 + found % 17}-{1 + found % 12:02}-{1 + found % 28:02}"

    def _observation(self, photograph: Photograph) -> dict[str, Any]:
        found = self.number_of(photograph)
        photos = [self._described(photograph, found)]
        taxon = {"id": found, "name": photograph.title, "rank": "species", "preferred_common_name": None}
        return {
            "id": found,
            "quality_grade": "research",
            "uri": self.page_url(photograph),
            "species_guess": photograph.title,
            "taxon": taxon | {"iconic_taxon_name": photograph.category},
            "tags": list(photograph.tags),
            "observed_on": self._day(photograph),
            "place_guess": None,
            "license_code": _licence(photograph),
            "user": {"id": 1, "login": "observer", "name": photograph.creator or None},
            "photos": photos,
            "observation_photos": [{"position": 0, "photo": each} for each in photos],
        }

    def _described(self, photograph: Photograph, found: int) -> dict[str, Any]:
        ending = photograph.key.rpartition(".")[2]
        return {
            "id": found,
            "license_code": _licence(photograph),
            "attribution": f"(c) {photograph.creator}, some rights reserved ({photograph.licence.name})",
            "url": self.url(f"/photos/{found}/square.{ending}", host="inaturalist-open-data"),
            "original_dimensions": {"width": photograph.width, "height": photograph.height},
            "flags": [],
        }

    async def _photo(self, tail: str) -> web.Response:
        number, _, name = tail.partition("/")
        size = name.partition(".")[0]
        photograph = self.by_number(number)
        if photograph is None or size not in {"original", *SIDES}:
            return web.Response(status=404, text="Not Found")
        if size == "original":
            return image(photograph)
        body = await asyncio.to_thread(fault_bodies.thumbnail, photograph, SIDES[size])
        return web.Response(body=body, content_type="image/jpeg")


def _licence(photograph: Photograph) -> str:
    code = photograph.licence.code
    return {"cc0": "cc0", "pdm": "pd"}.get(code, f"cc-{code}")


def _error(status: int, told: str) -> web.Response:
    return web.json_response({"error": told, "status": status}, status=status)
