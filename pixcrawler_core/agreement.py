"""How well an image agrees with what it was found for, by an image classifier.

The classifier knows the 1000 classes of ImageNet; `subjects` says which of them speak for a category. The
score compares how probable those are in this image with how probable they are by chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixcrawler_core.classifier import MODEL, classify
from pixcrawler_core.components import Models
from pixcrawler_core.detectors.found import Session
from pixcrawler_core.image import Image
from pixcrawler_core.imagenet import CLASSES, WORDNET, imagenet
from pixcrawler_core.records import Candidate
from pixcrawler_core.subjects import Subject, Subjects
from pixcrawler_core.text_embedding import MODEL as TEXT_MODEL
from pixcrawler_core.text_embedding import TOKENIZER, TextEmbedder

MODELS = (MODEL, CLASSES, WORDNET, TEXT_MODEL, TOKENIZER)
"""Models by which agreement is measured."""
MOST_TOLD = 3
"""Classes that are told of what an image shows."""
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Agreement:
    """Compares images with their categories. May be used by many threads."""

    subjects: Subjects
    session: Session

    @classmethod
    def build(cls, models: Models) -> Agreement:
        """With the models of MODELS; those for texts are read when a category needs them.

        Raises ModelMissing.
        """
        known = imagenet(models.path(CLASSES), models.path(WORDNET))
        subjects = Subjects(known, lambda: TextEmbedder(models.session(TEXT_MODEL), models.path(TOKENIZER)))
        return cls(subjects, models.session(MODEL))

    def measure(self, image: Image) -> Mapping[str, Any]:
        """`subject`, the `evidence` for it, what the image `shows`; where a class can tell, the `lift`.

        The lift is 1 by chance: when the subject's classes are as probable as any others.
        """
        subject = subject_of(self.subjects, image.candidate)
        if subject is None:
            return {}
        told = {"subject": subject.name, "evidence": subject.evidence}
        if subject.weights is None:
            return told
        probabilities = classify(image, self.session).probabilities
        shows = [guess.name for guess in self.subjects.imagenet.guesses(probabilities, MOST_TOLD)]
        return {**told, "lift": float(f"{subject.lift(probabilities):.4g}"), "shows": shows}


def score_of(measures: Mapping[str, Any]) -> float | None:
    """0 to 1, where 0.5 is what a picture has by chance; None where no class can tell."""
    if "lift" not in measures:
        return None
    lift: float = measures["lift"]
    return round(lift / (1 + lift), DIGITS)


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
