"""Wellcome Collection's images: `GET /wellcome/catalogue/v2/images`, and the IIIF Image API behind them.

Follows the server's source, wellcomecollection/catalogue-api.
"""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, image, page_of
from pixcrawler_core.testing.web.photographs import Photograph

MOST, DEPTH = 100, 10_000


class Simulated(Engine):
    """Images whose works have the same title."""

    name = "wellcome"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if rest == "catalogue/v2/images":
            return self._search(request)
        if found := re.fullmatch(r"catalogue/v2/images/(\w+)", rest):
            photograph = self.photograph(found[1])
            return web.json_response(self._image(photograph)) if photograph else _error(404, "Not Found")
        if found := re.fullmatch(r"image/(\w+)\.jpg/full/(?:max|!?\d+,\d*)/0/default\.jpg", rest):
            photograph = self.photograph(found[1].lower())
            return image(photograph) if photograph else _error(404, "Not Found")
        return _error(404, "Not Found")

    def block(self) -> web.Response:
        return web.json_response({"message": "Forbidden"}, status=403)

    def _search(self, request: web.BaseRequest) -> web.Response:
        query = request.query
        page, size = _whole(query.get("page", "1")), _whole(query.get("pageSize", "10"))
        if page < 1 or not 1 <= size <= MOST:
            return _error(400, "Bad Request", "page and pageSize: must be greater than 0, at most 100")
        if page * size > DEPTH:
            return _error(400, "Bad Request", f"Only the first {DEPTH} works are available in the API.")
        licences = [each for each in query.get("locations.license", "").split(",") if each]
        found = [
            each for each in self.search(query.get("query", "")) if not licences or _licence(each) in licences
        ]
        pages = math.ceil(len(found) / size)
        body: dict[str, Any] = {
            "type": "ResultList",
            "pageSize": size,
            "totalPages": pages,
            "totalResults": len(found),
            "results": [self._image(each) for each in page_of(found, (page - 1) * size, size)],
        }
        if page < pages:
            body["nextPage"] = f"{self.url('/catalogue/v2/images')}?{urlencode({**query, 'page': page + 1})}"
        return web.json_response(body)

    def _image(self, photograph: Photograph) -> dict[str, Any]:
        name, location = self.id_of(photograph), self._location(photograph)
        agent = {"label": photograph.creator, "type": "Person"}
        contributor = {"agent": agent, "roles": [], "type": "Contributor"}
        return {
            "type": "Image",
            "id": name,
            "thumbnail": location,
            "locations": [location],
            "aspectRatio": photograph.width / photograph.height,
            "source": {
                "type": "Work",
                "id": f"w{name}",
                "title": photograph.title,
                "contributors": [contributor] if photograph.creator else [],
                "subjects": [{"label": tag, "concepts": [], "type": "Subject"} for tag in photograph.tags],
                "genres": [{"label": "Photographs", "concepts": [], "type": "Genre"}],
            },
        }

    def _location(self, photograph: Photograph) -> dict[str, Any]:
        return {
            "type": "DigitalLocation",
            "locationType": {"id": "iiif-image", "label": "IIIF Image API", "type": "LocationType"},
            "url": self.url(f"/image/{self.id_of(photograph).upper()}.jpg/info.json"),
            "credit": photograph.creator or None,
            "license": {
                "type": "License",
                "id": _licence(photograph),
                "label": photograph.licence.name,
                "url": photograph.licence.url,
            },
            "accessConditions": [],
        }


def _licence(photograph: Photograph) -> str:
    code = photograph.licence.code
    return {"cc0": "cc-0", "pdm": "pdm"}.get(code, f"cc-{code}")


def _error(status: int, label: str, description: str = "Page not found for URL") -> web.Response:
    told = {"errorType": "http", "httpStatus": status, "label": label, "description": description}
    return web.json_response({**told, "type": "Error"}, status=status)


def _whole(value: str) -> int:
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else 0
