"""Labels an image with what it shows, in classes of ImageNet: things, animals and scenes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.classifier import MODEL, classify
from pixcrawler_core.components import Labeler, LabelImage, Models
from pixcrawler_core.detectors.found import DIGITS, Session
from pixcrawler_core.image import Image
from pixcrawler_core.imagenet import CLASSES, WORDNET, ImageNet, imagenet
from pixcrawler_core.models.manifest import signature
from pixcrawler_core.records import Label


class ImageNetOptions(BaseModel):
    """Options of the labeler `imagenet`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    most: int = Field(default=5, ge=1, le=1000, description="Most classes, the most probable ones.")
    min_score: float = Field(
        default=0.05, ge=0, le=1, description="Least probability of a class, 0 to 1, to be told."
    )


def label(options: ImageNetOptions, known: ImageNet, session: Session, image: Image) -> Iterable[Label]:
    """A label for each class that is probable enough, the most probable first, with its probability."""
    for guess in known.guesses(classify(image, session).probabilities, options.most):
        score = round(guess.probability, DIGITS)
        if score < options.min_score:
            return
        told = {"wordnet": guess.id, "ancestors": known.ancestors(guess)}
        yield Label(name=guess.name, score=score, model=signature(MODEL), attributes=told)


def build(options: ImageNetOptions, models: Models) -> LabelImage:
    """The labeler with its model."""
    known = imagenet(models.path(CLASSES), models.path(WORDNET))
    return partial(label, options, known, models.session(MODEL))


@hookimpl
def register_labelers() -> Iterator[Labeler]:
    """The labeler `imagenet`."""
    yield Labeler(
        name="imagenet",
        summary="things, animals and scenes, as classes of ImageNet",
        options=ImageNetOptions,
        build=build,
        models=(MODEL, CLASSES, WORDNET),
    )
