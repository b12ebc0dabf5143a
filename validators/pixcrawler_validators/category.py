"""Rejects images that evidently show something else than their category.

How well an image agrees with its category is measured by `pixcrawler_core.agreement`. Where no class of the
image classifier can tell, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.agreement import MODELS, Agreement, score_of
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Models, Tier, Validator
from pixcrawler_core.records import Verdict


class CategoryOptions(BaseModel):
    """Options of the check `category`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Least score, where 0.5 is what a picture has by chance. 0.2 rejects when the category's"
        " classes are less than a quarter as probable as by chance; 0 only measures.",
    )


def judge(options: CategoryOptions, measures: Measures) -> Verdict:
    """The reason `off-category`; no score for an image without category, and where no class can tell."""
    score = score_of(measures)
    if score is None:
        return Verdict()
    if score >= options.threshold:
        return Verdict(score=score, threshold=options.threshold)
    detail = (
        f"it shows rather {', '.join(measures['shows'])} than {measures['subject']!r}:"
        f" the score {score:.3f} is below {options.threshold:g}"
    )
    return Verdict(reason="off-category", detail=detail, score=score, threshold=options.threshold)


def build(options: CategoryOptions, models: Models) -> Check:
    """The check with its models."""
    return PlainCheck(measured=Agreement.build(models).measure, judged=partial(judge, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `category`."""
    yield Validator(
        name="category",
        summary="whether the image shows its category",
        tier=Tier.SLOW,
        order=100,
        options=CategoryOptions,
        build=build,
        models=MODELS,
        contextual=True,
    )
