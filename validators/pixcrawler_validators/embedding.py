"""Measures an image's embedding, by which alike images can be found. It rejects nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.classifier import MODEL, classify
from pixcrawler_core.components import Check, Models, Tier, Validator
from pixcrawler_core.detectors.found import Session
from pixcrawler_core.embeddings import encode_embedding
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict


def measure(session: Session, image: Image) -> Measures:
    """The measure `embedding`: 1280 numbers of length 1; `decode_embedding` reads them."""
    return {"embedding": encode_embedding(classify(image, session).embedding)}


def build(_options: None, models: Models) -> Check:
    """The check with its model."""
    return PlainCheck(measured=partial(measure, models.session(MODEL)), judged=lambda _measures: Verdict())


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `embedding`."""
    yield Validator(
        name="embedding",
        summary="the embedding that alike images share",
        tier=Tier.SLOW,
        order=120,
        build=build,
        models=(MODEL,),
    )
