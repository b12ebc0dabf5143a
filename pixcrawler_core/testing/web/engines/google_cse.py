"""Google Custom Search: ten results at a time, a hundred in all, and errors with reasons."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import KEY, Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

DEPTH = 100


class Simulated(Engine):
    """`GET /google_cse/customsearch/v1`; any id of a search engine (`cx`) will do."""

    name = "google_cse"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        query = request.query
        if rest != "customsearch/v1":
            return web.Response(status=404, text="404\n")
        if query.get("key") != KEY:
            return _refusal(400, "badRequest", "API key not valid. Please pass a valid API key.")
        numbers = (query.get("num", "10"), query.get("start", "1"))
        if not query.get("cx") or not query.get("q") or not all(each.isdigit() for each in numbers):
            return _refusal(400, "badRequest", "Request contains an invalid argument.")
        size, start = (int(each) for each in numbers)
        if not 1 <= size <= 10 or start < 1 or start + size - 1 > DEPTH:
            return _refusal(400, "badRequest", "Request contains an invalid argument.")
        found = self.search(query["q"])
        items = [self._item(photograph) for photograph in page_of(found, start - 1, size)]
        about = {"totalResults": str(len(found)), "searchTerms": query["q"], "count": size}
        reply: dict[str, Any] = {
            "kind": "customsearch#search",
            "queries": {"request": [{**about, "startIndex": start}]},
            "searchInformation": {"searchTime": 0.1, "totalResults": str(len(found))},
        }
        if start + size <= len(found):
            reply["queries"]["nextPage"] = [{**about, "startIndex": start + size}]
        if items:
            reply["items"] = items
        return web.json_response(reply)

    def block(self) -> web.Response:
        message = "This project does not have the access to Custom Search JSON API."
        return _refusal(403, "forbidden", message)

    def _item(self, photograph: Photograph) -> dict[str, Any]:
        vague = self.number_of(photograph) % 4 == 0
        mime = "image/" if vague else photograph.content_type
        return {
            "kind": "customsearch#result",
            "title": photograph.title,
            "htmlTitle": f"<b>{photograph.title}</b>",
            "link": self.image_url(photograph),
            "displayLink": "pages.localhost",
            "snippet": f"{photograph.title} ...",
            "mime": mime,
            "fileFormat": mime,
            "image": {
                "contextLink": self.page_url(photograph),
                "height": photograph.height,
                "width": photograph.width,
                "byteSize": len(photograph.body),
                "thumbnailLink": self.thumb_url(photograph, 150),
                "thumbnailHeight": 100,
                "thumbnailWidth": 150,
            },
        }


def _refusal(code: int, reason: str, message: str) -> web.Response:
    told = {"message": message, "domain": "global", "reason": reason}
    return web.json_response({"error": {"code": code, "message": message, "errors": [told]}}, status=code)
