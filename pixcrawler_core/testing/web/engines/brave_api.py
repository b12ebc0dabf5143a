"""Brave Search API: one page of images, the key in a header, and errors with codes."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import KEY, Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

LIMITS = {"X-RateLimit-Limit": "1, 2000", "X-RateLimit-Remaining": "1, 1999", "X-RateLimit-Reset": "1, 86400"}


class Simulated(Engine):
    """`GET /brave_api/res/v1/images/search`."""

    name = "brave_api"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        query = request.query
        if rest != "res/v1/images/search":
            return web.Response(status=404, text="404\n")
        if request.headers.get("X-Subscription-Token") != KEY:
            return _refusal("SUBSCRIPTION_TOKEN_INVALID", "The provided subscription token is invalid.")
        count, asked = query.get("count", "50"), query.get("q", "")
        if not (count.isdigit() and 1 <= int(count) <= 200 and 1 <= len(asked) <= 400):
            return _refusal("VALIDATION", "Unable to validate request parameter(s)")
        if query.get("safesearch", "strict") not in {"off", "strict"}:
            return _refusal("VALIDATION", "Unable to validate request parameter(s)")
        found = page_of(self.search(asked), 0, int(count))
        reply = {
            "type": "images",
            "query": {"original": asked, "spellcheck_off": False, "show_strict_warning": False},
            "results": [self._result(photograph) for photograph in found],
            "extra": {"might_be_offensive": False},
        }
        return web.json_response(reply, headers=LIMITS)

    def block(self) -> web.Response:
        return _refusal("SUBSCRIPTION_TOKEN_INVALID", "The provided subscription token is invalid.")

    def _result(self, photograph: Photograph) -> dict[str, Any]:
        image: dict[str, Any] = {
            "url": self.image_url(photograph),
            "placeholder": self.thumb_url(photograph, 16),
        }
        if self.number_of(photograph) % 4:
            image |= {"width": photograph.width, "height": photograph.height}
        return {
            "type": "image_result",
            "title": photograph.title,
            "url": self.page_url(photograph),
            "source": "pages.localhost",
            "page_fetched": "2026-02-01T00:00:00Z",
            "thumbnail": {"src": self.thumb_url(photograph, 500), "width": 500, "height": 333},
            "properties": image,
            "meta_url": {"scheme": "http", "netloc": "pages.localhost", "hostname": "pages.localhost"},
            "confidence": "high",
        }


def _refusal(code: str, detail: str) -> web.Response:
    error = {"id": "00000000-0000-4000-8000-000000000000", "status": 422, "code": code, "detail": detail}
    return web.json_response({"type": "ErrorResponse", "error": error, "time": 1700000000}, status=422)
