"""Finds uniform bars at the sides of a picture: letterboxes, pillarboxes, frames, white margins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import ScoreCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image, Pixels

Array = npt.NDArray[Any]

TOP, RIGHT, BOTTOM, LEFT = SIDES = ("top", "right", "bottom", "left")
NEAR = 8
"""Levels by which a pixel of a bar may differ from its luma: the noise of a JPEG."""
LINE = 0.97
"""Least share of such pixels in each line of a bar."""
EVEN = 1.5
"""Mean levels by which the pixels of a bar may differ from its colour; those of skies differ by more."""
EDGE = 8
"""Lines within which a bar must give way to the picture; blocks of a JPEG blur its edge."""
BEGUN = 0.5
"""Greatest share of them in a line where the picture has begun."""
THINNEST = 0.01
"""Share of the height or width below which a bar is none."""
SMALLEST = 16
"""Pixels of the shorter side below which no bar is looked for."""
EVERY = 3
"""Of so many pixels of a line one is looked at for evenness."""


class BordersOptions(BaseModel):
    """How much of a picture may be bars."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.8,
        ge=0,
        le=1,
        description="Least share of the picture that is not bars; 0 lets every picture pass.",
    )


def measured(image: Image) -> dict[str, Any]:
    """`top`, `right`, `bottom`, `left`: depth of the bars as a share of the displayed height or width;
    `bars`: share of the picture that they take; `colour` of the deepest one, where there is one.
    """
    height, width = image.pixels.shape[:2]
    depths = bars(image.pixels, image.grey)
    shares = {side: depths[side] / (height if side in (TOP, BOTTOM) else width) for side in SIDES}
    inner = (1 - shares[TOP] - shares[BOTTOM]) * (1 - shares[LEFT] - shares[RIGHT])
    found: dict[str, Any] = {side: round(share, 4) for side, share in shares.items()}
    found["bars"] = round(1 - inner, 4)
    deepest = max(SIDES, key=lambda side: shares[side])
    if depths[deepest]:
        found["colour"] = f"#{_colour(_facing(image.pixels, deepest)[0]).tobytes().hex()}"
    return found


def bars(pixels: Pixels, grey: Pixels) -> dict[str, int]:
    """Lines of uniform colour at each of `SIDES`: of RGB (height, width, 3) and its luma (height, width).

    What is left after the first bars is looked at once more: bars of two colours lie within one another. A
    picture of one colour has none.
    """
    found = dict.fromkeys(SIDES, 0)
    for _ in range(2):
        height, width = grey.shape
        new = _outermost(pixels, grey) if min(height, width) >= SMALLEST else {}
        if not any(new.values()):
            break
        found = {side: found[side] + new[side] for side in SIDES}
        rest = slice(new[TOP], height - new[BOTTOM]), slice(new[LEFT], width - new[RIGHT])
        pixels, grey = pixels[rest], grey[rest]
    return found


def _outermost(pixels: Pixels, grey: Pixels) -> dict[str, int]:
    """Bars that begin at the very sides. All are measured before one is judged: they meet in corners."""
    likes = {side: like for side in SIDES if (like := _like(grey, side)) is not None}
    near = {side: _depth(likes[side], side) if side in likes else 0 for side in SIDES}
    found = dict.fromkeys(SIDES, 0)
    for side, like in likes.items() if _leave_something(near, grey) else ():
        before, after = (LEFT, RIGHT) if side in (TOP, BOTTOM) else (TOP, BOTTOM)
        facing = _facing(like, side)
        inner = facing[:, near[before] : facing.shape[1] - near[after]]
        found[side] = _end(_facing(pixels, side), inner, near[side])
    return found if _leave_something(found, grey) else dict.fromkeys(SIDES, 0)


def _leave_something(depths: Mapping[str, int], grey: Pixels) -> bool:
    height, width = grey.shape
    return bool(depths[TOP] + depths[BOTTOM] < height and depths[LEFT] + depths[RIGHT] < width)


def _facing(pixels: Array, side: str) -> Array:
    """The picture turned so that the outermost line of a side is its first row."""
    rows = pixels if side in (TOP, BOTTOM) else pixels.swapaxes(0, 1)
    return rows if side in (TOP, LEFT) else rows[::-1]


def _colour(line: Array) -> Array:
    """The median of a line's pixels, shape (3,)."""
    return np.median(line, axis=0).astype(np.uint8)


def _like(grey: Array, side: str) -> Array | None:
    """Where luma is that of a side: 255, elsewhere 0; None if the outermost line has several.

    Luma alone, since a JPEG blurs the edges of colours by twice as much.
    """
    line = _facing(grey, side)[0]
    level = int(np.median(line))
    if (np.abs(line - np.int16(level)) <= NEAR).mean() < LINE:
        return None
    return cv2.inRange(grey, np.array(level - NEAR), np.array(level + NEAR))


def _depth(like: Array, side: str) -> int:
    """How many lines from a side have its colour."""
    across = 1 if side in (TOP, BOTTOM) else 0
    shares = cv2.reduce(like, across, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel()
    lines = (shares if side in (TOP, LEFT) else shares[::-1]) >= 255 * LINE
    return len(lines) if lines.all() else int(np.argmin(lines))


def _end(facing: Array, inner: Array, depth: int) -> int:
    """Where the bar ends that the first rows are, if they are deep and even, and end at once; else 0.

    `inner` is where the rows have the luma of the first, without their ends in other bars.
    """
    if depth < THINNEST * len(facing) or not inner.size:
        return 0
    sure = facing[: max(1, depth - EDGE), ::EVERY]
    if np.abs(sure - _colour(facing[0]).astype(np.int16)).mean() > EVEN:
        return 0
    begun = inner[depth : depth + EDGE].mean(1) <= 255 * BEGUN
    return depth + int(begun.argmax()) if begun.any() else 0


def build(options: BordersOptions) -> Check:
    """The check with its options."""
    return ScoreCheck(
        measured=measured,
        scored=lambda measures: 1 - measures["bars"],
        reason="borders",
        told=lambda measures: f"bars take {measures['bars']:.0%} of the picture",
        threshold=options.threshold,
    )


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `borders`."""
    yield Validator(
        name="borders",
        summary="bars, frames and margins around the picture",
        tier=Tier.MEDIUM,
        order=300,
        options=BordersOptions,
        build=build,
    )
