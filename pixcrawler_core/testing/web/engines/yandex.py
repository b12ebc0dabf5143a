"""Yandex Images: the page of results with its state in an attribute."""

from __future__ import annotations

import html
import json
from typing import Any

from aiohttp import web

from pixcrawler_core.filters import shape_of
from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

PAGE_SIZE = 30
SHAPES = {"vertical": "tall", "horizontal": "wide", "square": "square"}


class Simulated(Engine):
    """Answers `/images/search`."""

    name = "yandex"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        """A page of results."""
        if rest != "images/search":
            return web.Response(status=404, text="404\n")
        shape = SHAPES.get(request.query.get("iorient", ""))
        found = [
            each
            for each in self.search(request.query.get("text", ""))
            if shape in (None, shape_of(each.width, each.height))
        ]
        start = int(request.query.get("p", "0")) * PAGE_SIZE
        rows = {
            self.id_of(each): self._row(each, start + place)
            for place, each in enumerate(page_of(found, start, PAGE_SIZE))
        }
        items = {"keys": list(rows), "entities": rows}
        state = {"location": "/images/search/", "initialState": {"serpList": {"items": items}}}
        attribute = html.escape(json.dumps(state))
        text = f'<!doctype html><div class="Root" id="ImagesApp-1" data-state="{attribute}"></div>'
        return web.Response(text=text, content_type="text/html")

    def block(self) -> web.Response:
        """The page with the box to tick."""
        form = '<form method="POST" action="/checkcaptcha?key=1"><div class="CheckboxCaptcha"></div></form>'
        headers = {"x-yandex-captcha": "captcha"}
        return web.Response(text=f"<!doctype html>{form}", content_type="text/html", headers=headers)

    def layout(self) -> web.Response:
        """A page whose results are drawn in another way."""
        return web.Response(text="<!doctype html><canvas id='results'></canvas>", content_type="text/html")

    def _row(self, photograph: Photograph, place: int) -> dict[str, Any]:
        width, height = photograph.width, photograph.height
        image, size = self.image_url(photograph), len(photograph.body)
        copy = {"url": image, "w": width, "h": height, "fileSizeInBytes": size}
        return {
            "id": self.id_of(photograph),
            "pos": place,
            "origUrl": image,
            "origWidth": width,
            "origHeight": height,
            "image": self.thumb_url(photograph),
            "alt": photograph.title,
            "snippet": {"title": photograph.title, "url": self.page_url(photograph)},
            "viewerData": {"dups": [copy], "preview": [{**copy, "w": width // 2, "h": height // 2}]},
        }
