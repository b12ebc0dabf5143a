"""Finds objects of 80 kinds, persons among them; rejects pictures by what is in them where a job says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.checks import Measures, PlainCheck
from pixcrawler_core.components import Check, Models, Tier, Validator
from pixcrawler_core.detectors.coco import NAMES, PERSON, kind_of
from pixcrawler_core.detectors.found import Session
from pixcrawler_core.detectors.nanodet import FLOOR, MODEL, find_objects
from pixcrawler_core.image import Image
from pixcrawler_core.records import Candidate, Verdict


class ObjectsOptions(BaseModel):
    """What counts as seen, and what has to be or must not be seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_score: float = Field(
        default=0.5,
        ge=FLOOR,
        le=1,
        description="How sure the model must be, from 0.2 to 1, for an object to count.",
    )
    require: tuple[str, ...] = Field(
        default=(),
        description="Kinds of objects that a picture must all show, such as `person` or `bicycle`.",
    )
    forbid: tuple[str, ...] = Field(
        default=(), description="Kinds of objects of which a picture must show none."
    )
    threshold: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Least score, where the category is one of the 80 kinds or a word for people.",
    )

    @field_validator("require", "forbid")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_known(name) for name in names)


def _known(words: str) -> str:
    name = kind_of(words)
    if name is None:
        near = ", ".join(get_close_matches(words.casefold(), NAMES, n=3)) or ", ".join(NAMES)
        raise ValueError(f"no kind of object is called {words!r}; there is {near}")
    return name


def asked_for(candidate: Candidate | None) -> str | None:
    """The kind of object that the category of a candidate names, or else its query, or None."""
    if candidate is None:
        return None
    return kind_of(candidate.category) or kind_of(candidate.query)


def measure(min_score: float, session: Session, image: Image) -> dict[str, Any]:
    """`objects` with name, score and box; `counts` by name, and `persons`.

    Where the image was found for one of the kinds, `asked` names it and `seen` is the best score it got,
    also below `min_score`; 0 for none.
    """
    everything = find_objects(image, session)
    sure = [each for each in everything if each.score >= min_score]
    counts = Counter(each.name for each in sure)
    measures: dict[str, Any] = {
        "persons": counts[PERSON],
        "counts": dict(sorted(counts.items())),
        "objects": [{"name": each.name, "score": each.score, "box": list(each.box)} for each in sure],
    }
    asked = asked_for(image.candidate)
    if asked is None:
        return measures
    seen = max((each.score for each in everything if each.name == asked), default=0.0)
    return {**measures, "asked": asked, "seen": seen}


def judge(options: ObjectsOptions, measures: Measures) -> Verdict:
    """Reasons `forbidden-object` and `missing-object`; the score says how surely what is asked is seen."""
    counts, score = measures["counts"], measures.get("seen")
    threshold = None if score is None else options.threshold
    refused = partial(Verdict, score=score, threshold=threshold)
    for name in options.forbid:
        if name in counts:
            return refused(reason="forbidden-object", detail=f"seen, and not wanted: {counts[name]} x {name}")
    missing = [name for name in options.require if name not in counts]
    if missing:
        return refused(reason="missing-object", detail=f"not seen: {', '.join(missing)}")
    if score is not None and score < options.threshold:
        detail = f"{measures['asked']} is seen with {score:.2f}, less than {options.threshold:g}"
        return refused(reason="missing-object", detail=detail)
    return Verdict(score=score, threshold=threshold)


def build(options: ObjectsOptions, models: Models) -> Check:
    """The check with its options."""
    measured = partial(measure, options.min_score, models.session(MODEL))
    return PlainCheck(measured=measured, judged=partial(judge, options))


@hookimpl
def register_validators() -> Iterator[Validator]:
    """The check `objects`."""
    yield Validator(
        name="objects",
        summary="objects of 80 kinds and persons: how many, and where",
        tier=Tier.SLOW,
        order=400,
        options=ObjectsOptions,
        build=build,
        measured_by=("min_score",),
        contextual=True,
        models=(MODEL,),
    )
