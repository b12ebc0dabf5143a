"""Simulated Bing Images: the result page and its fragments, with filters of shape and size."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

BATCH = 35
_CAPTCHA = (
    "<!DOCTYPE html><html><head><title>Bing</title></head><body><div class='captcha'>"
    "<div class='captcha_header'>One last step</div><p>Please verify that you are not a robot.</p></div>"
    "</body></html>"
)
_FILTERS = "<ul><li><a href='/images/search?q=x&amp;qft=+filterui:imagesize-large'>Large</a></li></ul>"


class Simulated(Engine):
    """Answers `/images/search` and `/images/async`."""

    name = "bing"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        if rest not in {"images/search", "images/async"}:
            return web.Response(status=404, text="404\n")
        query, first = request.query.get("q", ""), int(request.query.get("first") or 1)
        qft = str(request.rel_url.raw_query_string).partition("qft=")[2].partition("&")[0]
        found = [each for each in self.search(query) if _fits(each, qft)]
        shown = page_of(found, first - 1, BATCH)
        following = ""
        if first - 1 + len(shown) < len(found):
            told = {"q": query, "first": first + BATCH, "count": BATCH, "relp": BATCH, "mmasync": 1}
            following = f"/images/async?{urlencode(told)}" + (f"&qft={qft}" if qft else "")
        grid = self._grid(shown, query, following)
        if rest == "images/async":
            return web.Response(text=grid, content_type="text/html")
        title = f"<title>{html.escape(query)} - Search Images</title>"
        text = f"<!DOCTYPE html><html><head>{title}</head><body>{_FILTERS}{grid}</body></html>"
        return web.Response(text=text, content_type="text/html")

    def block(self) -> web.Response:
        return web.Response(text=_CAPTCHA, content_type="text/html")

    def layout(self) -> web.Response:
        text = (
            "<!DOCTYPE html><html><head><title>Images</title></head><body><main id='x'></main></body></html>"
        )
        return web.Response(text=text, content_type="text/html")

    def _grid(self, shown: Sequence[Photograph], query: str, following: str) -> str:
        rows = "".join(
            f"<li data-idx = {place}>{self._row(each, query)}</li>" for place, each in enumerate(shown)
        )
        advertisement = "<li data-idx = 99><div class='sprs-container'>Related Products</div></li>"
        return (
            '<div id="mmComponent_images_2" class="dgControl dtl hover"'
            f' data-nextUrl="{html.escape(following)}" data-layout="row" >'
            f'<ul data-row = 0 class="dgControl_list " >{rows}{advertisement}</ul></div>'
        )

    def _row(self, photograph: Photograph, query: str) -> str:
        told: Mapping[str, str] = {
            "sid": "",
            "cid": photograph.sha256[:8],
            "purl": self.page_url(photograph),
            "murl": self.image_url(photograph),
            "turl": self.thumb_url(photograph),
            "md5": photograph.sha256[:32],
            "t": photograph.title,
            "mid": photograph.sha256[:40].upper(),
            "desc": f"\ue000{photograph.title}\ue001",
        }
        size = f"{photograph.width}&#215;{photograph.height}"
        site = '<div class="lnkw"><a title="pages.localhost" href="#">pages.localhost</a></div>'
        sides = f"exph={photograph.height}&expw={photograph.width}"
        href = f"/images/search?view=detailV2&mediaurl={quote(told['murl'], safe='')}&{sides}"
        return (
            f'<div class="iuscp"><div class="imgpt"><a class="iusc" m="{html.escape(json.dumps(told))}"'
            f' href="{html.escape(href)}"><div class="img_cont"><img class="mimg"'
            f' src="{html.escape(told["turl"])}" alt="Image result for {html.escape(query)}"/></div></a>'
            f'<div class="img_info hon"><span class="nowrap">{size}</span>{site}</div></div></div>'
        )


def _fits(photograph: Photograph, qft: str) -> bool:
    """Whether a photograph passes the filters; as with the real Bing, quoted ones are overlooked."""
    for each in qft.split("+filterui:"):
        if each.startswith("imagesize-custom_"):
            width, height = (int(side) for side in each.split("_")[1:3])
            if photograph.width < width or photograph.height < height:
                return False
        shape = each.removeprefix("aspect-")
        if shape in {"wide", "tall", "square"} and shape != _shape(photograph):
            return False
    return True


def _shape(photograph: Photograph) -> str:
    if photograph.width == photograph.height:
        return "square"
    return "wide" if photograph.width > photograph.height else "tall"
