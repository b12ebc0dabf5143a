"""Simulated Google Images: the result page (`udm=2`), the page for old telephones, and the app's JSON."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

PAGE = 10
_CAPTCHA = (
    "<html><head><title>Sorry...</title></head><body><form id='captcha-form' action='index' method='post'>"
    "<div id='recaptcha' class='g-recaptcha' data-sitekey='x'></div></form>"
    "Our systems have detected unusual traffic from your computer network.</body></html>"
)
_NOSCRIPT = (
    "<noscript><meta content='0;url=/httpservice/retry/enablejs?sei=x' http-equiv='refresh'></noscript>"
)


class Simulated(Engine):
    """Answers `/search` and `/wml/search`."""

    name = "google"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        query, start = request.query.get("q", ""), int(request.query.get("start") or 0)
        found = [each for each in self.search(query) if _fits(each, request.query.get("tbs", ""))]
        how = request.query.get("async", "")
        if rest == "search" and how.startswith("_fmt:json"):
            start = int(how.rpartition("ijn:")[2] or 0) * PAGE
            return self._json(page_of(found, start, PAGE))
        shown = page_of(found, start, PAGE)
        if rest == "wml/search" and request.query.get("tbm") == "isch":
            return self._wml(shown)
        if rest == "search" and request.query.get("udm") == "2":
            return self._html(shown, query)
        return web.Response(status=404, text="404\n")

    def block(self) -> web.Response:
        return web.Response(status=429, text=_CAPTCHA, content_type="text/html")

    def layout(self) -> web.Response:
        text = "<!DOCTYPE html><html><head><title>Google</title></head><body><main></main></body></html>"
        return web.Response(text=text, content_type="text/html")

    def _html(self, shown: Sequence[Photograph], query: str) -> web.Response:
        cards = "".join(self._card(each) for each in shown)
        arrays = ",".join(self._array(each) for each in shown)
        nothing = (
            "" if shown else f"<p>Your search - {html.escape(query)} - did not match any image results.</p>"
        )
        text = (
            f"<!doctype html><html><head><title>{html.escape(query)} - Google Search</title></head>"
            f"<body>{_NOSCRIPT}<div id='search'>{cards}{nothing}</div>"
            f"<script nonce='x'>(function(){{var m={{\"a\":[{arrays}]}};}})();</script></body></html>"
        )
        return web.Response(text=text, content_type="text/html")

    def _card(self, photograph: Photograph) -> str:
        page, title = html.escape(self.page_url(photograph)), html.escape(photograph.title)
        return (
            f'<div class="ivg-i" data-attrid="images universal" data-docid="{self.id_of(photograph)}"'
            f' data-lpage="{page}"><img alt="{title}" src="data:image/gif;base64,"></div>'
        )

    def _array(self, photograph: Photograph) -> str:
        thumb = [f"{self.thumb_url(photograph)}?usqp=x&s=10", 150, 200]
        original = [self.image_url(photograph), photograph.height, photograph.width]
        told = json.dumps([0, self.id_of(photograph), thumb, original, None, 0, "rgb(1,2,3)"])
        return f"[1,{told}]".replace(", ", ",").replace("=", "\\u003d").replace("&", "\\u0026")

    def _wml(self, shown: Sequence[Photograph]) -> web.Response:
        links = "".join(self._link(each) for each in shown)
        content = links or "<p>Your search did not match any images.</p>"
        text = f'<?xml version="1.0" encoding="utf-8"?><html><body>{content}</body></html>'
        return web.Response(text=text, content_type="text/html")

    def _link(self, photograph: Photograph) -> str:
        told = {
            "imgurl": self.image_url(photograph),
            "imgrefurl": self.page_url(photograph),
            "h": photograph.height,
            "w": photograph.width,
            "tbnid": self.id_of(photograph),
        }
        href = html.escape(f"/imgres?{urlencode(told)}")
        return f'<a href="{href}"><img src="{self.thumb_url(photograph)}" alt=""/></a>'

    def _json(self, shown: Sequence[Photograph]) -> web.Response:
        rows: list[dict[str, Any]] = [
            {
                "original_image": {"url": self.image_url(each), "height": each.height, "width": each.width},
                "thumbnail": {"url": self.thumb_url(each)},
                "result": {
                    "referrer_url": self.page_url(each),
                    "page_title": each.title,
                    "site_title": "pages.localhost",
                    "iptc": {"creator": [each.creator]} if each.creator else {},
                },
                "gsa": {"file_size": f"{len(each.body)} B"},
            }
            for each in shown
        ]
        text = ")]}'\n12;" + json.dumps({"ischj": {"metadata": rows}}, separators=(",", ":"))
        return web.Response(text=text, content_type="text/html")


def _fits(photograph: Photograph, tbs: str) -> bool:
    if "iar:s" in tbs:
        return photograph.width == photograph.height
    if "iar:t" in tbs:
        return photograph.width < photograph.height
    return "iar:w" not in tbs or photograph.width > photograph.height
