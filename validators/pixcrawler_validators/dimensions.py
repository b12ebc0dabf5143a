"""Rejects images that are too small, too large or too long for their width."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict


class DimensionsOptions(BaseModel):
    """Limits on the size in pixels, as a viewer shows the image (EXIF orientation applied)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_width: int = Field(
        default=200,
        ge=1,
        description="Least width in pixels. 200 leaves out icons and most thumbnails, and is close to the"
        " 224 that many networks take.",
    )
    min_height: int = Field(default=200, ge=1, description="Least height in pixels, for the same reason.")
    max_side: int = Field(default=20_000, ge=1, description="Greatest width or height in pixels.")
    min_aspect: float = Field(
        default=0.2, gt=0, allow_inf_nan=False, description="Least width divided by height; 0.2 is 1:5."
    )
    max_aspect: float = Field(
        default=5.0, gt=0, allow_inf_nan=False, description="Greatest width divided by height; 5 is 5:1."
    )
    max_pixels: int = Field(default=100_000_000, ge=1, description="Greatest width times height.")

    @model_validator(mode="after")
    def _in_order(self) -> DimensionsOptions:
        if max(self.min_width, self.min_height) > self.max_side:
            raise ValueError(f"min_width and min_height must not exceed max_side ({self.max_side})")
        if self.min_width * self.min_height > self.max_pixels:
            raise ValueError(f"min_width times min_height must not exceed max_pixels ({self.max_pixels})")
        if self.min_aspect > self.max_aspect:
            raise ValueError(f"min_aspect ({self.min_aspect}) must not exceed max_aspect ({self.max_aspect})")
        return self


def measure(image: Image) -> dict[str, Any]:
    """`width` and `height` in pixels as a viewer shows them, read from the header."""
    width, height = image.header.display_size
    return {"width": width, "height": height}


def judge(options: DimensionsOptions, measures: Measures) -> Verdict:
    """Reasons `too-small`, `too-large` and `bad-aspect`."""
    width, height = measures["width"], measures["height"]
    size = f"{width} x {height} pixels"
    if width < options.min_width or height < options.min_height:
        detail = f"{size} are less than {options.min_width} x {options.min_height}"
        return Verdict(reason="too-small", detail=detail)
    if max(width, height) > options.max_side:
        return Verdict(reason="too-large", detail=f"a side of {size} is longer than {options.max_side}")
    if width * height > options.max_pixels:
        return Verdict(reason="too-large", detail=f"{size} are more than {options.max_pixels} in all")
    aspect = width / height
    if not options.min_aspect <= aspect <= options.max_aspect:
        detail = (
            f"the aspect {aspect:.3g} of {size} is not in {options.min_aspect:g} to {options.max_aspect:g}"
        )
        return Verdict(reason="bad-aspect", detail=detail)
    return Verdict()


def build(options: DimensionsOptions) -> Check:
    """The check with its options."""
    return PlainCheck(measured=measure, judged=partial(judge, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `dimensions`."""
    yield Validator(
        name="dimensions",
        summary="width, height and aspect ratio",
        tier=Tier.FAST,
        order=300,
        options=DimensionsOptions,
        build=build,
    )
