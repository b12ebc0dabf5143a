"""Labels an image with the category for which it was found; if asked, tells how well it agrees with that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.agreement import MODELS, Agreement, score_of
from pixcrawler_core.classifier import MODEL
from pixcrawler_core.components import Labeler, LabelImage, Models
from pixcrawler_core.image import Image
from pixcrawler_core.labelling import label_name
from pixcrawler_core.models.manifest import signature
from pixcrawler_core.records import Label


class CategoryOptions(BaseModel):
    """Options of the labeler `category`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agreement: bool = Field(
        default=False,
        description="Score how well an image classifier agrees with the category, 0 to 1, where 0.5 is what"
        " a picture has by chance. Without it there is no score, and no model is needed.",
    )


def label(image: Image) -> Iterable[Label]:
    """One label, the candidate's category; none for a file that was not crawled."""
    name = label_name(image.candidate.category) if image.candidate else None
    return [Label(name=name)] if name else []


def weighed(agreement: Agreement, image: Image) -> Iterable[Label]:
    """The same label with its score, and what the image `shows`; no score where no class can tell."""
    labels = label(image)
    return [_weighed(each, agreement, image) for each in labels]


def _weighed(unweighed: Label, agreement: Agreement, image: Image) -> Label:
    measures = agreement.measure(image)
    score = score_of(measures)
    if score is None:
        return unweighed
    shows = {"shows": measures["shows"]}
    return Label(name=unweighed.name, score=score, model=signature(MODEL), attributes=shows)


def build(options: CategoryOptions, models: Models) -> LabelImage:
    """The labeler; it asks for models only if its options do."""
    return partial(weighed, Agreement.build(models)) if options.agreement else label


def needs(options: CategoryOptions) -> Iterable[str]:
    """The models that it asks for."""
    return MODELS if options.agreement else ()


@hookimpl
def register_labelers() -> Iterator[Labeler]:
    """The labeler `category`."""
    yield Labeler(
        name="category",
        summary="the category for which it was found",
        options=CategoryOptions,
        build=build,
        models=MODELS,
        needs=needs,
    )
