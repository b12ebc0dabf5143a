"""Labels the faces in an image, each with its box; it does not say whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Labeler, LabelImage, Models
from pixcrawler_core.detectors.centerface import FLOOR, MODEL, find_faces
from pixcrawler_core.detectors.found import Session
from pixcrawler_core.image import Image
from pixcrawler_core.models.manifest import signature
from pixcrawler_core.records import Label


class FacesOptions(BaseModel):
    """Options of the labeler `faces`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_score: float = Field(
        default=0.55,
        ge=FLOOR,
        le=1,
        description="How sure the model must be, from 0.2 to 1, for a face to be told.",
    )


def label(min_score: float, session: Session, image: Image) -> Iterable[Label]:
    """A label `face` with score and box for each face, the surest first."""
    return [
        Label(name=each.name, score=each.score, box=each.box, model=signature(MODEL))
        for each in find_faces(image, session)
        if each.score >= min_score
    ]


def build(options: FacesOptions, models: Models) -> LabelImage:
    """The labeler with its model."""
    return partial(label, options.min_score, models.session(MODEL))


@hookimpl
def register_labelers() -> Iterator[Labeler]:
    """The labeler `faces`."""
    yield Labeler(
        name="faces", summary="faces, with boxes", options=FacesOptions, build=build, models=(MODEL,)
    )
