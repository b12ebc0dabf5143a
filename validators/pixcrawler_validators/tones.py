"""What several measurements of a picture need: shares of its levels, the means of its tiles, a sample."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pixcrawler_core.colours import sample
from pixcrawler_core.image import Pixels

Counts = npt.NDArray[Any]
EVERY = 4
"""Of so many pixels of a large picture one is enough for the shares of its colours, across and down."""
LARGE = 128
"""Pixels of the shorter side from which a picture is large."""


def few(pixels: Pixels) -> Pixels:
    """A sample of a large picture (height, width, 3), all of a small one."""
    return sample(pixels, EVERY) if min(pixels.shape[:2]) >= LARGE else pixels


def chroma(pixels: Pixels) -> Pixels:
    """The difference between the greatest and the least channel of each pixel: 0 (grey) to 255."""
    red, green, blue = cv2.split(pixels)
    most, least = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    return np.asarray(cv2.subtract(most, least), np.uint8)


def percentile(counts: Counts, share: float) -> int:
    """The level, 0 to 255, up to which lies this share (above 0) of what is counted."""
    total = np.cumsum(counts)
    return int(np.searchsorted(total, share * total[-1]))


def tile_means(answers: npt.NDArray[np.int16], side: int) -> Counts:
    """Means of the absolute values in whole square tiles, shape (rows, columns); changes `answers`.

    The last rows and columns that fill no tile are left out; there must be one tile at least.
    """
    rows, columns = (length // side for length in answers.shape)
    whole = np.abs(answers, out=answers)[: rows * side, : columns * side]
    sums = whole.reshape(rows, side, columns * side).sum(axis=1, dtype=np.uint32)
    means: Counts = sums.reshape(rows, columns, side).sum(axis=2) / side**2
    return means


def at_least(grey: Pixels, side: int) -> Pixels:
    """The picture, mirrored at its right and lower side where it is narrower or lower than `side` pixels."""
    height, width = grey.shape
    if height >= side and width >= side:
        return grey
    right, below = max(0, side - width), max(0, side - height)
    return np.asarray(cv2.copyMakeBorder(grey, 0, below, 0, right, cv2.BORDER_REFLECT), np.uint8)
