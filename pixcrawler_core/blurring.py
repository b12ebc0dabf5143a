"""Makes faces in a picture unrecognisable, for exports."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from pixcrawler_core.detectors.found import Box
from pixcrawler_core.image import Pixels

STRENGTH = 0.2
"""Standard deviation of the blur in longer sides of a face: more than half of what lies between the eyes."""
PADDING = 0.21
"""Added to a box on each side, in its widths and heights: the ellipse then holds the corners of the box."""
CELLS = 4.0
"""Standard deviation in pixels with which a blur is computed, on a smaller copy: no face is dear."""


def blurred(
    pixels: Pixels,
    boxes: Iterable[Box],
    *,
    strength: float = STRENGTH,
    padding: float = PADDING,
    ellipse: bool = True,
) -> Pixels:
    """A copy of the picture in which the boxes are blurred; all other pixels are the same.

    `pixels` are of shape (height, width) or (height, width, channels), `boxes` shares of the picture; what
    of a box lies outside is left out. `strength` is the blur's standard deviation in longer sides of the box.
    With `ellipse` false the whole padded box is blurred. Raises ValueError for a strength that is not above
    0 and for a padding below 0.
    """
    if not strength > 0 or not padding >= 0:
        raise ValueError(
            f"a blur needs a strength above 0 and a padding from 0, not {strength} and {padding}"
        )
    result = pixels.copy()
    for box in boxes:
        _blur(result, box, strength, padding, ellipse)
    return result


def _blur(pixels: Pixels, box: Box, strength: float, padding: float, ellipse: bool) -> None:
    height, width = pixels.shape[:2]
    size = np.array([box[2] * width, box[3] * height])
    middle = np.array([box[0] * width, box[1] * height]) + size / 2
    reach = np.maximum(size * (0.5 + padding), 0.5)
    left, top = np.clip(np.floor(middle - reach), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(middle + reach), 0, (width, height)).astype(int)
    part = pixels[top:bottom, left:right]
    if not part.size or (size <= 0).any():
        return
    soft = _softened(part, float(strength * size.max()))
    if not ellipse:
        part[...] = soft
        return
    y, x = np.mgrid[top:bottom, left:right] + 0.5
    within = ((x - middle[0]) / reach[0]) ** 2 + ((y - middle[1]) / reach[1]) ** 2 <= 1
    part[within] = soft[within]


def _softened(part: Pixels, deviation: float) -> Pixels:
    shrink = max(1.0, deviation / CELLS)
    height, width = part.shape[:2]
    small_size = max(1, round(width / shrink)), max(1, round(height / shrink))
    small = cv2.resize(part, small_size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), deviation / shrink, borderType=cv2.BORDER_REPLICATE)
    result = np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    return result.reshape(part.shape)
