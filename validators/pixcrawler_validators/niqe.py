"""Measures how far a picture's statistics are from those of good photographs, without any judged examples.

NIQE: Mittal, Soundararajan, Bovik, Making a "Completely Blind" Image Quality Analyzer, IEEE Signal Processing
Letters 20 (2013). The statistics of good photographs are the authors'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Models, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_validators.natural_scene import BLOCK, Fit, Floats, full_size, half_size, verdict

MODEL = "niqe"
WORST = 20.0
"""The value that gets the score 0: strong blur (5 pixels) or noise (a deviation of 50) come near it."""
LEAST_BLOCKS = 4
"""Blocks of 96 x 96 pixels with some structure, below which no value is told."""


class NiqeOptions(BaseModel):
    """Options of the check `niqe`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Least score, where the score is 1 for a NIQE value of 0 and 0 for 20. 0.2 is the value"
        " 16, which none of 185 photographs reached; 0 only measures.",
    )


@dataclass(frozen=True, slots=True)
class Pristine:
    """The statistics of good photographs: a normal distribution of the 36 features of their blocks."""

    mean: Floats
    covariance: Floats

    @classmethod
    def load(cls, path: Path) -> Pristine:
        """From the file of the model store."""
        with np.load(path, allow_pickle=False) as file:
            return cls(file["mean"], file["covariance"])

    def distance(self, blocks: Floats) -> float:
        """How far blocks with the features (n, 36) are from it: 3 to 6 is usual, more is worse."""
        away = (self.mean - blocks.mean(axis=0))[:, None]
        covariance = (self.covariance + np.cov(blocks, rowvar=False)) / 2
        _, solved = cv2.solve(covariance, away, flags=cv2.DECOMP_CHOLESKY)
        return float(np.sqrt((away * solved).sum()))


def features(fit: Fit) -> Floats:
    """The 18 features of blocks at one size (n, 18): shapes, means and scales on both sides."""
    left, right = fit.left * fit.scale, fit.right * fit.scale
    found = [fit.shape[0], (left[0] + right[0]) / 2]
    for product in range(1, 5):
        found += [fit.shape[product], fit.mean[product], left[product], right[product]]
    return np.stack(found, axis=1)


def measure(pristine: Pristine, image: Image) -> Measures:
    """The measure `niqe`; nothing for a picture with less than four blocks that show anything."""
    height, width = image.grey.shape
    if (height // BLOCK) * (width // BLOCK) < LEAST_BLOCKS:
        return {}
    both = features(full_size(image).each()), features(half_size(image, cv2.INTER_AREA).each())
    blocks = np.hstack(both)
    structured = blocks[np.isfinite(blocks).all(axis=1)]
    if len(structured) < LEAST_BLOCKS:
        return {}
    return {"niqe": round(pristine.distance(structured), 3)}


def judge(options: NiqeOptions, measures: Measures) -> Verdict:
    """The reason `unnatural`, and no score for what could not be measured."""
    if "niqe" not in measures:
        return Verdict()
    return verdict("NIQE", measures["niqe"], WORST, "unnatural", options.threshold)


def build(options: NiqeOptions, models: Models) -> Check:
    """The check with its statistics."""
    pristine = Pristine.load(models.path(MODEL))
    return PlainCheck(measured=partial(measure, pristine), judged=partial(judge, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `niqe`."""
    yield Validator(
        name="niqe",
        summary="distance from the statistics of good photographs (NIQE)",
        tier=Tier.SLOW,
        order=310,
        options=NiqeOptions,
        build=build,
        models=(MODEL,),
    )
