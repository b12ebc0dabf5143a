"""Rejects what is very likely not safe for work, by Yahoo's Open NSFW."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, ScoreCheck
from pixcrawler_core.components import Check, Models, Tier, Validator
from pixcrawler_core.detectors.nsfw import MODEL, find_nsfw


class SafetyOptions(BaseModel):
    """How safe a picture has to be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Least score: one minus the probability that a picture is not safe for work.",
    )


def score(measures: Measures) -> float:
    """One minus the model's probability."""
    return 1 - float(measures["nsfw"])


def told(measures: Measures) -> str:
    """The probability in words."""
    return f"the model says not safe for work with {measures['nsfw']:.2f}"


def build(options: SafetyOptions, models: Models) -> Check:
    """The check with its options."""
    session = models.session(MODEL)
    return ScoreCheck(
        measured=lambda image: {"nsfw": find_nsfw(image, session)},
        scored=score,
        reason="nsfw",
        told=told,
        threshold=options.threshold,
    )


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `safety`."""
    yield Validator(
        name="safety",
        summary="nudity and the like",
        tier=Tier.SLOW,
        order=300,
        options=SafetyOptions,
        build=build,
        models=(MODEL,),
    )
