"""A small web site over the photographs, which names its images in every way that HTML knows.

`/site/` links to a page for each category and to pages that a crawler must not use; sitemaps:
`sitemap.xml`, `sitemap.xml.gz`, `sitemap-index.xml`.
"""

from __future__ import annotations

import gzip
import html
import json
from collections.abc import Callable, Mapping
from string import Template

from aiohttp import web

from pixcrawler_core.testing.web.engine import Engine
from pixcrawler_core.testing.web.photographs import Photograph

WAYS = (
    '<img src="$url" alt="$title" width="$width" height="$height">',
    '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="$url" alt="$title">',
    '<img src="$thumb" srcset="$thumb 200w, $url ${width}w" alt="$title">',
    '<picture><source srcset="$url 2x, $thumb 1x"><img src="$thumb" alt="$title"></picture>',
    '<a href="$url" title="$title"><img src="$thumb" width="90" height="60"></a>',
    '<figure><img src="$url"><figcaption>$title</figcaption><a rel="license" href="$licence">ok</a></figure>',
    "<div style=\"background: url('$url') no-repeat\"></div>",
    '<video poster="$url" title="$title"></video>',
    '<noscript><img src="$url" alt="$title"></noscript>',
    '<div itemscope><meta itemprop="contentUrl" content="$url"></div>',
    '<script type="application/ld+json">$data</script>',
    '<a href="$page">$title</a>',
)
"""How category pages name their photographs, in turn; the last way is a link to a page of its own."""
URLSET = (
    '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">{}</urlset>'
)
INDEX = (
    '<?xml version="1.0" encoding="UTF-8"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    "<sitemap><loc>{}</loc></sitemap></sitemapindex>"
)
LINKS = """<nav><a href="./">again</a><a href="shy">not for programs</a><a rel="nofollow" href="secret">no</a>
<a href="/private/page.html">private</a><a href="gone">gone</a><a href="{elsewhere}">elsewhere</a></nav>"""
"""What every crawler meets: a loop, pages that forbid something, a page that is missing, another host."""


class Simulated(Engine):
    """Answers with pages whose links stay on the host that was asked."""

    name = "site"

    async def answer(self, request: web.BaseRequest, rest: str) -> web.StreamResponse:
        kind, _, tail = rest.partition("/")
        root = f"http://{request.host}/{self.name}"
        pages: Mapping[str, Callable[[], web.Response]] = {
            "": self._index,
            "category": lambda: self._category(tail, root),
            "photo": lambda: self._photo(tail),
            "shy": lambda: _page("Shy", '<meta name="robots" content="noimageindex">', self._all()),
            "secret": lambda: _page("Secret", "", self._all()),
            "sitemap.xml": lambda: _xml(self._sitemap(root).encode()),
            "sitemap.xml.gz": lambda: _xml(gzip.compress(self._sitemap(root).encode(), mtime=0)),
            "sitemap-index.xml": lambda: _xml(INDEX.format(f"{root}/sitemap.xml.gz").encode()),
        }
        answer = pages.get(kind)
        return answer() if answer is not None else web.Response(status=404, text="404\n")

    def layout(self) -> web.Response:
        return web.Response(text="%PDF-1.7 no page", content_type="application/pdf")

    def _index(self) -> web.Response:
        names = sorted({each.category for each in self.collection.photographs.values()})
        links = "".join(f'<li><a href="category/{name}">{name}</a></li>' for name in names)
        body = links + LINKS.format(elsewhere=self.url("/", "elsewhere"))
        return _page("Photographs", f'<base href="/{self.name}/">', body)

    def _category(self, name: str, root: str) -> web.Response:
        photographs = [each for each in self.collection.photographs.values() if each.category == name]
        photographs.sort(key=lambda photograph: photograph.sha256)
        body = "\n".join(
            Template(WAYS[place % len(WAYS)]).substitute(self._told(photograph, root))
            for place, photograph in enumerate(photographs)
        )
        return _page(name, "", body)

    def _photo(self, number: str) -> web.Response:
        photograph = self.photograph(number)
        if photograph is None:
            return web.Response(status=404, text="404\n")
        head = f'<meta property="og:image" content="{html.escape(self.image_url(photograph))}">'
        head += f'<meta property="og:image:width" content="{photograph.width}">'
        return _page(f"{photograph.category}: {photograph.title}", head, "")

    def _told(self, photograph: Photograph, root: str) -> dict[str, str]:
        about = {
            "@context": "https://schema.org/",
            "@type": "ImageObject",
            "contentUrl": self.image_url(photograph),
            "license": photograph.licence.url,
            "name": photograph.title,
            "creator": {"@type": "Person", "name": photograph.creator or "unknown"},
            "width": photograph.width,
            "height": photograph.height,
        }
        told = {
            "url": self.image_url(photograph),
            "thumb": self.thumb_url(photograph),
            "title": photograph.title,
            "width": photograph.width,
            "height": photograph.height,
            "licence": photograph.licence.url,
            "page": f"{root}/photo/{self.id_of(photograph)}",
        }
        escaped = {name: html.escape(str(value)) for name, value in told.items()}
        return {**escaped, "data": json.dumps(about).replace("<", "\\u003c")}

    def _all(self) -> str:
        found = self.collection.photographs.values()
        return "".join(f'<img src="{html.escape(self.image_url(each))}">' for each in found)

    def _sitemap(self, root: str) -> str:
        rows = []
        for each in self.collection.photographs.values():
            told = self._told(each, root)
            rows.append(
                f"<url><loc>{told['page']}</loc><image:image><image:loc>{told['url']}</image:loc>"
                f"<image:title>{told['title']}</image:title><image:license>{told['licence']}</image:license>"
                "</image:image></url>"
            )
        return URLSET.format("".join(rows))


def _page(title: str, head: str, body: str) -> web.Response:
    title = html.escape(title)
    text = f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return web.Response(text=text, content_type="text/html")


def _xml(body: bytes) -> web.Response:
    gzipped = body.startswith(b"\x1f\x8b")
    return web.Response(body=body, content_type="application/gzip" if gzipped else "application/xml")
