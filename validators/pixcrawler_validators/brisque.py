"""Measures quality as people would judge it, by a model fitted to their judgements of distorted pictures.

BRISQUE: Mittal, Moorthy, Bovik, No-Reference Image Quality Assessment in the Spatial Domain, IEEE
Transactions on Image Processing 21 (2012). The model is the authors', trained on the LIVE database.
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
from pixcrawler_validators.natural_scene import Fit, Floats, full_size, half_size, verdict

MODEL = "brisque"
WORST = 100.0
"""The value of the worst pictures that people judged; the best have 0."""
LEAST_SIDE = 64
"""Pixels of the shorter side below which there is too little to take statistics of."""


class BrisqueOptions(BaseModel):
    """Options of the check `brisque`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Least score, where the score is 1 for a BRISQUE value of 0 and 0 for 100. 0.2 is the"
        " value 80, which none of 185 photographs reached; 0 only measures.",
    )


@dataclass(frozen=True, slots=True)
class Regression:
    """The support vector regression of BRISQUE, with a radial kernel."""

    support: Floats
    """Shape (n, 36): the features of n pictures, scaled to -1..1."""
    weights: Floats
    gamma: float
    rho: float
    low: Floats
    """Least value of each feature among the pictures it was trained on."""
    high: Floats

    @classmethod
    def load(cls, path: Path) -> Regression:
        """From the file of the model store."""
        with np.load(path, allow_pickle=False) as file:
            gamma, rho = float(file["gamma"]), float(file["rho"])
            return cls(file["support"], file["weights"], gamma, rho, file["low"], file["high"])

    def value(self, features: Floats) -> float:
        """What people would say: 0 (undistorted) to 100, for 36 features; a little beyond at both ends."""
        scaled = 2 * (features - self.low) / (self.high - self.low) - 1
        distances = ((self.support - scaled) ** 2).sum(axis=1)
        return float(self.weights @ np.exp(-self.gamma * distances) - self.rho)


def features(fit: Fit) -> list[float]:
    """The 18 features of a picture at one size: shapes, means and variances on both sides."""
    left, right = fit.left**2, fit.right**2
    found = [fit.shape[0], (left[0] + right[0]) / 2]
    for product in range(1, 5):
        found += [fit.shape[product], fit.mean[product], left[product], right[product]]
    return [float(value) for value in found]


def measure(model: Regression, image: Image) -> Measures:
    """The measure `brisque`; nothing for what is too small, and for a picture without any structure."""
    if min(image.grey.shape) < LEAST_SIDE:
        return {}
    both = features(full_size(image).whole()), features(half_size(image, cv2.INTER_CUBIC).whole())
    found = np.concatenate(both)
    return {"brisque": round(model.value(found), 2)} if np.isfinite(found).all() else {}


def judge(options: BrisqueOptions, measures: Measures) -> Verdict:
    """The reason `low-quality`, and no score for what could not be measured."""
    if "brisque" not in measures:
        return Verdict()
    return verdict("BRISQUE", measures["brisque"], WORST, "low-quality", options.threshold)


def build(options: BrisqueOptions, models: Models) -> Check:
    """The check with its model."""
    model = Regression.load(models.path(MODEL))
    return PlainCheck(measured=partial(measure, model), judged=partial(judge, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `brisque`."""
    yield Validator(
        name="brisque",
        summary="quality as people would judge it (BRISQUE)",
        tier=Tier.SLOW,
        order=300,
        options=BrisqueOptions,
        build=build,
        models=(MODEL,),
    )
