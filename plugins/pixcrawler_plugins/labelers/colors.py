"""Labels an image with the names of its dominant colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.colours import LEAST, MOST, shares_of_names
from pixcrawler_core.components import Labeler, LabelImage
from pixcrawler_core.image import Image
from pixcrawler_core.records import Label

DIGITS = 3


class ColorsOptions(BaseModel):
    """Options of the labeler `colors`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    most: int = Field(default=MOST, ge=1, le=MOST, description="Most names, those of the largest shares.")
    min_share: float = Field(
        default=0.05, ge=LEAST, le=1, description="Least share of the picture, 0 to 1, that has the colour."
    )


def label(options: ColorsOptions, image: Image) -> Iterable[Label]:
    """A label for each name, the largest share first; its score is the share."""
    told = [
        Label(name=name, score=round(share, DIGITS), attributes={"hex": shades})
        for name, (share, shades) in shares_of_names(image.pixels).items()
        if share >= options.min_share
    ]
    return told[: options.most]


def build(options: ColorsOptions) -> LabelImage:
    """The labeler with its options."""
    return partial(label, options)


@hookimpl
def register_labelers() -> Iterator[Labeler]:
    """The labeler `colors`."""
    yield Labeler(
        name="colors", summary="dominant colours, with their shares", options=ColorsOptions, build=build
    )
