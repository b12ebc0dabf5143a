"""Smithsonian Open Access: terms within the query, several sizes of an image, errors of api.data.gov."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import KEY, Engine, image, page_of
from pixcrawler_core.testing.web.photographs import Photograph

TERM = re.compile(r'(\w+):"([^"]*)"')
MOST_ROWS = 1000


class Simulated(Engine):
    """`GET /smithsonian/openaccess/api/v1.0/search`, `content/<id>`, and the image service `ids/download`."""

    name = "smithsonian"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if rest == "ids/download":
            found = self.photograph(request.query.get("id", "").rpartition("-")[2].partition(".")[0])
            return image(found) if found else web.Response(status=404, text="404\n")
        key = request.query.get("api_key") or request.headers.get("X-Api-Key", "")
        if key != KEY:
            code = "API_KEY_INVALID" if key else "API_KEY_MISSING"
            return _refusal(403, code, "An invalid api_key was supplied.")
        path = rest.removeprefix("openaccess/api/v1.0/")
        if path.startswith("content/"):
            found = self.photograph(path.rpartition("-")[2])
            return _reply(self._record(found)) if found else _reply({"message": "no content found"})
        if re.fullmatch(r"(?:category/\w+/)?search", path) is None:
            return web.Response(status=404, text="404\n")
        try:
            start, rows = int(request.query.get("start", "0")), int(request.query.get("rows", "10"))
        except ValueError:
            return web.json_response({"status": 400, "message": "start and rows are numbers"}, status=400)
        found_all = self._search(request.query.get("q", ""))
        page = page_of(found_all, start, min(rows, MOST_ROWS))
        listed = [self._record(photograph) for photograph in page]
        message = "content found" if listed else "no content found"
        return _reply({"rows": listed, "rowCount": len(found_all), "message": message})

    def block(self) -> web.Response:
        return _refusal(403, "API_KEY_DISABLED", "The api_key supplied has been disabled.")

    def _search(self, query: str) -> list[Photograph]:
        terms = dict(TERM.findall(query))
        found = self.search(re.sub(r"\bAND\b|[()]", " ", TERM.sub(" ", query)))
        if terms.get("online_media_type", "Images") != "Images":
            return []
        free = "media_usage" in terms
        return [each for each in found if not free or each.licence.code == "cc0"]

    def _record(self, photograph: Photograph) -> dict[str, Any]:
        number, title = f"simulated-{self.id_of(photograph)}", photograph.title
        describes = {
            "record_ID": number,
            "title": {"label": "Title", "content": title},
            "data_source": "Museum of Simulated History",
            "record_link": self.page_url(photograph),
            "metadata_usage": {"access": "CC0"},
            "online_media": {"mediaCount": 1, "media": [self._media(photograph)]},
        }
        freetext = {
            "date": [{"label": "Date", "content": "1969"}],
            "creditLine": [{"label": "Credit Line", "content": "Gift of the simulator"}],
        }
        if photograph.creator:
            freetext["name"] = [
                {"label": "Sitter", "content": "Somebody Else"},
                {"label": "Photographer", "content": photograph.creator},
            ]
        indexed = {"topic": list(photograph.tags), "object_type": ["Photographs"], "date": ["1960s"]}
        return {
            "id": f"edanmdm-{number}",
            "title": title,
            "unitCode": "NMAH",
            "type": "edanmdm",
            "url": f"edanmdm:{number}",
            "content": {
                "descriptiveNonRepeating": describes,
                "freetext": freetext,
                "indexedStructured": indexed,
            },
        }

    def _media(self, photograph: Photograph) -> dict[str, Any]:
        """Most have resources with sizes; some only the address of the delivery service."""
        number = f"NMAH-{self.id_of(photograph)}"
        download = self.url(f"/ids/download?id={number}", host="ids")
        usage = "CC0" if photograph.licence.code == "cc0" else "Usage conditions apply"
        media: dict[str, Any] = {
            "thumbnail": self.thumb_url(photograph, 90),
            "idsId": number,
            "guid": f"http://n2t.net/ark:/65665/{self.id_of(photograph)}",
            "usage": {"access": usage},
            "type": "Images",
            "content": self.image_url(photograph),
        }
        if photograph.content_type == "image/jpeg" and self.number_of(photograph) % 4:
            size = {"width": photograph.width, "height": photograph.height}
            media["resources"] = [
                {"label": "High-resolution TIFF", "url": f"{download}.tif", **size},
                {"label": "High-resolution JPEG", "url": f"{download}.jpg", **size},
                {"label": "Screen Image", "url": f"{download}_screen"},
                {"label": "Thumbnail Image", "url": f"{download}_thumb"},
            ]
        return media


def _reply(answer: dict[str, Any]) -> web.Response:
    return web.json_response({"status": 200, "responseCode": 1, "response": answer})


def _refusal(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
