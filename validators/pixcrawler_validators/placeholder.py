"""Rejects pictures that stand in for one that is missing: of one colour, or known ones."""

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
from pixcrawler_validators.known_pictures import Known, KnownPictures, read_known

NEAR = 4
"""Levels of grey within which pixels count as of one colour: the noise of a JPEG in a plain area."""


class PlaceholderOptions(BaseModel):
    """Which pictures say that there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Least share of the picture that differs from its commonest grey; 0 lets plain pictures"
        " pass.",
    )
    known: Known = Field(
        default=(),
        description="Known place-holders: SHA-256 digests of files and perceptual hashes, in a list or in a"
        " file with one in each line.",
    )
    radius: int = Field(
        default=4,
        ge=0,
        le=16,
        description="Bits of 64 by which a perceptual hash may differ from a known one.",
    )


def measured(options: PlaceholderOptions, image: Image) -> dict[str, Any]:
    """`varied`: share of pixels, 0 to 1, whose grey is not near the commonest; hashes if any are known."""
    levels = image.view.histogram()
    commonest = max(range(256), key=levels.__getitem__)
    near = sum(levels[max(0, commonest - NEAR) : commonest + NEAR + 1])
    found: dict[str, Any] = {"varied": round(1 - near / sum(levels), 4)}
    return found | ({"sha256": image.sha256, "phash": image.phash} if options.known else {})


def judged(options: PlaceholderOptions, known: KnownPictures, measures: Mapping[str, Any]) -> Verdict:
    """Reasons `placeholder` for a known one, `single-colour`."""
    score, threshold = measures["varied"], options.threshold
    told = _known(options, known, measures)
    if told:
        return Verdict(reason="placeholder", detail=told, score=0.0, threshold=threshold)
    if score >= threshold:
        return Verdict(score=score, threshold=threshold)
    detail = f"all but {score:.2%} of the picture is of one shade, and {threshold:.2%} must differ"
    return Verdict(reason="single-colour", detail=detail, score=score, threshold=threshold)


def _known(options: PlaceholderOptions, known: KnownPictures, measures: Mapping[str, Any]) -> str | None:
    if measures.get("sha256") in known.digests:
        return "the file is a known place-holder"
    distance = known.distance(measures["phash"]) if "phash" in measures else None
    if distance is None or distance > options.radius:
        return None
    return f"the picture differs in {distance} of 64 bits from a known place-holder"


def build(options: PlaceholderOptions) -> Check:
    """The check with its options."""
    known = read_known(options.known)
    return PlainCheck(measured=partial(measured, options), judged=partial(judged, options, known))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `placeholder`."""
    yield Validator(
        name="placeholder",
        summary="pictures of one colour, and known place-holders",
        tier=Tier.FAST,
        order=920,
        options=PlaceholderOptions,
        build=build,
        measured_by=("known",),
    )
