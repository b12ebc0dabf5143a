"""Qwant Images: `/v3/search/images` with its five pages and its errors."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

PAGES = 5
OPEN = {"public": {"cc0", "pdm"}}


class Simulated(Engine):
    """Answers `/v3/search/images`."""

    name = "qwant"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        """A page of results, or the error that Qwant tells."""
        query = request.query
        if rest != "v3/search/images":
            return web.Response(status=404, text="404\n")
        if list(query)[:4] != ["q", "count", "locale", "offset"] or query.get("llm") != "true":
            return web.json_response(_error(22, "wrong parameters"))
        count, offset = int(query["count"]), int(query["offset"])
        if offset >= PAGES * count:
            return web.Response(status=404, text="404\n")
        allowed = OPEN.get(query.get("license", ""))
        found = [each for each in self.search(query["q"]) if allowed is None or each.licence.code in allowed]
        items = [self._row(each) for each in page_of(found, offset, count)]
        result = {"total": len(found), "items": items, "lastPage": offset + count >= len(found)}
        return web.json_response({"status": "success", "data": {"query": {}, "result": result}})

    def block(self) -> web.Response:
        """The answer that leads to DataDome's captcha."""
        body = _error(27, "captcha")
        body["data"]["error_data"] = {"captchaUrl": "https://geo.captcha.example/captcha/"}
        return web.json_response(body)

    def _row(self, photograph: Photograph) -> dict[str, Any]:
        return {
            "title": photograph.title,
            "media": self.image_url(photograph),
            "thumbnail": self.thumb_url(photograph),
            "thumb_width": 200,
            "thumb_height": 200,
            "width": str(photograph.width),
            "height": str(photograph.height),
            "size": f"{len(photograph.body)} B",
            "url": self.page_url(photograph),
            "b_id": self.id_of(photograph),
        }


def _error(code: int, message: str) -> dict[str, Any]:
    return {"status": "error", "data": {"error_code": code, "message": [message]}}
