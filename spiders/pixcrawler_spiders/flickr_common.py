"""What Flickr's interface and its web pages share: ids of licences, search parameters, sizes.

The ids are those of https://www.flickr.com/services/api/flickr.photos.licenses.getInfo.html (11 to 16 came
with Creative Commons 4.0 in June 2025), the parameters those of flickr.photos.search.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from pixcrawler_core.answers import plain
from pixcrawler_core.filters import Filters
from pixcrawler_core.licences import ALL_RIGHTS, allows

SITE = "https://www.flickr.com"
DEPTH = 4000
"""Results that Flickr shows for one query; beyond, it repeats the last page."""
LICENCES = {
    "0": ALL_RIGHTS,
    "1": "cc-by-nc-sa-2.0",
    "2": "cc-by-nc-2.0",
    "3": "cc-by-nc-nd-2.0",
    "4": "cc-by-2.0",
    "5": "cc-by-sa-2.0",
    "6": "cc-by-nd-2.0",
    "7": "no-known-restrictions",
    "8": "us-gov",
    "9": "cc0-1.0",
    "10": "pdm",
    "11": "cc-by-4.0",
    "12": "cc-by-sa-4.0",
    "13": "cc-by-nd-4.0",
    "14": "cc-by-nc-4.0",
    "15": "cc-by-nc-sa-4.0",
    "16": "cc-by-nc-nd-4.0",
}
LICENCE_URLS = {
    "no-known-restrictions": "https://www.flickr.com/commons/usage/",
    "us-gov": "https://www.usa.gov/government-copyright",
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "pdm": "https://creativecommons.org/publicdomain/mark/1.0/",
}
SIZES = ("o", "6k", "5k", "4k", "3k", "k", "h", "l", "b", "c", "z", "m", "w", "n", "s", "t", "q", "sq")
"""Names of sizes from the original down; `l` and `b` are both 1024 pixels."""
THUMBNAILS = ("n", "w", "m", "z", "s", "q", "t", "sq")
PLACEHOLDERS = ("photo_unavailable", "spaceball.gif")
COLOURS = {
    "red": "0", "brown": "1", "orange": "2", "yellow": "4", "green": "5", "teal": "7", "blue": "8",
    "purple": "9", "pink": "a,b", "white": "c", "gray": "d", "black": "e",
}  # fmt: skip
ASPECTS = {"tall": "portrait", "wide": "landscape,panorama", "square": "square"}
SAFETY = {"strict": "1", "moderate": "2", "off": "3"}
KINDS = {"photo": "0", "illustration": "2"}
SIDES = {"medium": 640, "large": 1024, "wallpaper": 1024}
"""Least pixels of both sides that Flickr means by a size."""
FILTERS = frozenset(
    {"without", "size", "min_width", "min_height", "color", "type", "aspect", "license", "safe_search"}
)


def search_parameters(wanted: Filters) -> dict[str, str]:
    """The filters in Flickr's terms, which are the same for the interface and for the pages."""
    told = {
        "safe_search": SAFETY[wanted.safe_search],
        "color_codes": COLOURS.get(wanted.color or ""),
        "styles": "blackandwhite" if wanted.color == "monochrome" else None,
        "orientation": ASPECTS.get(wanted.aspect or ""),
        "content_types": KINDS.get(wanted.type or ""),
        "license": ",".join(_ids(wanted)) or None,
    }
    least = SIDES.get(wanted.size or "", 0)
    width, height = max(least, wanted.min_width or 0), max(least, wanted.min_height or 0)
    if width or height:
        told |= {"dimension_search_mode": "min", "width": str(width), "height": str(height)}
    return {name: value for name, value in told.items() if value is not None}


def licence(number: Any) -> tuple[str | None, str | None]:
    """Code and address of a licence by its id; an id that is not known becomes `flickr-N`."""
    told = plain(number)
    return (None, None) if told is None or not told.isdecimal() else _licence(told)


@lru_cache(maxsize=256)
def _licence(told: str) -> tuple[str, str | None]:
    code = LICENCES.get(told, f"flickr-{told[:9]}")
    name, _, version = code.removeprefix("cc-").rpartition("-")
    if code.startswith("cc-by"):
        return code, f"https://creativecommons.org/licenses/{name}/{version}/"
    return code, LICENCE_URLS.get(code)


def is_placeholder(address: str) -> bool:
    """Whether the address is that of a picture which stands for one that is gone."""
    return any(name in address.partition("?")[0] for name in PLACEHOLDERS)


def photo_page(owner: str | None, number: str | None) -> str | None:
    """The page of a photo by the id or alias of its owner."""
    if not owner or not number:
        return None
    return f"{owner_page(owner)}{_quoted(number)}"


@lru_cache(maxsize=1024)
def owner_page(owner: str | None) -> str | None:
    """The page of all photos of an owner."""
    return f"{SITE}/photos/{_quoted(owner)}/" if owner else None


def first_of(sizes: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The first of the named sizes that is there."""
    return next((sizes[name] for name in names if name in sizes), None)


def _quoted(part: str) -> str:
    return quote(part, safe="@", errors="replace")


def _ids(wanted: Filters) -> list[str]:
    if wanted.license is None:
        return []
    return [number for number, code in LICENCES.items() if allows(code, wanted.license)]
