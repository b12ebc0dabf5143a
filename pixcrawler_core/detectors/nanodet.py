"""Objects of 80 kinds, persons among them, by NanoDet-g (github.com/RangiLyu/nanodet)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pixcrawler_core.detectors.coco import NAMES
from pixcrawler_core.detectors.found import Floats, Found, Indices, Session, apart, found, planes, shrunk
from pixcrawler_core.detectors.memory import once
from pixcrawler_core.image import Image, Pixels

MODEL = "nanodet"
SIDE = 416
"""Pixels of the square that the model takes."""
STRIDES = (8, 16, 32)
BINS = 11
"""Steps in which a side's distance from its cell's centre is told; in strides, 0 to 10."""
FLOOR = 0.2
"""Least score that is told of; users ask for more."""
OVERLAP = 0.6
"""Greatest overlap of two boxes of a kind, as in NanoDet's own configuration."""
MOST = 100
"""Objects that are told of at most, as in COCO's own evaluation."""
MEAN = (103.53, 116.28, 123.675)
DEVIATION = (57.375, 57.12, 58.395)
OUTPUTS = tuple(f"{kind}_{stride}" for kind in ("scores", "boxes") for stride in STRIDES)


class _Fit(NamedTuple):
    """Where the picture lies in the square: its left upper corner and its size, in pixels."""

    left: int
    top: int
    width: int
    height: int


def find_objects(image: Image, session: Session) -> tuple[Found, ...]:
    """Objects with scores from `FLOOR`, the best first, at most `MOST`; asked once an image."""
    return once(image, (MODEL, session), lambda: detect(image.pixels, session))


def detect(pixels: Pixels, session: Session) -> tuple[Found, ...]:
    """Objects in upright RGB pixels. The picture is fitted into the square, with black beside it."""
    square, fit = _fitted(pixels)
    values = session.run(OUTPUTS, {"input": planes(square, MEAN, DEVIATION)})
    scores = np.concatenate(values[: len(STRIDES)], axis=1)[0]
    cells = np.flatnonzero(scores.max(axis=1) >= FLOOR)
    places, kinds = np.nonzero(scores[cells] >= FLOOR)
    picked = cells[places]
    bins = np.concatenate(values[len(STRIDES) :], axis=1)[0][picked]
    corners, sure = _corners(bins, picked), scores[picked, kinds]
    kept = apart(sure, corners, kinds, OVERLAP)
    names = [NAMES[kind] for kind in kinds[kept]]
    return found(names, sure[kept], _shares(corners[kept], fit))[:MOST]


def _fitted(pixels: Pixels) -> tuple[Pixels, _Fit]:
    height, width = pixels.shape[:2]
    ratio = SIDE / max(height, width)
    inner = max(1, round(width * ratio)), max(1, round(height * ratio))
    fit = _Fit((SIDE - inner[0]) // 2, (SIDE - inner[1]) // 2, *inner)
    square = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    square[fit.top : fit.top + fit.height, fit.left : fit.left + fit.width] = shrunk(pixels, *inner)
    return square, fit


def _centres() -> tuple[Floats, Floats]:
    """Centre of each cell, (cells, 2), x before y, and its stride, (cells, 1), in the outputs' order."""
    centres, strides = [], []
    for stride in STRIDES:
        across = SIDE // stride
        y, x = np.divmod(np.arange(across * across), across)
        centres.append((np.stack([x, y], axis=1) + 0.5) * stride)
        strides.append(np.full((across * across, 1), stride))
    return np.concatenate(centres).astype(np.float32), np.concatenate(strides).astype(np.float32)


_CENTRES, _STRIDES = _centres()


def _corners(bins: Floats, cells: Indices) -> Floats:
    """Corners in pixels of the square: each side is as far from the centre as its bins say on average.

    Li et al., Generalized Focal Loss, 2020.
    """
    logits = bins.reshape(-1, 4, BINS)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    far = weights @ np.arange(BINS, dtype=np.float32) * _STRIDES[cells]
    centres = _CENTRES[cells]
    result: Floats = np.hstack([centres - far[:, :2], centres + far[:, 2:]])
    return result


def _shares(corners: Floats, fit: _Fit) -> Floats:
    start = np.array([fit.left, fit.top] * 2, dtype=np.float32)
    size = np.array([fit.width, fit.height] * 2, dtype=np.float32)
    result: Floats = (corners - start) / size
    return result
