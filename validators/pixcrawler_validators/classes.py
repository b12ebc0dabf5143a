"""Says what an image shows, in classes of ImageNet: things, animals and scenes. It rejects nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.classifier import MODEL, classify
from pixcrawler_core.components import Check, Models, Tier, Validator
from pixcrawler_core.detectors.found import Session
from pixcrawler_core.image import Image
from pixcrawler_core.imagenet import CLASSES, WORDNET, Guess, ImageNet, imagenet
from pixcrawler_core.records import Verdict

MOST = 5
"""Classes that are told."""
LEAST_SCENE = 0.05
"""Probability from which a scene is told."""
DIGITS = 4

SCENES = frozenset(
    [
        *("alp", "cliff", "coral reef", "geyser", "lakeside", "promontory", "sandbar", "seashore", "valley"),
        *(
            "volcano",
            "barn",
            "beacon",
            "boathouse",
            "breakwater",
            "castle",
            "church",
            "cliff dwelling",
            "dam",
        ),
        *("dock", "dome", "fountain", "greenhouse", "lumbermill", "megalith", "mobile home", "monastery"),
        *("mosque", "obelisk", "palace", "patio", "pier", "planetarium", "prison", "steel arch bridge"),
        *("stone wall", "stupa", "suspension bridge", "triumphal arch", "viaduct", "water tower", "yurt"),
        *("bakery", "barbershop", "bookshop", "butcher shop", "cinema", "confectionery", "grocery store"),
        *("home theater", "library", "restaurant", "shoe shop", "tobacco shop", "toyshop"),
    ]
)
"""Classes that are places: landscapes, buildings, interiors."""


def measure(known: ImageNet, session: Session, image: Image) -> Measures:
    """`classes`: the five most probable; `scenes`: the places among all that are not quite improbable."""
    probabilities = classify(image, session).probabilities
    ranked = known.guesses(probabilities, len(known.names))
    scenes = (guess for guess in ranked if guess.probability >= LEAST_SCENE and guess.name in SCENES)
    return {"classes": [_told(guess) for guess in ranked[:MOST]], "scenes": [_told(each) for each in scenes]}


def _told(guess: Guess) -> dict[str, Any]:
    return {**guess._asdict(), "probability": round(guess.probability, DIGITS)}


def build(_options: None, models: Models) -> Check:
    """The check with its model."""
    known = imagenet(models.path(CLASSES), models.path(WORDNET))
    return PlainCheck(
        measured=partial(measure, known, models.session(MODEL)), judged=lambda _measures: Verdict()
    )


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `classes`."""
    yield Validator(
        name="classes",
        summary="objects and scenes, as classes of ImageNet",
        tier=Tier.SLOW,
        order=110,
        build=build,
        models=(MODEL, CLASSES, WORDNET),
    )
