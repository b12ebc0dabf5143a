"""Rejects pictures that are sharp nowhere: out of focus, moved, or enlarged.

The Laplacian finds the tiles with most detail. Within them, the strongest edges are compared at two scales:
where an edge is sharp, its gradient at the finer scale is much the greater. What noise adds is taken off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import ScoreCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image, Pixels
from pixcrawler_validators.tones import at_least, tile_means

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

FINE, COARSE = 0.8, 1.4
"""Pixels: deviations of the Gaussians at which gradients are taken."""
FINER = 16.0
"""The Laplacian is taken so many times, so that whole numbers are fine enough."""
TILE = 32
MARGIN = 6
"""Pixels around a tile that the coarser gradient needs."""
SIDE = TILE + 2 * MARGIN
WIDTH = 2 * MARGIN - 1
"""Pixels of the Gaussians' kernels."""
TILES = 64
"""Tiles with the strongest Laplacian; the sharper half of them decides, since backgrounds may be soft."""
CREST = 0.5
"""Share of a tile's greatest gradient energy from which a pixel belongs to its edges."""
CLEAR = 40.0
"""Times the gradient energy of noise that an edge must have."""
FAINT = 0.5
"""Gradient energy, levels² per pixel², of the faintest edge: a step of 2.5 levels."""
TWICE = 2.0
"""The noise taken off is twice the measured, since tiles were chosen in which it is strong."""
QUIET = 20
"""Of so many tiles one may have a weaker Laplacian than what is called noise."""
TO_SIGMA = float(np.sqrt(np.pi / 2) / np.sqrt(20))
"""From the mean of absolute answers of the Laplacian to the deviation of noise."""
LEAST = 0.001
"""Share of the energy that a direction must have to count: a picture of stripes is not blurred along them."""
ANGLES = np.arange(16) * (np.pi / 16)
DIRECTIONS = np.stack([np.cos(ANGLES) ** 2, np.sin(2 * ANGLES), np.sin(ANGLES) ** 2])


class BlurOptions(BaseModel):
    """How blurred a picture may be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.36,
        ge=0,
        le=1,
        description="Least sharpness of the sharpest parts, in the direction in which they are least sharp;"
        " 0 lets every picture pass.",
    )


def _gain(scale: float) -> float:
    """Energy of the gradient along an axis that white noise of deviation 1 has at a scale."""
    smooth = cv2.getGaussianKernel(WIDTH, scale).ravel()
    slope = np.convolve(smooth, [0.5, 0, -0.5])
    return float((smooth**2).sum() * (slope**2).sum())


GAINS = {scale: _gain(scale) for scale in (FINE, COARSE)}


def measured(image: Image) -> dict[str, Any]:
    """`laplacian`: mean square of the Laplacian, in levels²; `sharpness`: what `sharpness` says."""
    grey = at_least(image.grey, SIDE)
    answers = np.asarray(cv2.Laplacian(grey, cv2.CV_16S, scale=FINER), np.int16)
    square = cv2.norm(answers, cv2.NORM_L2SQR) / (grey.size * FINER**2)
    details = tile_means(answers, TILE) / FINER
    return {"laplacian": round(square, 2), "sharpness": round(sharpness(grey, details), 4)}


def sharpness(grey: Pixels, details: Array) -> float:
    """Share of the gradient energy of edges, 0 to 1, that is lost from the finer to the coarser scale.

    `details` are the means of the absolute Laplacian in the tiles. 0 for a picture without edges. A step has
    0.4 to 0.5, and 0.3, 0.17 and 0.06 when blurred by a Gaussian of 1, 2 and 4 pixels; texture has more.
    """
    quiet = float(np.sort(details, axis=None)[details.size // QUIET])
    noise = TWICE * (quiet * TO_SIGMA) ** 2
    before, after, edged = _edges(_strongest(grey, details), noise)
    chosen = _sharper_half(before, after, edged)
    return _lost(before[chosen].sum(axis=0), after[chosen].sum(axis=0))


def _strongest(grey: Pixels, details: Array) -> Floats:
    """The tiles with the greatest details, side by side with their margins: shape (SIDE, tiles, SIDE)."""
    rows, columns = np.unravel_index(np.argsort(details, axis=None)[-TILES:], details.shape)
    windows = np.lib.stride_tricks.sliding_window_view(grey, (SIDE, SIDE))
    down, across = (length - 1 for length in windows.shape[:2])
    top, left = np.clip(rows * TILE - MARGIN, 0, down), np.clip(columns * TILE - MARGIN, 0, across)
    return windows[top, left].swapaxes(0, 1).astype(np.float32, order="C")


def _edges(windows: Floats, noise: float) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Structure tensors of tiles at the finer and the coarser scale, and whether there are edges in them."""
    fine, coarse = _gradients(windows, FINE), _gradients(windows, COARSE)
    energy = coarse[0] ** 2 + coarse[1] ** 2
    clear = CLEAR / TWICE * noise * GAINS[COARSE] + FAINT
    least = np.maximum(CREST * energy.max(axis=0).max(axis=1), clear)
    crest = np.flatnonzero(energy >= least[:, np.newaxis])
    tile = crest // TILE % len(least)
    pixels = np.bincount(tile, minlength=len(least))
    edges = ([one.ravel()[crest] for one in gradients] for gradients in (fine, coarse))
    before, after = (_tensors(gradients, tile, len(least)) for gradients in edges)
    before[:, ::2] -= noise * GAINS[FINE] * pixels[:, np.newaxis]
    after[:, ::2] -= noise * GAINS[COARSE] * pixels[:, np.newaxis]
    return before, after, pixels > 0


def _gradients(windows: Floats, scale: float) -> tuple[Floats, Floats]:
    """Gradients across and down of the tiles without margins, each of the shape (TILE, tiles, TILE)."""
    smooth = cv2.GaussianBlur(windows.reshape(SIDE, -1), (WIDTH, WIDTH), scale)
    halves: Floats = np.asarray(smooth / 2, np.float32).reshape(windows.shape)
    here, after, before = (slice(MARGIN + step, SIDE - MARGIN + step) for step in (0, 1, -1))
    return halves[here, :, after] - halves[here, :, before], halves[after, :, here] - halves[before, :, here]


def _tensors(gradients: Sequence[Floats], tile: npt.NDArray[np.intp], tiles: int) -> Array:
    """The structure tensor of each tile's edges, shape (tiles, 3): across, mixed, down.

    Of each pixel on an edge: its gradients across and down, and the number of its tile.
    """
    across, down = gradients
    products = across * across, across * down, down * down
    sums = [np.bincount(tile, product, tiles) for product in products]
    return np.stack(sums, axis=1).astype(np.float64)  # np.bincount of nothing has whole numbers


def _sharper_half(before: Array, after: Array, edged: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Of the tiles that have edges the half, rounded up, that loses the greatest share."""
    kept = np.maximum(after[:, 0] + after[:, 2], 0) / np.maximum(before[:, 0] + before[:, 2], 1e-9)
    order = np.argsort(np.where(edged, kept, np.inf))
    return order[: min(int(edged.sum()), (len(edged) + 1) // 2)]


def _lost(before: Array, after: Array) -> float:
    """Share of the energy that is lost, in the direction in which the smallest share is.

    Directions in which there is hardly any energy do not count.
    """
    ahead, behind = before @ DIRECTIONS, after @ DIRECTIONS
    counts = behind > max(0.0, LEAST * float(after[0] + after[2]))
    if not counts.any():
        return 0.0
    lost = 1 - behind[counts] / np.maximum(ahead[counts], 1e-9)
    return float(np.clip(lost, 0, 1).min())


def build(options: BlurOptions) -> Check:
    """The check with its options."""
    return ScoreCheck(
        measured=measured,
        scored=lambda measures: measures["sharpness"],
        reason="blurry",
        told=lambda measures: f"the sharpest edges lose {measures['sharpness']:.0%} when blurred again",
        threshold=options.threshold,
    )


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `blur`."""
    yield Validator(
        name="blur",
        summary="sharpness of the sharpest parts",
        tier=Tier.MEDIUM,
        order=170,
        options=BlurOptions,
        build=build,
    )
