"""Google's filters as the value of its parameter `tbs`, which the page takes and a reseller hands on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from pixcrawler_core.filters import Filters

SIZES = {"small": "isz:i", "medium": "isz:m", "large": "isz:l", "wallpaper": "isz:lt,islt:2mp"}
COLOURS = {"color": "ic:color", "monochrome": "ic:gray", "transparent": "ic:trans"}
KINDS = {
    "photo": "itp:photo", "clipart": "itp:clipart", "lineart": "itp:lineart", "animated": "itp:animated",
    "face": "itp:face", "transparent": "ic:trans",
}  # fmt: skip
SHAPES = {"tall": "iar:t", "square": "iar:s", "wide": "iar:w"}


def tbs(wanted: Filters, *, creative_commons: bool, least: str | None = None) -> str:
    """The filters; `least` is the term for least sides, which counts where no size is asked for."""
    chosen = (
        SIZES.get(wanted.size or "") or least,
        wanted.color and COLOURS.get(wanted.color, f"ic:specific,isc:{wanted.color}"),
        KINDS.get(wanted.type or ""),
        SHAPES.get(wanted.aspect or ""),
        "sur:cl" if creative_commons else None,
        *_days(wanted.since, wanted.until),
    )
    return ",".join(dict.fromkeys(each for each in chosen if each))


def _days(since: date | None, until: date | None) -> Iterator[str]:
    if since or until:
        yield "cdr:1"
    for name, day in (("cd_min", since), ("cd_max", until)):
        if day is not None:
            yield f"{name}:{day.month}/{day.day}/{day.year}"
