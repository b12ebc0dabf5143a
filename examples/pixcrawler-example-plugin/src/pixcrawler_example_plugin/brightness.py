"""The labeler `brightness`: tells bright pictures from dark ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Self

from PIL import ImageStat
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Labeler, LabelImage
from pixcrawler_core.image import Image
from pixcrawler_core.records import Label


class BrightnessOptions(BaseModel):
    """Where dark ends and bright begins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dark: float = Field(
        default=0.35,
        gt=0,
        lt=1,
        description="Mean brightness up to which a picture is dark; 0 is black, 1 is white.",
    )
    bright: float = Field(
        default=0.65, gt=0, lt=1, description="Mean brightness from which a picture is bright."
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.dark >= self.bright:
            raise ValueError(f"dark ({self.dark:g}) must be below bright ({self.bright:g})")
        return self


def label(options: BrightnessOptions, image: Image) -> Iterator[Label]:
    """`dark` or `bright`, or nothing between; the score is 0 at the threshold, 1 for black or white."""
    brightness = ImageStat.Stat(image.view).mean[0] / 255
    if brightness <= options.dark:
        yield Label(name="dark", score=1 - brightness / options.dark)
    if brightness >= options.bright:
        yield Label(name="bright", score=(brightness - options.bright) / (1 - options.bright))


def build(options: BrightnessOptions) -> LabelImage:
    """The labeler with its options."""
    return partial(label, options)


@hookimpl
def register_labelers() -> Iterator[Labeler]:
    """The labeler `brightness`."""
    yield Labeler(
        name="brightness",
        summary="bright or dark",
        options=BrightnessOptions,
        build=build,
    )
