"""Simulated DuckDuckGo Images: a page with the query's token, and `i.js`, which refuses others."""

from __future__ import annotations

import hashlib
import html
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

PAGE = 100
_CHALLENGE = (
    "<!DOCTYPE html><html><head><title>DuckDuckGo</title></head><body>"
    '<form id="challenge-form" action="//duckduckgo.com/anomaly.js?sv=html" method="POST">'
    '<div class="anomaly-modal__title">Unfortunately, bots use DuckDuckGo too.</div></form></body></html>'
)


class Simulated(Engine):
    """Answers `/` with a token and `/i.js` with results."""

    name = "duckduckgo"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        query = request.query.get("q", "")
        token = _token(query, request.headers.get("User-Agent", ""))
        if not rest:
            return _home(query, token)
        if rest != "i.js":
            return web.Response(status=404, text="404\n")
        if request.query.get("vqd") != token or request.query.get("o") != "json":
            return web.Response(status=403, text="If this error persists, please let us know.")
        start = int(request.query.get("s") or 0)
        slots = request.query.get("f", ",,,,,")
        found = [each for each in self.search(query) if _fits(each, slots)]
        shown = [self._row(each) for each in page_of(found, start, PAGE)]
        told = {"q": query, "o": "json", "p": request.query.get("p", "-1"), "s": start + PAGE, "u": "bing"}
        told |= {"f": slots, "l": request.query.get("l", "wt-wt")}
        body: dict[str, Any] = {
            "ads": None,
            "next": f"i.js?{urlencode(told, safe=',:')}",
            "query": query,
            "queryEncoded": query,
            "response_type": "places",
            "results": shown,
            "vqd": {query: token},
        }
        if shown and start + PAGE >= len(found):
            body.pop("next")
        return web.json_response(body, content_type="application/x-javascript")

    def block(self) -> web.Response:
        return web.Response(status=202, text=_CHALLENGE, content_type="text/html")

    def layout(self) -> web.Response:
        return web.Response(text="<!DOCTYPE html><title>?</title><main></main>", content_type="text/html")

    def _row(self, photograph: Photograph) -> dict[str, Any]:
        return {
            "height": photograph.height,
            "image": self.image_url(photograph),
            "source": "Bing",
            "thumbnail": self.thumb_url(photograph),
            "title": html.escape(photograph.title),
            "url": self.page_url(photograph),
            "width": photograph.width,
        }


def _token(query: str, agent: str) -> str:
    """A token for a query and a user agent, of the real form."""
    digits = str(int.from_bytes(hashlib.sha256(f"{query}\n{agent}".encode()).digest()[:16], "big"))
    return f"4-{digits}"


def _home(query: str, token: str) -> web.Response:
    script = f'<script type="text/javascript">var rq="";fq=0;vqd="{token}";safe_ddg=0;</script>'
    title = f"<title>{html.escape(query)} at DuckDuckGo</title>"
    text = f"<!DOCTYPE html><html><head>{title}{script}</head><body></body></html>"
    return web.Response(text=text, content_type="text/html")


def _fits(photograph: Photograph, slots: str) -> bool:
    if "layout:Square" in slots:
        return photograph.width == photograph.height
    if "layout:Tall" in slots:
        return photograph.width < photograph.height
    return "layout:Wide" not in slots or photograph.width > photograph.height
