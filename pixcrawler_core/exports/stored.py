"""Boxes on the picture as it is stored, for readers that do not apply an EXIF orientation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pixcrawler_core.errors import DecodeError
from pixcrawler_core.exports.boxes import Box
from pixcrawler_core.image import Image

Point = tuple[float, float]
_STORED: Mapping[int, Callable[[float, float], Point]] = {
    1: lambda x, y: (x, y),
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (y, 1 - x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (1 - y, x),
}
"""Where a point of the displayed picture is stored, by EXIF orientation (Exif 2.32, tag 0x0112)."""


def stored_corners(path: Path, boxes: Iterable[Box]) -> tuple[list[float], ...]:
    """The left, upper, right and lower edges of the boxes, as shares of the picture as it is stored."""
    found = list(boxes)
    point = _STORED[_orientation(path)] if found else _STORED[1]
    edges = [_edges(point, box) for box in found]
    return tuple([each[number] for each in edges] for number in range(4))


def _edges(point: Callable[[float, float], Point], box: Box) -> tuple[float, float, float, float]:
    one, other = point(box.left, box.top), point(box.left + box.width, box.top + box.height)
    return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])


def _orientation(path: Path) -> int:
    try:
        return Image(path, sha256="", size=path.stat().st_size).header.orientation
    except DecodeError:  # as it is stored, then
        return 1
