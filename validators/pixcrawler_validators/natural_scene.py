"""Statistics of natural scenes, which the checks `brisque` and `niqe` share.

In an undistorted photograph, luminance that is normalised by its local mean and deviation (MSCN
coefficients) and the products of neighbouring coefficients have distributions of typical shapes; blur, noise
and compression change the shapes. Mittal, Moorthy, Bovik, No-Reference Image Quality Assessment in the
Spatial Domain, IEEE TIP 21 (2012), and Mittal, Soundararajan, Bovik, Making a "Completely Blind" Image
Quality Analyzer, IEEE SPL 20 (2013). Written from the papers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pixcrawler_core.detectors.memory import once
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict

Floats = npt.NDArray[np.float64]
Luminance = npt.NDArray[np.float32]

BLOCK = 96
"""Pixels in the side of a block at full size: NIQE's statistics of good photographs were taken from such."""
WINDOW, SIGMA = (7, 7), 7 / 6
"""The Gaussian window within which luminance is normalised, in pixels."""
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Rows and columns to the neighbour whose product is taken: across, down, along both diagonals."""
LEAST_SHAPE, GREATEST_SHAPE, STEP = 0.2, 10.0, 0.001
"""Shapes that are told apart: 1 is a Laplacian, 2 a Gaussian distribution, more is flatter."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Asymmetric generalised Gaussians fitted to coefficients; all arrays have the shape (5, …).

    The first axis has the coefficients themselves and then their products with the four `NEIGHBOURS`. What
    could not be fitted, since nothing is above or below zero, is not finite.
    """

    shape: Floats
    left: Floats
    """Root mean square of what is below zero."""
    right: Floats
    """Root mean square of what is above zero."""
    scale: Floats
    """What makes `left` and `right` the scale parameters of the distribution."""
    mean: Floats


@dataclass(frozen=True, slots=True)
class Blocks:
    """Sums over the coefficients of each block and over their products with neighbours."""

    sums: Floats
    """Shape (5, 5, rows, columns): number below zero, number above, squares of those, of these, absolutes;
    each for the coefficients and the four products. The last row and column may hold cut blocks."""
    sizes: Floats
    """Shape (rows, columns): pixels in each block."""
    block: int
    """Pixels in the side of a block that is not cut."""

    def whole(self) -> Fit:
        """The fit to the picture as one."""
        return _fit(self.sums.sum(axis=(2, 3)), self.sizes.sum())

    def each(self) -> Fit:
        """The fits to the blocks that are not cut, one after the other."""
        uncut = self.sizes == self.block**2
        return _fit(self.sums[:, :, uncut], self.sizes[uncut])


def full_size(image: Image) -> Blocks:
    """The blocks of `image.grey`; computed once an image."""
    return once(image, (__name__, "full"), lambda: measured(image.grey.astype(np.float32), BLOCK))


def half_size(image: Image, interpolation: int) -> Blocks:
    """The same blocks in the picture at half its size, reduced by an interpolation of OpenCV."""
    height, width = (side // 2 for side in image.grey.shape)
    even = image.grey[: 2 * height, : 2 * width].astype(np.float32)
    return measured(cv2.resize(even, (width, height), interpolation=interpolation), BLOCK // 2)


def measured(luminance: npt.NDArray[Any], block: int) -> Blocks:
    """The sums for luminance of 0 to 255 and blocks with this many pixels (at most 255) in the side."""
    coefficients = normalised(luminance)
    height, width = coefficients.shape
    rows, columns = -(-height // block), -(-width // block)
    padded = np.pad(coefficients, ((0, rows * block - height), (0, columns * block - width)))
    products = (padded * np.roll(padded, step, axis=(0, 1)) for step in NEIGHBOURS)
    sums = [_sums(values, block) for values in (padded, *products)]
    heights = np.minimum(block, height - block * np.arange(rows))
    widths = np.minimum(block, width - block * np.arange(columns))
    return Blocks(np.stack(sums, axis=1), np.outer(heights, widths).astype(np.float64), block)


def normalised(luminance: npt.NDArray[Any]) -> Luminance:
    """MSCN coefficients: luminance less its local mean, divided by its local deviation."""
    mean = cv2.GaussianBlur(luminance, WINDOW, SIGMA, borderType=cv2.BORDER_REPLICATE)
    squares = cv2.GaussianBlur(luminance * luminance, WINDOW, SIGMA, borderType=cv2.BORDER_REPLICATE)
    deviation = np.sqrt(np.abs(squares - mean * mean))
    coefficients: Luminance = (luminance - mean) / (deviation + 1)
    return coefficients


def _sums(values: Luminance, block: int) -> Floats:
    """Shape (5, rows, columns). Zeros, with which the edge is filled up, add nothing to any of the sums."""
    height, width = values.shape
    lines = values.reshape(-1, block)
    negative = np.minimum(lines, 0)
    squares_below = np.einsum("ij,ij->i", negative, negative)
    squares = np.einsum("ij,ij->i", lines, lines)
    absolute = lines.sum(axis=1) - 2 * negative.sum(axis=1)
    below, above = (part.view(np.uint8).sum(axis=1, dtype=np.uint8) for part in (lines < 0, lines > 0))
    found = np.stack([below, above, squares_below, squares - squares_below, absolute]).astype(np.float64)
    total: Floats = found.reshape(5, height // block, block, width // block).sum(axis=2)
    return total


def _fit(sums: Floats, size: Floats) -> Fit:
    """By moments, after Lasmar, Stitou, Berthoumieu, Multiscale skewed heavy tailed model (2009)."""
    below, above, squares_below, squares_above, absolute = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        left, right = np.sqrt(squares_below / below), np.sqrt(squares_above / above)
        ratio = left / right
        moments = (absolute / size) ** 2 / ((squares_below + squares_above) / size)
        moments *= (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1) ** 2
    shapes, ratios, scales, means = _gammas()
    shape = np.interp(moments, ratios, shapes)
    scale = np.interp(shape, shapes, scales)
    return Fit(shape, left, right, scale, (right - left) * scale * np.interp(shape, shapes, means))


def verdict(name: str, value: float, worst: float, reason: str, threshold: float) -> Verdict:
    """The score falls from 1 for a value of 0 to 0 for the worst; `reason` if it is below the threshold."""
    score = round(min(1.0, max(0.0, 1 - value / worst)), 4)
    if score >= threshold:
        return Verdict(score=score, threshold=threshold)
    detail = f"{name} is {value:g} (0 is best): the score {score:.3f} is below {threshold:g}"
    return Verdict(reason=reason, detail=detail, score=score, threshold=threshold)


@cache
def _gammas() -> tuple[Floats, Floats, Floats, Floats]:
    """Shapes; for each the ratio of moments by which it is found, the factors of its scale and its mean."""
    shapes = np.arange(LEAST_SHAPE, GREATEST_SHAPE + STEP / 2, STEP)
    one, two, three = (np.array([math.lgamma(n / shape) for shape in shapes]) for n in (1, 2, 3))
    return shapes, np.exp(2 * two - one - three), np.exp((one - three) / 2), np.exp(two - one)
