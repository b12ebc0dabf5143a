"""Rejects pictures full of noise: grain of high sensitivity, salt and pepper, dither."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import ScoreCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image, Pixels
from pixcrawler_validators.tones import at_least, tile_means

GAIN = 6.0
"""Deviation of the answer to white noise of deviation 1."""
TO_SIGMA = float(np.sqrt(np.pi / 2)) / GAIN
"""From the mean of absolute answers to the deviation of normal noise."""
TILE = 32
"""Pixels; salt and pepper is too sparse for smaller ones."""
QUIET = 5
"""Percentile of the tiles that counts: of nearly every photograph so much has no texture."""
HALF = 10.0
"""Levels of noise at which the score is one half."""


class NoiseOptions(BaseModel):
    """How much noise is too much."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="Least score, 10 / (10 + sigma); 0.6 allows a deviation of 6.7 levels; 0 lets every"
        " picture pass.",
    )


def sigma(grey: Pixels) -> float:
    """Standard deviation of the noise in levels of 0 to 255, found where the picture is quietest.

    Source: J. Immerkær, "Fast Noise Variance Estimation", Computer Vision and Image Understanding 64 (1996),
    whose kernel, the second difference along both axes, is blind to slopes and to edges along an axis; taken
    in tiles, so that texture does not count.
    """
    answers = cv2.Sobel(at_least(grey, TILE), cv2.CV_16S, 2, 2, ksize=3)
    means = np.sort(tile_means(np.asarray(answers, np.int16), TILE), axis=None)
    return float(means[(means.size - 1) * QUIET // 100]) * TO_SIGMA


def measured(image: Image) -> dict[str, Any]:
    """`sigma`: deviation of the noise in levels of 0 to 255."""
    return {"sigma": round(sigma(image.grey), 3)}


def build(options: NoiseOptions) -> Check:
    """The check with its options."""
    return ScoreCheck(
        measured=measured,
        scored=lambda measures: HALF / (HALF + measures["sigma"]),
        reason="noisy",
        told=lambda measures: f"the noise has a deviation of {measures['sigma']:.1f} of 255 levels",
        threshold=options.threshold,
    )


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `noise`."""
    yield Validator(
        name="noise",
        summary="grain and speckles",
        tier=Tier.MEDIUM,
        order=160,
        options=NoiseOptions,
        build=build,
    )
