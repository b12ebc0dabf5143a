"""Rejects pictures that are too dark or too light, judged by brightness, extremes and clipped areas."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image, Pixels
from pixcrawler_core.records import Verdict
from pixcrawler_validators.tones import Counts, percentile

ENDS = 0.01
"""Share of the pixels that the darkest and the lightest parts are."""
BLACK, WHITE = 6, 240
"""Levels below and from which pixels count as clipped."""
PURE = 250
"""Level from which a white backdrop is white."""
FRAME = 0.02
"""Depth of the frame that is looked at for a backdrop, as a share of the shorter side."""
AROUND = 0.9
"""Share of the frame that must be white, or black, for a backdrop."""
THING = 0.02
"""Share of the picture that must be before a backdrop; of less, the whole picture is judged."""
PART = 0.25
"""Weight of the lightest or darkest parts; the mean has the rest."""
BLOWN = 0.8
"""Weight of the white share."""
ENOUGH = 140.0
"""Levels of brightness, and of darkness, that have the full score."""
LEVELS = np.arange(256)


class ExposureOptions(BaseModel):
    """How dark or light is too much."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="Least score for brightness and for darkness; 0 lets every picture pass.",
    )


def measured(image: Image) -> dict[str, Any]:
    """`mean`, `low` and `high`: mean, 1st and 99th percentile of the grey levels; `black` and `white`: shares
    that are clipped; `backdrop`: `white`, `black` or `none`. A backdrop does not count in the others.
    """
    counts = image.levels.copy()
    backdrop = _backdrop(image.grey, counts)
    counts[_of(backdrop)] = 0
    total = counts.sum()
    return {
        "mean": round(float(counts @ LEVELS / total), 2),
        "low": percentile(counts, ENDS),
        "high": percentile(counts, 1 - ENDS),
        "black": round(float(counts[:BLACK].sum() / total), 4),
        "white": round(float(counts[WHITE:].sum() / total), 4),
        "backdrop": backdrop,
    }


def _of(backdrop: str) -> slice:
    """The levels that belong to a backdrop."""
    return {"white": slice(PURE, 256), "black": slice(0, BLACK)}.get(backdrop, slice(0, 0))


def _backdrop(grey: Pixels, counts: Counts) -> str:
    """The colour all round the picture, if it is white or black and something is before it."""
    depth = max(1, round(min(grey.shape) * FRAME))
    sides = grey[:depth], grey[-depth:], grey[:, :depth].T, grey[:, -depth:].T
    frame = np.concatenate([side.ravel() for side in sides])
    if (frame >= PURE).mean() >= AROUND:
        found = "white"
    elif (frame < BLACK).mean() >= AROUND:
        found = "black"
    else:
        return "none"
    behind = counts[_of(found)].sum() / counts.sum()
    return found if behind <= 1 - THING else "none"


def judged(options: ExposureOptions, measures: Measures) -> Verdict:
    """Reasons `too-dark` and `too-light`; the score is the lower of two, each clipped to 0 to 1."""
    mean, low, high = measures["mean"], measures["low"], measures["high"]
    bright = ((1 - PART) * mean + PART * high) / ENOUGH
    dark = (255 * (1 - BLOWN * measures["white"]) - (1 - PART) * mean - PART * low) / ENOUGH
    score = float(np.clip(min(bright, dark), 0, 1))
    if score >= options.threshold:
        return Verdict(score=score, threshold=options.threshold)
    figures = (
        f"the mean is {mean:.0f} and the lightest hundredth {high}"
        if bright < dark
        else f"the mean is {mean:.0f}, the darkest hundredth {low}, and {measures['white']:.0%} are white"
    )
    return Verdict(
        reason="too-dark" if bright < dark else "too-light",
        detail=f"{figures}: the score {score:.3f} is below {options.threshold:g}",
        score=score,
        threshold=options.threshold,
    )


def build(options: ExposureOptions) -> Check:
    """The check with its options."""
    return PlainCheck(measured=measured, judged=partial(judged, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `exposure`."""
    yield Validator(
        name="exposure",
        summary="too dark or too light",
        tier=Tier.MEDIUM,
        order=120,
        options=ExposureOptions,
        build=build,
    )
