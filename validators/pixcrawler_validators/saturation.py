"""Measures how colourful a picture is, tells greyscale from colour, and can reject either."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image, Pixels
from pixcrawler_core.records import Verdict
from pixcrawler_validators.tones import chroma, few, percentile

EXTREME = 109.0
"""Colourfulness that Hasler and Süsstrunk's observers called extreme."""
COLOURED = 0.99
"""Share of the pixels that must be grey in a grey picture."""


class SaturationOptions(BaseModel):
    """What to do with grey, coloured and pale pictures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: Literal["any", "reject-grey", "only-grey"] = Field(
        default="any",
        description="Take pictures of `any` kind, `reject-grey` ones, or take `only-grey` ones.",
    )
    tolerance: int = Field(
        default=12,
        ge=0,
        le=255,
        description="Levels by which red, green and blue may differ in 99 of 100 pixels of a grey picture;"
        " toned prints (sepia) are beyond the default.",
    )
    threshold: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Least colourfulness as a share of 109, which observers called extreme; 0 lets every"
        " picture pass.",
    )


def measured(image: Image) -> dict[str, Any]:
    """`colourfulness`: 0 grey, 15 slight, 33 moderate, 59 strong, 109 extreme; `chroma`: 99th percentile of
    the difference between the greatest and the least of red, green and blue, in levels of 0 to 255.
    """
    pixels = few(image.pixels)
    counts = cv2.calcHist([chroma(pixels)], [0], None, [256], [0, 256])
    return {
        "colourfulness": round(colourfulness(pixels), 2),
        "chroma": percentile(counts.ravel(), COLOURED),
    }


def colourfulness(pixels: Pixels) -> float:
    """Hasler and Süsstrunk's measure of an RGB picture, shape (height, width, 3).

    Source: D. Hasler, S. Süsstrunk, "Measuring colourfulness in natural images", SPIE 5007 (2003): spread and
    mean of the two opponent colours.
    """
    red, green, blue = (channel.astype(np.int16) for channel in cv2.split(pixels))
    opponents = cv2.merge([red - green, red + green - 2 * blue])  # the second one doubled
    means, deviations = (each.ravel() / (1, 2) for each in cv2.meanStdDev(opponents))
    return float(np.hypot(*deviations) + 0.3 * np.hypot(*means))


def judged(options: SaturationOptions, measures: Measures) -> Verdict:
    """Reasons `greyscale`, `coloured` and `low-saturation`."""
    score = min(1.0, measures["colourfulness"] / EXTREME)
    grey = measures["chroma"] <= options.tolerance
    verdict = partial(Verdict, score=score, threshold=options.threshold)
    spread = f"red, green and blue differ by {measures['chroma']} levels"
    if grey and options.policy == "reject-grey":
        return verdict(reason="greyscale", detail=f"{spread}, not more than {options.tolerance}")
    if not grey and options.policy == "only-grey":
        return verdict(reason="coloured", detail=f"{spread}, more than {options.tolerance}")
    if score >= options.threshold:
        return verdict()
    detail = f"the colourfulness is {measures['colourfulness']:.0f}: the score {score:.3f} is below"
    return verdict(reason="low-saturation", detail=f"{detail} {options.threshold:g}")


def build(options: SaturationOptions) -> Check:
    """The check with its options."""
    return PlainCheck(measured=measured, judged=partial(judged, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `saturation`."""
    yield Validator(
        name="saturation",
        summary="colourful, pale or grey",
        tier=Tier.MEDIUM,
        order=140,
        options=SaturationOptions,
        build=build,
    )
