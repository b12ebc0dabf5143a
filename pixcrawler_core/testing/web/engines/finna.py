"""Finna's search: `GET /finna/api/v1/search`, and the images under `/finna/Cover/Show`.

Follows the server's source, NatLibFi/NDL-VuFind2, and answers that were recorded of it.
"""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, image, page_of
from pixcrawler_core.testing.web.photographs import Photograph

MOST, DEPTH = 100, 100_000
USUAL = ("buildings", "formats", "id", "images", "languages", "nonPresenterAuthors", "subjects", "title")
RIGHTS = re.compile(r'~usage_rights_ext_str_mv:"0/(.+)/"')
GROUPS = {"cc0": "A Free", "pdm": "A Free", "by": "B BY", "by-sa": "B BY", "by-nd": "D ND"}


class Simulated(Engine):
    """Records with one image each, at a path of the interface's host."""

    name = "finna"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        query = request.query
        if rest == "Cover/Show":
            photograph = self.photograph(query.get("id", "").partition(".")[2])
            return image(photograph) if photograph else web.Response(status=404)
        if rest == "api/v1/record":
            photograph = self.photograph(query.get("id", "").partition(".")[2])
            return self._records([photograph] if photograph else [], 1 if photograph else 0, query)
        if rest != "api/v1/search":
            return _error(404, "No such method")
        page, limit = _whole(query.get("page", "1")), _whole(query.get("limit", "20"))
        if page < 1 or not 0 <= limit <= MOST:
            return _error(400, "Invalid limit" if page else "Invalid page")
        if page * limit > DEPTH:
            return _error(400, "Search results only available up to 100000")
        rights = {found[1] for each in query.getall("filter[]", []) if (found := RIGHTS.fullmatch(each))}
        matching = [
            each for each in self.search(query.get("lookfor", "")) if not rights or _group(each) in rights
        ]
        return self._records(page_of(matching, (page - 1) * limit, limit), len(matching), query)

    def block(self) -> web.Response:
        return web.json_response({"status": "ERROR", "statusMessage": "Permission denied"}, status=403)

    def _records(self, photographs: Any, total: int, query: Any) -> web.Response:
        fields = query.getall("field[]", USUAL)
        body: dict[str, Any] = {"resultCount": total, "status": "OK"}
        whole = [self._record(each) for each in photographs]
        if whole:
            body["records"] = [{name: each[name] for name in fields if name in each} for each in whole]
        return web.json_response(body)

    def _record(self, photograph: Photograph) -> dict[str, Any]:
        identifier = f"museum.{self.id_of(photograph)}"
        licence, creator = photograph.licence, photograph.creator
        return {
            "id": identifier,
            "title": photograph.title,
            "year": "1932",
            "summary": [f"A photograph: {photograph.title}"],
            "formats": [{"value": "0/Image/", "translated": "Image"}],
            "languages": [],
            "buildings": [{"value": "0/Museum/", "translated": "Simulated museum"}],
            "images": [f"/Cover/Show?source=Solr&id={identifier}&index=0&size=large"],
            "imageRights": {
                "copyright": licence.name,
                "link": f"{licence.url.rstrip('/')}/deed.en",
                "description": [f"The picture may be used by {licence.name}."],
            },
            "nonPresenterAuthors": [{"name": creator, "role": "photographer"}] if creator else [],
            "authors": {"primary": {creator: {"role": ["-"]}} if creator else [], "secondary": []},
            "subjects": [[tag] for tag in photograph.tags],
        }


def _group(photograph: Photograph) -> str:
    return GROUPS.get(photograph.licence.code, "E NC-ND" if "nd" in photograph.licence.code else "C NC")


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"status": "ERROR", "statusMessage": message}, status=status)


def _whole(value: str) -> int:
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else -1
