"""Feeds over the photographs, ten items a page: `/feed/rss`, `/feed/atom`, `/feed/json`.

RSS with Media RSS, Atom with enclosures, JSON Feed 1.1; all link to their next page, and `?category=` picks a
category. `/feed/` is a web page that links to the first.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine, page_of
from pixcrawler_core.testing.web.photographs import Photograph

SIZE = 10
DAY = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
RSS = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Photographs</title><link>{home}</link>
<image><url>{home}/logo.png</url></image>{next}{items}</channel></rss>"""
RSS_ITEM = """<item><title>{title}</title><link>{page}</link><guid>{id}</guid><pubDate>{day}</pubDate>
<media:group><media:content url="{thumb}" width="200"/><media:content url="{url}" type="{type}"
 width="{width}" height="{height}" fileSize="{size}"/></media:group><media:thumbnail url="{thumb}"/>
<media:credit role="photographer">{creator}</media:credit><media:license href="{licence}"/>
<media:keywords>{tags}</media:keywords><description>&lt;img src="{thumb}"&gt;</description></item>"""
ATOM = """<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">
<title>Photographs</title><id>{home}</id>{next}{items}</feed>"""
ATOM_ENTRY = """<entry><title>{title}</title><id>{id}</id><link href="{page}"/>
<published>2024-05-06T07:08:09Z</published>
<author><name>{creator}</name></author><link rel="license" href="{licence}"/>
<link rel="enclosure" type="{type}" length="{size}" href="{url}"/></entry>"""


class Simulated(Engine):
    """Answers with pages of feeds; a page beyond the last is a feed without items."""

    name = "feed"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        category = request.query.get("category", "")
        told = request.query.get("page", "1")
        number = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 1
        found = [each for each in self.collection.photographs.values() if category in ("", each.category)]
        items = page_of(found, (number - 1) * SIZE, SIZE)
        following = ""
        if number * SIZE < len(found):
            following = f"http://{request.host}/{self.name}/{rest}?category={category}&page={number + 1}"
        if rest == "json":
            return self._json(items, following)
        if rest in {"rss", "atom"}:
            return self._xml(rest, items, following)
        if rest:
            return web.Response(status=404, text="404\n")
        head = '<link rel="alternate" type="application/rss+xml" href="/feed/rss">'
        return web.Response(text=f"<!doctype html><title>Photographs</title>{head}", content_type="text/html")

    def layout(self) -> web.Response:
        text = "<!doctype html><title>Moved</title><p>Our feed is gone."
        return web.Response(text=text, content_type="text/html")

    def _xml(self, kind: str, items: Sequence[Photograph], following: str) -> web.Response:
        whole, item, prefix = (RSS, RSS_ITEM, "atom:") if kind == "rss" else (ATOM, ATOM_ENTRY, "")
        text = whole.format(
            home=self.url(),
            next=f'<{prefix}link rel="next" href="{html.escape(following)}"/>' if following else "",
            items="".join(item.format(**self._told(each)) for each in items),
        )
        return web.Response(text=text, content_type=f"application/{kind}+xml")

    def _told(self, photograph: Photograph) -> dict[str, str]:
        told = {
            "title": photograph.title,
            "page": self.page_url(photograph),
            "id": self.id_of(photograph),
            "day": format_datetime(DAY),
            "url": self.image_url(photograph),
            "thumb": self.thumb_url(photograph),
            "type": photograph.content_type,
            "width": photograph.width,
            "height": photograph.height,
            "size": len(photograph.body),
            "creator": photograph.creator,
            "licence": photograph.licence.url,
            "tags": ", ".join((photograph.category, *photograph.tags)),
        }
        return {name: html.escape(str(value)) for name, value in told.items()}

    def _json(self, items: Sequence[Photograph], following: str) -> web.Response:
        rows = [
            {
                "id": self.id_of(each),
                "url": self.page_url(each),
                "title": each.title,
                "tags": [each.category, *each.tags],
                "authors": [{"name": each.creator}],
                "date_published": DAY.isoformat(),
                "attachments": [{"url": self.image_url(each), "mime_type": each.content_type}],
            }
            for each in items
        ]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Photographs", "items": rows}
        return web.json_response({**feed, "next_url": following} if following else feed)
