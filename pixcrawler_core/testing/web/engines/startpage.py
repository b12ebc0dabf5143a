"""Startpage Images: the home page with its token, and the form that wants it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

PAGE_SIZE = 20
TOKEN = "Zk3yTokenOfTheHomePage20"  # noqa: S105  # nothing secret


class Simulated(Engine):
    """Answers `/` and `POST /sp/search`."""

    name = "startpage"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        """The home page, or a page of results."""
        if not rest:
            form = f'<form id="search" method="post"><input type="hidden" name="sc" value="{TOKEN}"></form>'
            return web.Response(text=f"<!doctype html>{form}", content_type="text/html")
        if rest != "sp/search" or request.method != "POST":
            return web.Response(status=404, text="404\n")
        form_data = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        if form_data.get("sc") != TOKEN or form_data.get("cat") != "images":
            return self.block()
        script = f"React.createElement(UIStartpage.AppSerpImages, {json.dumps(self._properties(form_data))})"
        return web.Response(text=f"<!doctype html><script>{script},</script>", content_type="text/html")

    def block(self) -> web.Response:
        """The captcha."""
        text = "<!doctype html><title>Startpage Captcha</title><form action='/sp/captcha'></form>"
        return web.Response(text=text, content_type="text/html")

    def layout(self) -> web.Response:
        """A page without a form and without results."""
        return web.Response(text="<!doctype html><main>private</main>", content_type="text/html")

    def _properties(self, form: Mapping[str, str]) -> dict[str, Any]:
        found, page = self.search(form["query"]), int(form["page"])
        rows = [self._row(each) for each in page_of(found, (page - 1) * PAGE_SIZE, PAGE_SIZE)]
        blocks = [{"display_type": "ads", "results": [{}]}, {"display_type": "images-bing", "results": rows}]
        pages = [{"name": str(page), "number": page}]
        if page * PAGE_SIZE < len(found):
            pages.append({"name": "Next", "number": page + 1})
        presenter = {"regions": {"mainline": blocks}, "pagination": {"pages": pages}}
        return {"render": {"search_sc": TOKEN, "presenter": presenter}}

    def _row(self, photograph: Photograph) -> dict[str, Any]:
        def proxied(address: str) -> str:
            return f"/av/proxy-image?{urlencode({'piurl': address, 'sp': '1'})}"

        return {
            "title": photograph.title,
            "altClickUrl": self.page_url(photograph),
            "clickUrl": proxied(self.image_url(photograph)),
            "thumbnailUrl": proxied(self.thumb_url(photograph)),
            "width": photograph.width,
            "height": photograph.height,
            "filesize": f"{len(photograph.body)} B",
            "format": "unknown",
        }
