"""Sogou Images: the page of results with its state in a script, and the JSON that it loads."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

PAGE_SIZE = 48


class Simulated(Engine):
    """Answers `/pics` and `/napi/pc/searchList`."""

    name = "sogou"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        """A page of results in either form."""
        found = self.search(request.query.get("query", ""))
        start = int(request.query.get("start", "0"))
        rows = [self._row(each) for each in page_of(found, start, PAGE_SIZE)]
        if rest == "napi/pc/searchList":
            return web.json_response({"status": 0, "info": "ok", "data": {"items": rows}})
        if rest != "pics":
            return web.Response(status=404, text="404\n")
        state = json.dumps({"searchList": {"searchList": rows}}).replace("/", "\\u002F")
        text = f"<!doctype html><script>window.__INITIAL_STATE__={state};(function(){{}}())</script>"
        return web.Response(text=text, content_type="text/html")

    def block(self) -> web.Response:
        """The page that asks for the letters of a picture."""
        form = "<form action='/antispider/thank.php'><input id='seccodeInput'></form>"
        return web.Response(text=f"<!doctype html>{form}", content_type="text/html")

    def layout(self) -> web.Response:
        """A page without a state."""
        return web.Response(text="<!doctype html><div id='app'></div>", content_type="text/html")

    def _row(self, photograph: Photograph) -> dict[str, Any]:
        return {
            "title": photograph.title,
            "picUrl": self.image_url(photograph),
            "oriPicUrl": self.image_url(photograph),
            "thumbUrl": self.thumb_url(photograph),
            "url": self.page_url(photograph),
            "content_major": f"A picture of {photograph.category}",
            "ch_site_name": "pages",
            "width": photograph.width,
            "height": photograph.height,
            "size": len(photograph.body),
        }
