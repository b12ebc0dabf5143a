"""Labels an image with its technical quality: `high quality`, `medium quality` or `low quality`.

Quality is what it is everywhere in PixCrawler, the mean of the scores of checks (`pixcrawler_core.quality`);
here of chosen ones, which are asked whatever the level of the job.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Check, Labeler, LabelImage, Models, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.quality import grade, quality
from pixcrawler_core.records import Label
from pixcrawler_core.registry import load

DIGITS = 3
MODELS = ("brisque", "niqe")
"""Checks that have models; they are called alike."""

Technical = Literal["blur", "noise", "exposure", "contrast", "compression", "brisque", "niqe"]


class QualityOptions(BaseModel):
    """Options of the labeler `quality`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    checks: tuple[Technical, ...] = Field(
        default=("blur", "noise", "exposure", "contrast", "compression", "brisque", "niqe"),
        min_length=1,
        description="Checks whose scores count. Without `brisque` and `niqe` no model is needed.",
    )


def label(checks: Mapping[str, Check], image: Image) -> Iterable[Label]:
    """One label with the quality as its score, and the `scores` of the checks; none if no check can tell."""
    verdicts = {name: check.judge(check.measure(image)) for name, check in checks.items()}
    score = quality(each.score for each in verdicts.values())
    if score is None:
        return []
    told = {name: round(each.score, DIGITS) for name, each in verdicts.items() if each.score is not None}
    return [Label(name=f"{grade(score)} quality", score=round(score, DIGITS), attributes={"scores": told})]


def needs(options: QualityOptions) -> Iterable[str]:
    """The models that it asks for."""
    return [name for name in MODELS if name in options.checks]


def build(options: QualityOptions, models: Models) -> LabelImage:
    """The labeler with its checks, which have their default options."""
    registry = load(installed=False)
    parts = [registry.get(Validator, name) for name in dict.fromkeys(options.checks)]
    return partial(label, {part.name: _check(part, models) for part in parts})


def _check(part: Validator, models: Models) -> Check:
    options: Any = part.options() if part.options else None
    return part.build(options, models) if part.models else part.build(options)


@hookimpl
def register_labelers() -> Iterator[Labeler]:
    """The labeler `quality`."""
    yield Labeler(
        name="quality",
        summary="high, medium or low technical quality",
        options=QualityOptions,
        build=build,
        models=MODELS,
        needs=needs,
    )
