"""Brave Images: one page with its results in a JavaScript literal."""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine
from pixcrawler_core.testing.web.photographs import Photograph

MOST = 100
KEY = re.compile(r'(?<=[{,])"([A-Za-z_]\w*)":')


class Simulated(Engine):
    """Answers `/images`."""

    name = "brave"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        """The page of results."""
        if rest != "images":
            return web.Response(status=404, text="404\n")
        rows = [self._row(each) for each in self.search(request.query.get("q", ""))[:MOST]]
        answer = {"noResults": not rows, "body": {"type": "images", "response": {"results": rows}}}
        data = [{"type": "data", "data": {"theme": 0}}, {"type": "data", "data": answer}]
        literal = KEY.sub(r"\1:", json.dumps(data, separators=(",", ":")).replace("<", "\\u003C"))
        literal = literal.replace("theme:0", "theme:void 0")
        script = f"kit.start(app, element, {{\n node_ids: [0, 19],\n data: {literal},\n form: null\n}});"
        return web.Response(text=f"<!doctype html><script>{script}</script>", content_type="text/html")

    def block(self) -> web.Response:
        """The page with a captcha that is work for a computer."""
        text = "<!doctype html><title>PoW Captcha - Brave Search</title><div id='pow-captcha-top'></div>"
        return web.Response(text=text, content_type="text/html")

    def layout(self) -> web.Response:
        """A page whose results come in another way."""
        return web.Response(text="<!doctype html><main>images</main>", content_type="text/html")

    def _row(self, photograph: Photograph) -> dict[str, Any]:
        return {
            "title": photograph.title,
            "url": self.page_url(photograph),
            "source": "pages.localhost",
            "description": f"A picture of {photograph.category}",
            "thumbnail": {"src": self.thumb_url(photograph)},
            "properties": {
                "url": self.image_url(photograph),
                "width": photograph.width,
                "height": photograph.height,
                "format": photograph.content_type.partition("/")[2],
            },
        }
