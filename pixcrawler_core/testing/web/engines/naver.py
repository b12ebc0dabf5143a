"""Naver Images: the page of results with a JavaScript variable."""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

PAGE_SIZE = 50
KEY = re.compile(r'(?<=[{,])"([A-Za-z_]\w*)":')


class Simulated(Engine):
    """Answers `/search.naver`."""

    name = "naver"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        """A page of results."""
        if rest != "search.naver" or request.query.get("where") != "image":
            return web.Response(status=404, text="404\n")
        start = int(request.query.get("start", "1")) - 1
        rows = [self._row(each) for each in page_of(self.search(request.query["query"]), start, PAGE_SIZE)]
        if not rows:
            return web.Response(
                text="<!doctype html><div class='not_found02'></div>", content_type="text/html"
            )
        data = {"shopAd": {"items": None}, "content": {"items": [{"type": "shopAd"}, *rows]}}
        literal = KEY.sub(r"\1:", json.dumps(data, separators=(",", ":"), ensure_ascii=False))
        text = f"<!doctype html><script>var imageSearchTabData={literal}</script>"
        return web.Response(text=text, content_type="text/html")

    def block(self) -> web.Response:
        """The captcha."""
        text = "<!doctype html><form id='captcha_form' action='/captcha'></form>"
        return web.Response(text=text, content_type="text/html")

    def layout(self) -> web.Response:
        """A page without the variable."""
        return web.Response(text="<!doctype html><main id='pack'></main>", content_type="text/html")

    def _row(self, photograph: Photograph) -> dict[str, Any]:
        return {
            "type": "image",
            "imgId": self.id_of(photograph),
            "title": f"<mark>{photograph.title}</mark>",
            "originalUrl": self.image_url(photograph),
            "thumb": self.thumb_url(photograph),
            "viewerThumb": self.thumb_url(photograph, 600),
            "link": self.page_url(photograph),
            "source": "blog",
            "orgWidth": str(photograph.width),
            "orgHeight": str(photograph.height),
        }
