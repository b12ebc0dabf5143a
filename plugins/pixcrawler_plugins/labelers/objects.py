"""Labels the objects of 80 kinds in an image, persons among them, each with its box."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Labeler, LabelImage, Models
from pixcrawler_core.detectors.found import Session
from pixcrawler_core.detectors.nanodet import FLOOR, MODEL, find_objects
from pixcrawler_core.image import Image
from pixcrawler_core.models.manifest import signature
from pixcrawler_core.records import Label


class ObjectsOptions(BaseModel):
    """Options of the labeler `objects`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_score: float = Field(
        default=0.5,
        ge=FLOOR,
        le=1,
        description="How sure the model must be, from 0.2 to 1, for an object to be told.",
    )


def label(min_score: float, session: Session, image: Image) -> Iterable[Label]:
    """A label with score and box for each object, the surest first."""
    return [
        Label(name=each.name, score=each.score, box=each.box, model=signature(MODEL))
        for each in find_objects(image, session)
        if each.score >= min_score
    ]


def build(options: ObjectsOptions, models: Models) -> LabelImage:
    """The labeler with its model."""
    return partial(label, options.min_score, models.session(MODEL))


@hookimpl
def register_labelers() -> Iterator[Labeler]:
    """The labeler `objects`."""
    yield Labeler(
        name="objects",
        summary="objects of 80 kinds and persons, with boxes",
        options=ObjectsOptions,
        build=build,
        models=(MODEL,),
    )
