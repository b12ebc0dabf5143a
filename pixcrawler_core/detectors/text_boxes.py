"""Where there is text in a picture, by the text detector of PP-OCRv4.

The model gives for each pixel how likely it is in the core of a line; a core is grown to its line as in
Liao et al., Real-time Scene Text Detection with Differentiable Binarization, 2020.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from pixcrawler_core.detectors.found import DIGITS, Floats, Found, Session, found, planes, shrunk
from pixcrawler_core.detectors.memory import once
from pixcrawler_core.image import Image, Pixels

MODEL = "ppocr-det"
NAME = "text"
AREA = 512 * 384
"""Pixels that the model is given at most. Time grows with them."""
MULTIPLE = 32
LIKELY = 0.3
"""Probability from which a pixel belongs to a core, as in PaddleOCR."""
FLOOR = 0.6
"""Least mean probability of a core, as in PaddleOCR."""
THIN = 3
"""Pixels that a core must be high."""
GROWTH = 1.5
"""How far a core is grown: times its area over its circumference, as in PaddleOCR."""
TALL = ((2.0, 0.08), (3.0, 0.24))
"""Up to so many times as wide as high, a line is at most this share of the picture's shorter side high.

Of animals and other single things on an even ground, the model takes some for one large character.
"""
MOST = 200
MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)
"""Of blue, green and red: PaddleOCR takes the numbers for red, green and blue in this order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """The lines of text in a picture."""

    lines: tuple[Found, ...]
    """Upright boxes around them; the best come first, at most `MOST`."""
    share: float
    """Of the picture's area, 0 to 1, that is covered with lines."""


def find_text(image: Image, session: Session) -> Text:
    """The text in an image; asked once an image."""
    return once(image, (MODEL, session), lambda: detect(image.pixels, session))


def detect(pixels: Pixels, session: Session) -> Text:
    """The text in upright RGB pixels; smaller pictures are not enlarged."""
    height, width = pixels.shape[:2]
    ratio = min(1.0, (AREA / (height * width)) ** 0.5)
    small = shrunk(pixels, _side(width * ratio), _side(height * ratio))
    (heat,) = session.run(None, {"x": planes(small, MEAN, DEVIATION)})
    return text_of(heat[0, 0])


def text_of(heat: Floats) -> Text:
    """The lines in a map (height, width) of probabilities, 0 to 1."""
    lines = list(_lines(heat))
    covered = np.zeros(heat.shape, dtype=np.uint8)
    corners = np.zeros((len(lines), 4), dtype=np.float32)
    for place, (_, outline) in enumerate(lines):
        cv2.fillPoly(covered, [outline.round().astype(np.int32)], 1)
        corners[place] = *outline.min(axis=0), *outline.max(axis=0)
    corners /= np.array([heat.shape[1], heat.shape[0]] * 2, dtype=np.float32)
    scores = np.array([score for score, _ in lines], dtype=np.float32)
    boxes = found([NAME] * len(lines), scores, corners)[:MOST]
    return Text(lines=boxes, share=round(float(covered.mean()), DIGITS))


def _lines(heat: Floats) -> Iterator[tuple[float, Floats]]:
    """Score and outline, (4, 2) in pixels, of each line."""
    contours, _ = cv2.findContours(
        (heat >= LIKELY).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    for contour in contours:
        middle, (across, down), angle = cv2.minAreaRect(contour)
        if min(across, down) < THIN:
            continue
        growth = across * down * GROWTH / (across + down)
        size = across + growth, down + growth
        score = _mean_within(heat, np.asarray(contour))
        if score >= FLOOR and _is_line(max(size) / min(size), min(size) / min(heat.shape)):
            yield score, np.asarray(cv2.boxPoints((middle, size, angle)), dtype=np.float32)


def _mean_within(heat: Floats, contour: Pixels) -> float:
    left, top, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.drawContours(mask, [contour], -1, 1, cv2.FILLED, offset=(-left, -top))
    return float(cv2.mean(heat[top : top + height, left : left + width], mask)[0])


def _is_line(long: float, tall: float) -> bool:
    return all(long >= widths or tall <= share for widths, share in TALL)


def _side(length: float) -> int:
    return max(1, round(length / MULTIPLE)) * MULTIPLE
