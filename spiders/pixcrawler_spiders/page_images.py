"""The images of a web page, in every way in which HTML names them, and the page's links.

HTML: https://html.spec.whatwg.org/; Open Graph: https://ogp.me/#structured; `twitter:image`: the markup of
cards on X; `rel=license`: https://microformats.org/wiki/rel-license
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pixcrawler_core.answers import LONGEST, number, text
from pixcrawler_spiders.finds import Finds, Found
from pixcrawler_spiders.linked_data import linked_images
from pixcrawler_spiders.markup import (
    Variant,
    backgrounds,
    largest,
    names_drawing,
    names_image,
    resolved,
    variants,
)

SOURCES = ("data-original", "data-src", "data-lazy-src", "data-lazy", "data-full-src", "src")
"""Attributes with an image's address: pages that load images late have a placeholder in `src`."""
SETS = ("srcset", "data-srcset", "data-lazy-srcset")
UNREADABLE = ("image/svg", "image/jxl", "image/heic", "image/heif")
"""Types of files in `<picture>` that are not decoded; another one is taken."""
PREFERENCES = {"image/jpeg": 3, "image/png": 3, "image/webp": 2, "image/avif": 1}
CLIMB = 12
"""Elements around an image among which a link or a figure is looked for."""
PIECES = 200
"""Pieces of text that are read of an element."""
ELEMENTS = 100_000
"""Elements that are looked at in a page."""
PROPERTIES = frozenset(("image", "contenturl", "thumbnailurl"))
"""Values of `itemprop` that name an image."""
CARDS = frozenset(("og:image", "og:image:url", "twitter:image", "twitter:image:src"))
FEEDS = ("application/rss", "application/atom", "application/feed+json")
_SIDE = re.compile(r"\s*(\d{1,6})(?:\.\d{1,6})?\s*(?:px)?\s*", re.IGNORECASE)
_LICENCE = re.compile(r"creativecommons\.org/(?:licenses|publicdomain)/", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class WebPage:
    """What a web page holds."""

    found: Finds
    title: str | None = None
    links: tuple[str, ...] = ()
    """Addresses to which the page leads, but for those marked `nofollow`."""
    feeds: tuple[str, ...] = ()


class PageReader:
    """Walks once through a page, without recursion."""

    def __init__(self, root: Any, url: str, min_side: int = 0) -> None:
        self.root = root
        self.min_side = min_side
        self.base = next((b for each in root.iter("base") if (b := resolved(url, each.get("href")))), url)
        self.finds = Finds()
        self.links: dict[str, None] = {}
        self.feeds: dict[str, None] = {}
        self.licences: dict[str, None] = {}
        self.cards: list[dict[str, str]] = []
        self.scripts: list[str] = []
        self.decoration: list[str] = []
        self._captions: dict[Any, tuple[str | None, str | None]] = {}

    def read(self) -> WebPage:
        """Everything in the page; what heads and scripts tell comes after what is shown."""
        handlers: Mapping[str, Callable[[Any], None]] = {
            "img": self._img, "amp-img": self._img, "a": self._a, "area": self._a, "link": self._link,
            "meta": self._meta, "video": self._video, "style": self._style, "script": self._script,
        }  # fmt: skip
        for element in itertools.islice(self.root.iter("*"), ELEMENTS):
            handler = handlers.get(element.tag)
            if handler is not None:
                handler(element)
            self.decoration += backgrounds(element.get("style"))
        for script in self.scripts:
            for found in linked_images(script, self.base):
                self._keep(found)
        for card in self.cards:
            self._card(card)
        for target in self.decoration:
            self._add(target)
        title = next((text(_inner(each)) for each in self.root.iter("title")), None)
        return WebPage(found=self._licensed(), title=title, links=tuple(self.links), feeds=tuple(self.feeds))

    def _licensed(self) -> Finds:
        """The images, with the page's licence where they have none of their own and the page has just one."""
        licence = next(iter(self.licences)) if len(self.licences) == 1 else None
        if licence is None:
            return self.finds
        told = Finds()
        for found in self.finds:
            told.add(found if found.license or found.license_url else replace(found, license_url=licence))
        return told

    def _add(self, target: str | None, **told: Any) -> None:
        url = resolved(self.base, target)
        if url is not None:
            self._keep(Found(url=url, **told))

    def _keep(self, found: Found) -> None:
        small = min(found.width or self.min_side, found.height or self.min_side) < self.min_side
        if not small and not names_drawing(found.url):
            self.finds.add(found)

    # Elements.

    def _img(self, element: Any) -> None:
        if any(side < self.min_side for name in ("width", "height") if (side := _side(element.get(name)))):
            return
        chosen = self._chosen(element)
        shown = resolved(self.base, chosen.url) if chosen else None
        caption, licence = self._figure(element)
        link = _around(element, "a")
        original = resolved(self.base, link.get("href")) if link is not None else None
        told = {
            "title": text(element.get("title")) or (text(link.get("title")) if link is not None else None),
            "alt": text(element.get("alt")),
            "caption": caption,
            "license_url": licence,
        }
        if original is not None and names_image(original):
            self._add(original, thumbnail_url=shown if shown != original else None, **told)
        elif shown is not None:
            self._add(shown, width=(chosen.width or None) if chosen else None, **told)

    def _chosen(self, element: Any) -> Variant | None:
        """The largest file among those that an image and the `<picture>` around it offer."""
        offered = [each for name in SETS for each in variants(element.get(name))]
        around = _around(element, "picture")
        for source in around.iter("source") if around is not None else ():
            kind = (source.get("type") or "").strip().lower()
            if not kind.startswith(UNREADABLE):
                preference = PREFERENCES.get(kind, 0)
                offered += [each for name in SETS for each in variants(source.get(name), preference)]
        named = next((value for name in SOURCES if _usable(value := element.get(name))), None)
        if named is not None:
            offered.append(Variant(named, preference=2))
        return largest(each for each in offered if _usable(each.url))

    def _figure(self, element: Any) -> tuple[str | None, str | None]:
        """Caption and licence of the figure in which an image stands."""
        figure = _around(element, "figure")
        if figure is None:
            return None, None
        if figure not in self._captions:
            caption = next((text(_inner(each)) for each in figure.iter("figcaption")), None)
            links = (each for each in figure.iter("a") if "license" in _tokens(each, "rel"))
            licences = (resolved(self.base, each.get("href")) for each in links)
            self._captions[figure] = caption, next((each for each in licences if each), None)
        return self._captions[figure]

    def _a(self, element: Any) -> None:
        url, rel = resolved(self.base, element.get("href")), _tokens(element, "rel")
        if url is None:
            return
        if _around(element, "figure") is None:
            self._licence(url, rel)
        if names_image(url) or _tokens(element, "itemprop") & PROPERTIES:
            self._add(url, title=text(element.get("title")) or text(_inner(element)))
        elif "nofollow" not in rel:
            self.links.setdefault(url)

    def _link(self, element: Any) -> None:
        url, rel = resolved(self.base, element.get("href")), _tokens(element, "rel")
        if url is None:
            return
        self._licence(url, rel)
        if "image_src" in rel or _tokens(element, "itemprop") & PROPERTIES:
            self.cards.append({"url": url})
        elif "next" in rel or "prev" in rel:
            self.links.setdefault(url)
        elif "alternate" in rel and (element.get("type") or "").strip().lower().startswith(FEEDS):
            self.feeds.setdefault(url)

    def _licence(self, url: str, rel: frozenset[str]) -> None:
        if "license" in rel and _LICENCE.search(url):
            self.licences.setdefault(url)

    def _meta(self, element: Any) -> None:
        """Begins a card for each image that the head names; what follows describes the last one."""
        content = element.get("content") or ""
        name = (element.get("property") or element.get("name") or "").strip().lower()
        last = self.cards[-1] if self.cards else {}
        if name in CARDS or _tokens(element, "itemprop") & PROPERTIES:
            if last.get("url") != content:
                self.cards.append({"url": content})
        elif name == "og:image:secure_url" and last and "secure" not in last:
            last.update(url=content, secure="yes")
        elif name.startswith(("og:image:", "twitter:image:")):
            last.setdefault(name.rpartition(":")[2], content)

    def _card(self, card: Mapping[str, str]) -> None:
        if not card.get("type", "").lower().startswith(UNREADABLE):
            sides = {"width": number(card.get("width")), "height": number(card.get("height"))}
            self._add(card.get("url"), alt=text(card.get("alt")), **sides)

    def _video(self, element: Any) -> None:
        self._add(element.get("poster"), title=text(element.get("title")))

    def _style(self, element: Any) -> None:
        self.decoration += backgrounds(element.text)

    def _script(self, element: Any) -> None:
        if (element.get("type") or "").strip().lower().startswith("application/ld+json"):
            self.scripts.append(element.text or "")


def _usable(value: str | None) -> bool:
    told = (value or "")[:1_000].strip().lower()
    return bool(told) and not told.startswith(("data:", "blob:", "about:"))


def _around(element: Any, tag: str) -> Any:
    """The nearest element of this name around another, None if there is none near."""
    near = itertools.islice(element.iterancestors(), CLIMB)
    return next((each for each in near if each.tag == tag), None)


def _side(value: str | None) -> int | None:
    found = _SIDE.fullmatch(value or "")
    return int(found[1]) if found else None


def _tokens(element: Any, name: str) -> frozenset[str]:
    return frozenset((element.get(name) or "")[:1_000].lower().split())


def _inner(element: Any) -> str:
    """The text in an element."""
    parts: Iterator[str] = itertools.islice(element.itertext(), PIECES)
    return " ".join(parts)[:LONGEST]
