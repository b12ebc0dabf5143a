"""What several measurements of a grey picture need: its histogram, and the means of its tiles."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pixcrawler_core.image import Pixels

Counts = npt.NDArray[Any]
EVERY = 2
"""Of so many rows one is counted: half the time, and the same shares."""


def histogram(grey: Pixels) -> Counts:
    """How many pixels have each of the 256 levels, counted in every second row."""
    counts = cv2.calcHist([grey[::EVERY]], [0], None, [256], [0, 256])
    return np.asarray(counts, np.float64).ravel()


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
    means = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float64)


def at_least(grey: Pixels, side: int) -> Pixels:
    """The picture, mirrored at its right and lower side where it is narrower or lower than `side` pixels."""
    height, width = grey.shape
    if height >= side and width >= side:
        return grey
    right, below = max(0, side - width), max(0, side - height)
    return np.asarray(cv2.copyMakeBorder(grey, 0, below, 0, right, cv2.BORDER_REFLECT), np.uint8)
