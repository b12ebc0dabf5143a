"""Rejects images that evidently show something else than their category.

An image classifier knows the 1000 classes of ImageNet; `subjects` says which of them speak for a category.
The score compares how probable those are in this image with how probable they are by chance. Where no class
can tell, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.classifier import MODEL, classify
from pixcrawler_core.components import Check, Models, Tier, Validator
from pixcrawler_core.detectors.found import Session
from pixcrawler_core.image import Image
from pixcrawler_core.imagenet import CLASSES, WORDNET, imagenet
from pixcrawler_core.records import Candidate, Verdict
from pixcrawler_core.text_embedding import MODEL as TEXT_MODEL
from pixcrawler_core.text_embedding import TOKENIZER, TextEmbedder
from pixcrawler_validators.subjects import Subject, Subjects

MOST_TOLD = 3
"""Classes that a rejection names."""
DIGITS = 4


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


def subject_of(subjects: Subjects, candidate: Candidate | None) -> Subject | None:
    """What an image should show: its category, or its query where no class can tell of the category."""
    if candidate is None:
        return None
    found = None
    for words in (candidate.category, candidate.query):
        if words.strip():
            subject = subjects.find(words)
            if subject.evidence != "none":
                return subject
            found = found or subject
    return found


def measure(subjects: Subjects, session: Session, image: Image) -> Measures:
    """`subject`, the `evidence` for it, what the image `shows`; where a class can tell, the `lift`.

    The lift is 1 by chance: when the subject's classes are as probable as any others.
    """
    subject = subject_of(subjects, image.candidate)
    if subject is None:
        return {}
    told = {"subject": subject.name, "evidence": subject.evidence}
    if subject.weights is None:
        return told
    probabilities = classify(image, session).probabilities
    shows = [guess.name for guess in subjects.imagenet.guesses(probabilities, MOST_TOLD)]
    return {**told, "lift": float(f"{subject.lift(probabilities):.4g}"), "shows": shows}


def judge(options: CategoryOptions, measures: Measures) -> Verdict:
    """The reason `off-category`; no score for an image without category, and where no class can tell."""
    if "lift" not in measures:
        return Verdict()
    lift = measures["lift"]
    score = round(lift / (1 + lift), DIGITS)
    if score >= options.threshold:
        return Verdict(score=score, threshold=options.threshold)
    detail = (
        f"it shows rather {', '.join(measures['shows'])} than {measures['subject']!r}:"
        f" the score {score:.3f} is below {options.threshold:g}"
    )
    return Verdict(reason="off-category", detail=detail, score=score, threshold=options.threshold)


def build(options: CategoryOptions, models: Models) -> Check:
    """The check with its models; those for texts are read when a category needs them."""
    known = imagenet(models.path(CLASSES), models.path(WORDNET))
    subjects = Subjects(known, lambda: TextEmbedder(models.session(TEXT_MODEL), models.path(TOKENIZER)))
    return PlainCheck(
        measured=partial(measure, subjects, models.session(MODEL)), judged=partial(judge, options)
    )


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
        models=(MODEL, CLASSES, WORDNET, TEXT_MODEL, TOKENIZER),
        contextual=True,
    )
