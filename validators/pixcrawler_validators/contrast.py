"""Rejects pictures whose lightest and darkest parts hardly differ: haze, washed-out scans, blank pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import ScoreCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_validators.tones import percentile

ENDS = 0.01
"""Share of the pixels at either end that is passed over."""
LEVELS = np.arange(256)


class ContrastOptions(BaseModel):
    """How little contrast is too little."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Least distance between the 1st and the 99th percentile of the grey levels, as a share of"
        " 255; 0.2 is 51 levels; 0 lets every picture pass.",
    )


def measured(image: Image) -> dict[str, Any]:
    """`low` and `high`: 1st and 99th percentile of the grey levels; `deviation`: their standard deviation."""
    counts = image.levels
    shares = counts / counts.sum()
    deviation = float(np.sqrt((LEVELS - shares @ LEVELS) ** 2 @ shares))
    return {
        "low": percentile(counts, ENDS),
        "high": percentile(counts, 1 - ENDS),
        "deviation": round(deviation, 2),
    }


def build(options: ContrastOptions) -> Check:
    """The check with its options."""
    return ScoreCheck(
        measured=measured,
        scored=lambda measures: (measures["high"] - measures["low"]) / 255,
        reason="low-contrast",
        told=lambda measures: f"the grey levels span {measures['low']} to {measures['high']} of 0 to 255",
        threshold=options.threshold,
    )


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `contrast`."""
    yield Validator(
        name="contrast",
        summary="span from the darkest to the lightest parts",
        tier=Tier.MEDIUM,
        order=130,
        options=ContrastOptions,
        build=build,
    )
