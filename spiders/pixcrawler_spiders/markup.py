"""Reads HTML and XML that may be broken or hostile, and the small grammars inside it.

The grammar of `srcset`: https://html.spec.whatwg.org/multipage/images.html#srcset-attributes. Parsers fetch
nothing, load no DTD and resolve no entity.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree  # type: ignore[import-untyped]

from pixcrawler_core.urls import canonical_url

CANDIDATES = 100
"""Candidates that are read of one srcset."""
LONGEST = 100_000
"""Characters that are read of an attribute or a style sheet with addresses in it."""
IMAGE_FILE = re.compile(r"\.(?:jpe?g|jfif|png|gif|webp|avif|bmp|tiff?|jp2)$", re.IGNORECASE)
DRAWING_FILE = re.compile(r"\.(?:svgz?|ico|cur)$", re.IGNORECASE)
"""Drawings and icons, which are no photographs and are not fetched."""
_NAMESPACED = re.compile(r"/[^/:%]{1,40}(?::|%3a)[^/]*$", re.IGNORECASE)
"""A page such as `/wiki/File:Panda.jpg`, which is not the file that it is about."""
_DESCRIPTOR = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)([wx])")
_BACKGROUND = re.compile(r"background(?:-image)?\s*:([^;{}]{1,8000})", re.IGNORECASE)
_CSS_URL = re.compile(
    r"url\(\s*(?:\"([^\"]{1,4096})\"|'([^']{1,4096})'|([^\s\"'()]{1,4096}))\s*\)", re.IGNORECASE
)
_SPACE = re.compile(r"[\t\n\r]+")
_ENTITY = re.compile(r"&(?:#\d{1,8};|#x[0-9a-f]{1,6};|([a-z][a-z0-9]{1,31});|)", re.IGNORECASE)
_PLAIN_ENTITIES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_ROOT = re.compile(
    r"\s*+(?>(?:(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^<>\[]*(?:\[.*?\]\s*)?>)\s*)*)<(?:[\w.-]+:)?([\w.-]+)",
    re.DOTALL | re.IGNORECASE,
)
_ABSOLUTE = re.compile(r"https?://[a-z0-9.:_-]+(?:[/?#][!-:<-~]*)?", re.IGNORECASE | re.ASCII)
"""An address that stays as it is whatever it is joined to."""
_ROOTED = re.compile(r"/[!-.0-:<-~][!-:<-~]*")
"""An address that begins at the root of its host; `/.` in it may mean a folder and is looked for besides."""
_HOST = re.compile(r"https?://([a-z0-9_.-]+)(?::\d+)?(?:[/?#]|$)")
"""The host of most addresses."""
_PART = re.compile(r"[\s,]*(\S+)")


def parse_html(text: str) -> Any:
    """The root element of a web page or a piece of one; None if there is nothing to read.

    Deep trees are taken (up to 2048 elements), since elements that are never closed are common on the web.
    """
    parser = etree.HTMLParser(
        encoding="utf-8", recover=True, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None


def parse_xml(text: str) -> Any:
    """The root element of an XML document, mended as far as possible; None if there is nothing to read."""
    try:
        return etree.fromstring(mended(text), etree.XMLParser(encoding="utf-8", **SAFE))
    except etree.XMLSyntaxError:
        return None


SAFE: dict[str, Any] = {
    "recover": True,
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""Options of parsers for XML from strangers."""


def mended(text: str) -> bytes:
    """XML in which entities of HTML are characters, and a lone `&` is written as it should be."""
    told, parts, place = text.replace("\0", ""), [], 0
    while (start := told.find("<![CDATA[", place)) >= 0 and (end := told.find("]]>", start)) >= 0:
        parts += [_ENTITY.sub(_mend, told[place:start]), told[start : end + 3]]
        place = end + 3
    return "".join([*parts, _ENTITY.sub(_mend, told[place:])]).encode("utf-8", "replace")


def _mend(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return "&amp;" if found[0] == "&" else found[0]
    if name in _PLAIN_ENTITIES:
        return found[0]
    return html.entities.html5.get(f"{name};") or f"&amp;{name};"


def root_name(head: str) -> str:
    """The local name of the first element of a document, in small letters; empty if there is none."""
    found = _ROOT.match(head.removeprefix("\ufeff")[:8_000])
    return found[1].lower() if found else ""


def local_name(element: Any) -> str:
    """The name of an element without its namespace, in small letters; empty for what is no element."""
    return name_parts(element.tag)[0]


@lru_cache(maxsize=1024)
def name_parts(tag: object) -> tuple[str, str]:
    """The local name in a tag, in small letters, and the namespace; both empty for what is no element.

    In the place of the namespace its prefix, where the document does not say what that means.
    """
    if not isinstance(tag, str):
        return "", ""
    space = tag[1:].rpartition("}")[0] if tag.startswith("{") else tag.rpartition(":")[0]
    return tag.rpartition("}")[2].rpartition(":")[2].lower(), space


def resolved(base: str, told: object) -> str | None:
    """The canonical address that a page means; None for what is no address of the web."""
    if not isinstance(told, str):
        return None
    wanted = told[:LONGEST]
    try:
        if _ABSOLUTE.fullmatch(wanted):
            return canonical_url(wanted)
        if "/." not in wanted and _ROOTED.fullmatch(wanted) and (origin := _origin(base)):
            return canonical_url(f"{origin}{wanted}")
        wanted = _SPACE.sub("", wanted).strip()
        return canonical_url(urljoin(base, wanted)) if wanted and wanted[0] != "#" else None
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _origin(base: str) -> str | None:
    """Scheme and authority of an address of the web."""
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else None


def path_of(url: str) -> str:
    """The path of an address, empty if it cannot be told."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def host_of(url: str) -> str:
    """The host of an address without a leading `www.`, empty if it cannot be told."""
    if plain := _HOST.match(url):
        return plain[1].removeprefix("www.")
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def names_image(url: str) -> bool:
    """Whether an address is, by its ending, that of an image."""
    path = path_of(url)
    return IMAGE_FILE.search(path) is not None and _NAMESPACED.search(path) is None


def names_drawing(url: str) -> bool:
    """Whether an address is, by its ending, that of a drawing or an icon."""
    return DRAWING_FILE.search(path_of(url)) is not None


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the files that a page offers for the same image."""

    url: str
    width: int = 0
    density: float = 1.0
    preference: int = 0
    """How gladly its format is taken, among files of the same size."""


def variants(srcset: str | None, preference: int = 0) -> Iterator[Variant]:
    """The files in the value of a `srcset` attribute."""
    told, place = (srcset or "")[:LONGEST], 0
    for _ in range(CANDIDATES):
        part = _PART.match(told, place)
        if part is None:
            return
        place, descriptor = part.end(), ""
        if not part[1].endswith(","):
            end = told.find(",", place)
            end = len(told) if end < 0 else end
            place, descriptor = end + 1, told[place:end].strip().lower()
        found = _DESCRIPTOR.fullmatch(descriptor)
        width = int(float(found[1])) if found and found[2] == "w" else 0
        density = float(found[1]) if found and found[2] == "x" else 1.0
        yield Variant(part[1].rstrip(","), width, density, preference)


def largest(offered: Iterable[Variant]) -> Variant | None:
    """The file with the most pixels."""
    return max(offered, key=lambda each: (each.width, each.density, each.preference), default=None)


def backgrounds(css: str | None) -> Iterator[str]:
    """The addresses of background images in a style sheet or a `style` attribute."""
    for declared in _BACKGROUND.finditer((css or "")[:LONGEST]):
        for found in _CSS_URL.finditer(declared[1]):
            yield found[1] or found[2] or found[3]
