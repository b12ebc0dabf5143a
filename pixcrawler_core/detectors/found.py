"""What detectors have in common: a thing with its box, and the boxes that remain of overlapping ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from pixcrawler_core.image import Pixels

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]
Box = tuple[float, float, float, float]
"""Left, top, width and height as shares, 0 to 1, of the picture as it is displayed."""
DIGITS = 4
"""Decimal places of boxes and scores: a pixel of a picture 10 000 wide."""


class Session(Protocol):
    """What detectors ask of an onnxruntime session."""

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, Any], /) -> Sequence[Any]:
        """The named outputs, or all of them."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Something that a detector saw."""

    name: str
    score: float
    """0 to 1: how sure the detector is."""
    box: Box


def found(names: Sequence[str], scores: Floats, corners: Floats) -> tuple[Found, ...]:
    """Things by their scores (n,) and corners (n, 4): left, top, right and bottom in shares.

    Corners are clipped to 0..1; what has no area left is dropped. The best come first.
    """
    clipped = np.clip(corners, 0, 1)
    boxes = np.hstack([clipped[:, :2], clipped[:, 2:] - clipped[:, :2]]).round(DIGITS)
    order = [each for each in np.argsort(-scores, kind="stable") if (boxes[each, 2:] > 0).all()]
    return tuple(
        Found(name=names[each], score=_rounded(scores[each]), box=_box(boxes[each])) for each in order
    )


def apart(scores: Floats, corners: Floats, groups: Indices, overlap: float) -> Indices:
    """Indices of the boxes that stay when, within a group, a better one removes those it overlaps.

    `overlap` is the greatest intersection over union that two may have (non-maximum suppression).
    """
    if not len(scores):
        return np.zeros(0, dtype=np.intp)
    boxes = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]).astype(np.float64)
    kept = cv2.dnn.NMSBoxesBatched(boxes.tolist(), scores.tolist(), groups.tolist(), 0.0, overlap)
    return np.asarray(kept, dtype=np.intp)


def shrunk(pixels: Pixels, width: int, height: int) -> Pixels:
    """The picture in this size: averaged where it becomes smaller, interpolated where it becomes larger."""
    smaller = width * height < pixels.shape[0] * pixels.shape[1]
    result: Pixels = np.asarray(
        cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    )
    return result


def planes(pixels: Pixels, mean: Sequence[float], deviation: Sequence[float]) -> Floats:
    """RGB pixels as a batch of one, (1, 3, height, width), in the order blue, green, red, normalised.

    `mean` and `deviation` are those of blue, green and red, on the scale 0 to 255.
    """
    result = np.empty((1, 3, *pixels.shape[:2]), dtype=np.float32)
    for place, (middle, spread) in enumerate(zip(mean, deviation, strict=True)):
        np.multiply(pixels[:, :, 2 - place], np.float32(1 / spread), out=result[0, place])
        result[0, place] -= np.float32(middle / spread)
    return result


def _rounded(score: np.float32) -> float:
    return round(min(1.0, max(0.0, float(score))), DIGITS)


def _box(values: Floats) -> Box:
    left, top, width, height = (round(float(value), DIGITS) for value in values)
    return left, top, width, height
