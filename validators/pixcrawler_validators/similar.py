"""Keeps out what looks like given pictures, by the distance between perceptual hashes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import PlainCheck
from pixcrawler_core.components import Check, Tier, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_validators.known_pictures import BITS, Known, KnownPictures, read_known


class SimilarOptions(BaseModel):
    """The pictures to keep out, and how like them a picture may be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    references: Known = Field(
        default=(),
        description="Perceptual hashes (and SHA-256 digests of files) of the pictures, in a list or in a file"
        " with one in each line.",
    )
    radius: int = Field(
        default=8,
        ge=0,
        le=24,
        description="Bits of 64 by which a picture's hash may differ from a reference and still be like it.",
    )


def measured(options: SimilarOptions, image: Image) -> dict[str, str]:
    """`phash` and `sha256` of the image, which are compared when it is judged; nothing without references."""
    return {"phash": image.phash, "sha256": image.sha256} if options.references else {}


def judged(options: SimilarOptions, references: KnownPictures, measures: Mapping[str, Any]) -> Verdict:
    """Reason `similar`. The score is the share of bits that differ from the nearest reference, 0 to 1."""
    threshold = (options.radius + 1) / BITS
    if not measures:
        return Verdict()
    if measures["sha256"] in references.digests:
        return Verdict(reason="similar", detail="the file is a reference", score=0.0, threshold=threshold)
    distance = references.distance(measures["phash"])
    if distance is None:
        return Verdict()
    score = distance / BITS
    if distance > options.radius:
        return Verdict(score=score, threshold=threshold)
    detail = f"{distance} of {BITS} bits differ from a reference, and {options.radius} are like it"
    return Verdict(reason="similar", detail=detail, score=score, threshold=threshold)


def build(options: SimilarOptions) -> Check:
    """The check with its options."""
    references = read_known(options.references)
    return PlainCheck(measured=partial(measured, options), judged=partial(judged, options, references))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `similar`."""
    yield Validator(
        name="similar",
        summary="likeness to given pictures",
        tier=Tier.MEDIUM,
        order=100,
        options=SimilarOptions,
        build=build,
        measured_by=("references",),
    )
