"""Baidu Images: the home page with its cookie, and `/search/acjson` with its JSON that is not quite JSON."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

COOKIE = "BAIDUID"
LETTERS = str.maketrans("7dgjmoru140852vsnkheb963wtqplifca", "0123456789abcdefghijklmnopqrstuvw")
SIGNS = str.maketrans({":": "_z2C$q", ".": "_z&e3B", "/": "AzdH3F"})
SIDES = {"1": (0, 399), "2": (400, 1199), "3": (1200, 10**6), "9": (1600, 10**6)}


class Simulated(Engine):
    """Answers `/` with a cookie, and searches of those who bring it back."""

    name = "baidu"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        """The home page, or results."""
        if not rest:
            home = web.Response(
                text="<!doctype html><title>百度图片</title><a href='//www.baidu.com/'>百度</a>",
                content_type="text/html",
            )
            home.set_cookie(COOKIE, "0123456789ABCDEF:FG=1")
            return home
        if rest != "search/acjson" or request.query.get("tn") != "resultjson_com":
            return web.Response(status=404, text="404\n")
        if COOKIE not in request.cookies or "word=" not in request.headers.get("Referer", ""):
            return web.json_response({"antiFlag": 1, "message": "Forbid spider access"})
        least, most = SIDES.get(request.query.get("z", ""), (0, 10**6))
        found = [
            each
            for each in self.search(request.query["word"])
            if least <= max(each.width, each.height) <= most
        ]
        start, size = int(request.query.get("pn", "0")), int(request.query.get("rn", "30"))
        rows = [self._row(each, start + place) for place, each in enumerate(page_of(found, start, size))]
        body = {
            "queryEnc": request.query["word"],
            "displayNum": len(found),
            "listNum": len(found),
            "gsm": f"{start + size:x}",
            "data": [*rows, {}],
        }
        return _not_quite_json(body)

    def block(self) -> web.Response:
        """The page that asks to turn a picture upright."""
        text = "<!doctype html><title>百度安全验证</title><div class='passMod_dialog-wrapper'></div>"
        return web.Response(text=text, content_type="text/html")

    def _row(self, photograph: Photograph, place: int) -> dict[str, Any]:
        image, page = self.image_url(photograph), self.page_url(photograph)
        return {
            "adType": "0",
            "objURL": _cipher(image),
            "fromURL": _cipher(page),
            "fromURLHost": "pages.localhost",
            "thumbURL": self.thumb_url(photograph),
            "replaceUrl": [{"ObjURL": image, "FromURL": page}],
            "width": photograph.width,
            "height": photograph.height,
            "type": photograph.content_type.partition("/")[2],
            "filesize": "",
            "fromPageTitle": f"<strong>{photograph.title}</strong>",
            "fromPageTitleEnc": f"{photograph.title}'s picture\tand more",
            "bdImgnewsDate": "1970-01-01 08:00",
            "di": self.id_of(photograph),
            "pageNum": place,
        }


def _cipher(address: str) -> str:
    return "".join(letter.translate(LETTERS).translate(SIGNS) for letter in address)


def _not_quite_json(body: dict[str, Any]) -> web.Response:
    """As Baidu writes it: quotation marks are escaped without need, tabs are not."""
    text = json.dumps(body, ensure_ascii=False).replace("'", "\\'").replace("/", "\\/").replace("\\t", "\t")
    return web.Response(text=text, content_type="application/json")
