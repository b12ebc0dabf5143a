"""The files of an image of NASA's library, by what links to them tell: the best of them first.

Wire format: https://images.nasa.gov/docs/images.nasa.gov_api_docs.pdf (Collection+JSON).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pixcrawler_core.answers import mapping, number, url

READABLE = {"jpg", "jpeg", "png", "webp", "gif"}
ENDINGS = READABLE | {"tif", "tiff"}
RANKS = {"thumb": 0, "small": 1, "medium": 2, "large": 3, "orig": 4}
RELATIONS = {"preview": 0, "canonical": 4}
NAME = re.compile(r"([^/~]+)(?:~(\w+))?\.(\w{2,5})$")
INSECURE = re.compile(r"http://(?:[^/?#@]+\.)?nasa\.gov/", re.IGNORECASE)


class File(NamedTuple):
    """An image file; of two, the one of more worth is preferred."""

    worth: tuple[int, int, int]
    address: str
    name: str
    about: dict[str, Any]


def _address(value: Any) -> str | None:
    """An address with its spaces quoted; those of NASA have https, whatever they say."""
    told = url(value)
    if told is None:
        return None
    return (f"https{told[4:]}" if INSECURE.match(told) else told).replace(" ", "%20")


def files_of(links: Iterable[Any]) -> list[File]:
    """The images among links to files, best first."""
    found = [file for link in links if (file := _file(mapping(link))) is not None]
    return sorted(found, key=lambda file: file.worth, reverse=True)


def _file(link: Mapping[str, Any]) -> File | None:
    """What a link tells of an image; large ones before a TIFF, that before small ones; then by size."""
    address = _address(link.get("href"))
    name = NAME.search(address.rpartition("/")[2]) if address else None
    ending = name[3].lower() if name else None
    if address is None or name is None or ending not in ENDINGS:
        return None
    rank = RANKS.get(name[2] or "", RELATIONS.get(str(link.get("rel")), RANKS["large"]))
    readable = ending in READABLE
    kind = 0 if readable and rank < RANKS["medium"] else 2 if readable else 1
    width, height, size = number(link.get("width")), number(link.get("height")), number(link.get("size"))
    about = {"width": width, "height": height, "filesize_bytes": size, "format": ending}
    return File((kind, rank, (width or 0) * (height or 0)), address, name[1], about)


def original(preview: File) -> File:
    """The original beside a preview, as it is usually named."""
    about = preview.about | {"width": None, "height": None, "filesize_bytes": None}
    return File((2, 4, 0), preview.address.replace("~thumb.", "~orig."), preview.name, about)
