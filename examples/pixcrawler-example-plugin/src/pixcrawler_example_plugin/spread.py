"""Rejects pictures whose greys hardly spread: blank pages, fog, covered lenses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PIL import ImageStat
from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, ScoreCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image

GREATEST = 127.5
"""Standard deviation of a picture that is half black and half white."""


class SpreadOptions(BaseModel):
    """The threshold; the measured value is kept with the image whatever it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    least: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Least spread; 0 is one even grey, 1 is half black and half white.",
    )


def measure(image: Image) -> dict[str, Any]:
    """`spread`: the standard deviation of the view, as a share of `GREATEST`."""
    return {"spread": min(1.0, ImageStat.Stat(image.view).stddev[0] / GREATEST)}


def told(measures: Measures) -> str:
    """The figures of a rejection."""
    return f"the spread is {measures['spread']:.3f}"


def build(options: SpreadOptions) -> Check:
    """The check with its options."""
    return ScoreCheck(
        measured=measure,
        scored=lambda measures: measures["spread"],
        reason="little-spread",
        told=told,
        threshold=options.least,
    )


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `spread`."""
    yield Validator(
        name="spread",
        summary="difference between dark and light",
        tier=Tier.MEDIUM,
        options=SpreadOptions,
        build=build,
    )
