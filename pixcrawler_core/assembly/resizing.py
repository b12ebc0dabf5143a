"""Gives exported pictures the size that a reader wants, and tells where labelled boxes lie then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from PIL import Image as Pillow

from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import MAX_PIXELS

Mode = Literal["no", "keep_ratio", "border", "center_crop"]
Size = tuple[int, int]
"""Width and height in pixels."""
GAP = 3.0
"""Pictures are first reduced by averaging to at least so many times the wanted size (Pillow's `reducing_gap`,
with which the result is nearly that of the filter alone)."""


class Fit(NamedTuple):
    """How a picture becomes one of another size: scaled, then laid on a canvas."""

    scaled: Size
    canvas: Size
    offset: tuple[int, int]
    """Where the upper left corner of the scaled picture is on the canvas; below 0 where it is cut off."""


@dataclass(frozen=True, kw_only=True)
class Resizing:
    """Which size pictures get.

    `keep_ratio` makes the shorter side `size` pixels long; `border` the longer one, with white borders to a
    square; `center_crop` the shorter one, and cuts the middle square out. After that no side is longer than
    `max_side`. Without `enlarge`, no picture is scaled up.
    """

    mode: Mode = "no"
    size: int = 0
    max_side: int | None = None
    enlarge: bool = True

    def fit(self, width: int, height: int) -> Fit | None:
        """How a picture of so many pixels changes; None if it does not.

        Raises DecodeError for one that would have more pixels than a picture may have.
        """
        scaled = self._bounded(self._scaled(width, height))
        canvas = scaled if self.mode in ("no", "keep_ratio") else self._square(scaled)
        if scaled == canvas == (width, height):
            return None
        if max(scaled[0] * scaled[1], canvas[0] * canvas[1]) > MAX_PIXELS:
            told = f"resized it would have {scaled[0]} x {scaled[1]} pixels, more than {MAX_PIXELS}"
            raise DecodeError("too-large", told)
        return Fit(scaled, canvas, ((canvas[0] - scaled[0]) // 2, (canvas[1] - scaled[1]) // 2))

    def _scaled(self, width: int, height: int) -> Size:
        if self.mode == "no":
            return width, height
        return self._times(width, height, self.size / (max if self.mode == "border" else min)(width, height))

    def _times(self, width: int, height: int, factor: float) -> Size:
        if factor > 1 and not self.enlarge:
            return width, height
        return max(1, round(width * factor)), max(1, round(height * factor))

    def _bounded(self, size: Size) -> Size:
        longest = max(size)
        if self.max_side is None or longest <= self.max_side:
            return size
        return self._times(*size, self.max_side / longest)

    def _square(self, scaled: Size) -> Size:
        if self.mode == "border":
            return self.size, self.size
        return min(scaled[0], self.size), min(scaled[1], self.size)


def fitted(picture: Pillow.Image, fit: Fit) -> Pillow.Image:
    """A picture in `L`, `RGB` or `RGBA` in its new size, by Lanczos' filter; borders are white."""
    scaled = picture.resize(fit.scaled, Pillow.Resampling.LANCZOS, reducing_gap=GAP)
    if fit.canvas == fit.scaled:
        return scaled
    canvas = Pillow.new(scaled.mode, fit.canvas, "white")
    canvas.paste(scaled, fit.offset)
    return canvas


def moved(labels: Iterable[Mapping[str, Any]], fit: Fit) -> Iterator[Mapping[str, Any]]:
    """Labels with their boxes where they are in the new picture; those of what was cut off are left out."""
    for label in labels:
        if not label.get("box"):
            yield label
            continue
        left, top, width, height = label["box"]
        left, right = _span(left, width, fit, 0)
        top, bottom = _span(top, height, fit, 1)
        if left < right and top < bottom:
            yield {**label, "box": [left, top, right - left, bottom - top]}


def _span(begin: float, length: float, fit: Fit, axis: int) -> tuple[float, float]:
    """Begin and end along an axis, as shares of the canvas, cut at its edges."""
    scaled, canvas, offset = fit.scaled[axis], fit.canvas[axis], fit.offset[axis]
    ends = ((place * scaled + offset) / canvas for place in (begin, begin + length))
    first, last = (round(min(max(end, 0.0), 1.0), 6) for end in ends)
    return first, last
