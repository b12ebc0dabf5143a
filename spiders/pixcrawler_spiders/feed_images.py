"""What the items of all kinds of feeds have in common, and their images put together.

The same picture often stands in an item several times, in several sizes: as an enclosure, as a thumbnail, in
the text. What is told with sizes comes first, and smaller copies are recognised by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pixcrawler_spiders.finds import Finds, Found, completed
from pixcrawler_spiders.markup import names_drawing, parse_html, path_of
from pixcrawler_spiders.page_images import PageReader

ITEMS = 5_000
"""Items that are read of a feed."""
TEXT = 1_000_000
"""Characters that are read of the text of an item."""
_DRAWING = re.compile(r"\.(?:svgz?|ico|cur)", re.IGNORECASE)
"""Stands somewhere in every address that is that of a drawing."""
_ENDING = re.compile(r"\.\w{2,5}$")
_SIZE = re.compile(
    r"(?:[-_@.](?:\d{1,5}x\d{1,5}|\d{1,5}w?|\dx|[a-z]|small|medium|large|thumb(?:nail)?|scaled|square|full))+$"
)


@dataclass(kw_only=True)
class Feed:
    """What a feed holds."""

    found: Finds = field(default_factory=Finds)
    title: str | None = None
    links: list[str] = field(default_factory=list)
    """Where it goes on."""


@dataclass(kw_only=True)
class ItemImages:
    """The images of an item, by how much they are to be trusted."""

    told: Mapping[str, Any]
    """What the item says of all its images: fields of `Found`."""
    min_side: int
    stated: list[Found] = field(default_factory=list)
    """Images that the feed states as such."""
    texts: list[str] = field(default_factory=list)
    """HTML of the item."""
    base: str = ""
    spare: list[Found] = field(default_factory=list)
    """Thumbnails and covers, for items without any image."""

    def collect(self) -> Iterable[Found]:
        """The images, each once."""
        stated = _largest_each(self.stated)
        images = [*stated, *self._shown_beside(stated)] or self.spare[:1]
        return [self._whole(found) for found in images if not self._small(found)]

    def _shown_beside(self, stated: Iterable[Found]) -> list[Found]:
        """The images in the texts but for copies of those that are stated."""
        if not self.texts:
            return []
        stems = {stem(each) for found in stated for each in (found.url, found.thumbnail_url or "")} - {""}
        return [found for found in self._shown() if stem(found.url) not in stems]

    def _shown(self) -> Iterable[Found]:
        for each in self.texts:
            root = parse_html(each[:TEXT]) if "<" in each else None
            if root is not None:
                yield from PageReader(root, self.base, self.min_side).read().found

    def _whole(self, found: Found) -> Found:
        """The image with what the item says of all its images."""
        missing = any(value and not getattr(found, name) for name, value in self.told.items())
        return completed(found, self.told) if missing else found

    def _small(self, found: Found) -> bool:
        sides = (found.width or self.min_side, found.height or self.min_side)
        return min(sides) < self.min_side or (
            _DRAWING.search(found.url) is not None and names_drawing(found.url)
        )


def stem(url: str) -> str:
    """The name of a file without ending and marks of its size: `panda` for `/a/panda-300x200.jpg`."""
    name = _ENDING.sub("", unquote(path_of(url)).rpartition("/")[2].lower())
    return _SIZE.sub("", name[:200]) or name


def _largest_each(found: Sequence[Found]) -> Sequence[Found]:
    """Of images whose addresses differ in their queries only, the largest."""
    if len(found) < 2:
        return found
    kept: dict[str, Found] = {}
    for each in found:
        key = each.url.partition("?")[0] if each.width else each.url
        known = kept.get(key)
        if known is None or _pixels(each) > _pixels(known):
            kept[key] = each
    return list(kept.values())


def _pixels(found: Found) -> tuple[int, int]:
    return (found.width or 0) * (found.height or found.width or 0), found.filesize_bytes or 0


def largest(found: Iterable[Found]) -> Found | None:
    """The image with the most pixels, or bytes."""
    return max(found, key=_pixels, default=None)
