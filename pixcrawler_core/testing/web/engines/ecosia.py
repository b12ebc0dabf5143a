"""Simulated Ecosia Images: result pages counted from 0, behind Cloudflare's challenge when blocked."""

from __future__ import annotations

import html

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

PAGE = 24
_CHALLENGE = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><h1>Are you a robot?</h1>"
    '<input type="hidden" name="cf-turnstile-response"/></body></html>'
)
_SCRIPT = "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"
_NOTHING = '<div data-test-id="images-no-results"><h2>No images found</h2></div>'


class Simulated(Engine):
    """Answers `/images`."""

    name = "ecosia"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if rest != "images":
            return web.Response(status=404, text="404\n")
        query, number = request.query.get("q", ""), int(request.query.get("p") or 0)
        found = self.search(query)
        shown = page_of(found, number * PAGE, PAGE)
        rows = "".join(self._row(each, number * PAGE + place) for place, each in enumerate(shown, 1))
        more = (number + 1) * PAGE < len(found)
        following = (
            f'<a data-test-id="pagination-control-next" href="/images?p={number + 1}">Next</a>'
            if more
            else ""
        )
        content = f'<main data-test-id="mainline">{rows or _NOTHING}</main><nav>{following}</nav>'
        title = f"<title>{html.escape(query)} - Ecosia - Images</title>"
        text = f"<!DOCTYPE html><html><head>{title}{_SCRIPT}</head><body>{content}</body></html>"
        return web.Response(text=text, content_type="text/html")

    def block(self) -> web.Response:
        return web.Response(status=403, text=_CHALLENGE, content_type="text/html")

    def layout(self) -> web.Response:
        text = "<!DOCTYPE html><html><head><title>Ecosia</title></head><body><main></main></body></html>"
        return web.Response(text=text, content_type="text/html")

    def _row(self, photograph: Photograph, position: int) -> str:
        size = f" {photograph.width} &#215; {photograph.height} "
        title, identifier = html.escape(photograph.title), self.id_of(photograph)
        return (
            f'<article data-test-id="images-result" aria-posinset="{position}"'
            f' aria-describedby="image-result-title-{identifier}">'
            f'<a href="{self.image_url(photograph)}" data-test-id="image-result-link">'
            f'<img src="{self.thumb_url(photograph)}" width="200" height="150" alt="{title}"></a>'
            f'<span data-test-id="image-result-dimensions">{size}</span>'
            f'<a class="image-result__details-link" href="{self.page_url(photograph)}"><h2>{title}</h2>'
            f'<span data-test-id="image-result-source">pages.localhost</span></a></article>'
        )
