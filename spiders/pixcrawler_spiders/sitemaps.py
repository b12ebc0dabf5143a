"""Sitemaps: the addresses of a site's pages and images.

Formats: https://www.sitemaps.org/protocol.html and the extension for images,
https://developers.google.com/search/docs/crawling-indexing/sitemaps/image-sitemaps
"""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass, field
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from pixcrawler_core.answers import text
from pixcrawler_core.sources import SourceProblem
from pixcrawler_spiders.finds import Finds, Found
from pixcrawler_spiders.markup import SAFE, local_name, mended, resolved, root_name

UNPACKED = 50 * 2**20
"""Bytes that an unpacked sitemap may have: the protocol's own bound."""
PAGES = 50_000
"""Addresses that a sitemap may have: the protocol's own bound."""
GZIP = b"\x1f\x8b"
_NAMED = re.compile(r"(?im)^[ \t]*sitemap[ \t]*:[ \t]*(\S{1,4096})")


@dataclass(kw_only=True)
class Sitemap:
    """What a sitemap or an index of sitemaps lists."""

    pages: list[str] = field(default_factory=list)
    maps: list[str] = field(default_factory=list)
    found: Finds = field(default_factory=Finds)


def unpacked(body: bytes, most: int = UNPACKED) -> bytes:
    """The bytes in a gzip file; other bytes as they are. Raises SourceProblem if they are too many."""
    if not body.startswith(GZIP):
        return body
    try:
        content = zlib.decompressobj(wbits=31).decompress(body, most + 1)
    except zlib.error as error:
        raise SourceProblem(f"a damaged gzip file: {error}") from error
    if len(content) > most:
        raise SourceProblem(f"a gzip file that unpacks to more than {most // 2**20} MiB")
    return content


def is_sitemap(content: str) -> bool:
    """Whether a document is a sitemap, by its first element."""
    return root_name(content[:8_000]) in {"urlset", "sitemapindex"}


def sitemaps_in(robots: str) -> list[str]:
    """The addresses of sitemaps that a robots.txt names."""
    return _NAMED.findall(robots[: 500 * 1024])[:100]


def read_sitemap(content: str, base: str) -> Sitemap:
    """Everything in a sitemap; entries that cannot be read are left out, memory does not grow with it."""
    listed = Sitemap()
    events = etree.iterparse(io.BytesIO(mended(content)), events=("end",), encoding="utf-8", **SAFE)
    try:
        for _, element in events:
            name = local_name(element)
            if name in {"url", "sitemap"}:
                _take(element, name, base, listed)
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError:
        pass
    return listed


def _take(element: Any, name: str, base: str, listed: Sitemap) -> None:
    page = next((resolved(base, each.text) for each in element if local_name(each) == "loc"), None)
    listing = listed.pages if name == "url" else listed.maps
    if page is not None and len(listing) < PAGES:
        listing.append(page)
    for each in element:
        if local_name(each) == "image":
            _take_image(each, page, base, listed)


def _take_image(element: Any, page: str | None, base: str, listed: Sitemap) -> None:
    told = {local_name(each): each.text for each in element}
    url = resolved(base, told.get("loc"))
    if url is None:
        return
    licence = resolved(base, told.get("license"))
    found = Found(
        url=url,
        page_url=page,
        title=text(told.get("title")),
        caption=text(told.get("caption")),
        license_url=licence,
    )
    listed.found.add(found)
