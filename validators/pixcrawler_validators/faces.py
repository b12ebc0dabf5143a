"""Counts faces, and rejects pictures with faces where they are not wanted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Models, Tier, Validator
from pixcrawler_core.detectors.centerface import FLOOR, MODEL, find_faces
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict


class FacesOptions(BaseModel):
    """What counts as a face, and how many there may be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_score: float = Field(
        default=0.55,
        ge=FLOOR,
        le=1,
        description="How sure the model must be, from 0.2 to 1, for a face to count.",
    )
    forbid: bool = Field(default=False, description="Reject every picture with a face.")
    max_faces: int | None = Field(
        default=None, ge=0, description="Greatest number of faces; any number where it is not given."
    )


def judge(options: FacesOptions, measures: Measures) -> Verdict:
    """Reasons `face` and `too-many-faces`."""
    number = measures["faces"]
    told = "there is 1 face" if number == 1 else f"there are {number} faces"
    if options.forbid and number:
        return Verdict(reason="face", detail=f"{told}, and none is wanted")
    if options.max_faces is not None and number > options.max_faces:
        return Verdict(reason="too-many-faces", detail=f"{told}, more than {options.max_faces}")
    return Verdict()


def build(options: FacesOptions, models: Models) -> Check:
    """The check with its options."""
    session = models.session(MODEL)

    def measure(image: Image) -> dict[str, Any]:
        seen = [each for each in find_faces(image, session) if each.score >= options.min_score]
        return {"faces": len(seen), "boxes": [{"score": e.score, "box": list(e.box)} for e in seen]}

    return PlainCheck(measured=measure, judged=partial(judge, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `faces`."""
    yield Validator(
        name="faces",
        summary="how many faces there are, and where",
        tier=Tier.SLOW,
        order=500,
        options=FacesOptions,
        build=build,
        measured_by=("min_score",),
        models=(MODEL,),
    )
