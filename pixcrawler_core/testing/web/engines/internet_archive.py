"""The Internet Archive: `GET /internet_archive/advancedsearch.php`, `/metadata/ITEM`, `/download/ITEM/FILE`.

Follows https://archive.org/developers/ and the answers that public clients read.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, image, page_of
from pixcrawler_core.testing.web.photographs import Photograph

DEPTH = 10_000
QUERY = re.compile(r"\((?P<words>.*?)(?<!\\)\) AND mediatype:image(?P<rest>.*)", re.DOTALL)
LICENCE = re.compile(r"licenseurl:(\(.*?\)|\S+)")
THUMB = "__ia_thumb.jpg"


class Simulated(Engine):
    """Items of one photograph each, with the files that the archive makes of it."""

    name = "internet_archive"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if rest == "advancedsearch.php":
            return self._search(request)
        what, _, identifier = rest.replace("services/img/", "services/").partition("/")
        identifier, _, name = identifier.partition("/")
        photograph = self.photograph(identifier.removeprefix("item-"))
        if what == "metadata":
            return web.json_response(self._item(photograph) if photograph else {})
        if what in {"download", "services"} and photograph and unquote(name) in {*_names(photograph), ""}:
            return image(photograph)
        return web.Response(status=404, text="<!doctype html><title>404</title>", content_type="text/html")

    def block(self) -> web.Response:
        text = "<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>"
        return web.Response(status=403, text=text, content_type="text/html")

    def _search(self, request: web.BaseRequest) -> web.Response:
        query = request.query
        asked = QUERY.fullmatch(query.get("q", ""))
        page, rows = _whole(query.get("page", "1")), _whole(query.get("rows", "50"))
        if asked is None or page * rows > DEPTH:
            told = "Your query could not be parsed" if asked is None else "Only 10000 results are available"
            return web.json_response({"error": told}, status=400)
        found = [
            each
            for each in self.search(asked["words"].replace("\\", ""))
            if _allowed(each, LICENCE.search(asked["rest"]))
        ]
        start = (max(page, 1) - 1) * rows
        items = [
            {"identifier": self._identifier(each), "title": each.title, "mediatype": "image"}
            for each in page_of(found, start, rows)
        ]
        header = {"status": 0, "QTime": 5, "params": {"query": query.get("q", ""), "rows": str(rows)}}
        return web.json_response(
            {"responseHeader": header, "response": {"numFound": len(found), "start": start, "docs": items}}
        )

    def _identifier(self, photograph: Photograph) -> str:
        return f"item-{self.id_of(photograph)}"

    def _item(self, photograph: Photograph) -> dict[str, Any]:
        identifier = self._identifier(photograph)
        name, small = _names(photograph)
        original = {
            "name": name,
            "source": "original",
            "format": name.rpartition(".")[2].upper().replace("JPG", "JPEG"),
            "size": str(len(photograph.body)),
            "sha1": hashlib.sha1(photograph.body, usedforsecurity=False).hexdigest(),
        }
        files = [
            {"name": THUMB, "source": "original", "format": "Item Tile", "size": "9000"},
            original,
            {"name": small, "source": "derivative", "format": "JPEG Thumb", "original": name},
            {"name": f"{identifier}_meta.xml", "source": "original", "format": "Metadata"},
            {"name": f"{identifier}_archive.torrent", "source": "metadata", "format": "Archive BitTorrent"},
        ]
        about = {
            "identifier": identifier,
            "mediatype": "image",
            "title": photograph.title,
            "creator": photograph.creator,
            "subject": list(photograph.tags) if len(photograph.tags) != 1 else photograph.tags[0],
            "licenseurl": photograph.licence.url,
            "date": "1999-05-01",
        }
        return {"created": 1, "dir": f"/1/items/{identifier}", "files": files, "metadata": about}


def _names(photograph: Photograph) -> tuple[str, str]:
    """The name of the uploaded file and of its small copy."""
    name = photograph.key.rpartition("/")[2]
    return name, f"{name.rpartition('.')[0]}_thumb.jpg"


def _allowed(photograph: Photograph, clause: re.Match[str] | None) -> bool:
    """Whether the licence's address has one of the patterns of a clause such as `licenseurl:(*a* OR *b*)`."""
    if clause is None:
        return True
    patterns = clause[1].strip("()").replace("\\", "").split(" OR ")
    return any(fnmatch.fnmatchcase(photograph.licence.url, pattern) for pattern in patterns)


def _whole(value: str) -> int:
    return int(value) if re.fullmatch(r"[0-9]{1,6}", value) else 0
