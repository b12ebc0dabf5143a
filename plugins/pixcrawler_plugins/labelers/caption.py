"""Labels an image with a sentence that a template makes of its category, its colours and what is detected.

It is no model that describes pictures, and its labels say so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.colours import shares_of_names
from pixcrawler_core.components import Labeler, LabelImage, Models
from pixcrawler_core.detectors.coco import kind_of
from pixcrawler_core.detectors.found import Session
from pixcrawler_core.detectors.nanodet import FLOOR, MODEL, find_objects
from pixcrawler_core.image import Image
from pixcrawler_core.labelling import label_name
from pixcrawler_core.records import Candidate, Label
from pixcrawler_core.words import shortened
from pixcrawler_plugins.labelers.sentences import sentence

LONGEST = 60
"""Characters of a category that are told."""
COLOURS = 2
"""Colours that are told at most."""
SHARE = 0.2
"""Least share of the picture of a colour that is told."""
MOSTLY = 0.5
"""Least share of all that are told together."""


class CaptionOptions(BaseModel):
    """Options of the labeler `caption`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    medium: str = Field(
        default="photo",
        min_length=1,
        max_length=40,
        pattern=r"^\w+( \w+)*$",
        description="What the pictures are called: `photo`, `drawing`.",
    )
    objects: bool = Field(
        default=False, description="Look for objects of 80 kinds, and tell how many there are; needs a model."
    )
    min_score: float = Field(
        default=0.5,
        ge=FLOOR,
        le=1,
        description="How sure the model must be, from 0.2 to 1, for an object to be told.",
    )


@dataclass(frozen=True, slots=True)
class Captioner:
    """Makes the sentences. May be used by many threads."""

    options: CaptionOptions
    session: Session | None
    """Of the model that finds objects; None where none are looked for."""

    def __call__(self, image: Image) -> Iterable[Label]:
        """One label, the sentence; `from` says what it is made of. None where there is nothing to say."""
        category, counts = asked(image.candidate), self._counts(image)
        if category and kind_of(category) in counts:
            category = None
        colours = main_colours(image)
        used = {"category": category, "objects": counts, "colors": colours}
        told = {"made_by": "template", "from": [name for name, value in used.items() if value]}
        name = label_name(sentence(self.options.medium, category, counts, colours))
        return [Label(name=name, attributes=told)] if name and told["from"] else []

    def _counts(self, image: Image) -> Counter[str]:
        if self.session is None:
            return Counter()
        seen = find_objects(image, self.session)
        return Counter(each.name for each in seen if each.score >= self.options.min_score)


def asked(candidate: Candidate | None) -> str | None:
    """The category of a candidate in words, `red panda` for `red-panda`; None without one."""
    name = label_name(candidate.category) if candidate else None
    return shortened(" ".join(re.sub(r"[-_\s]+", " ", name).split()), LONGEST) or None if name else None


def main_colours(image: Image) -> list[str]:
    """Names of the colours that most of the picture has, the largest share first."""
    shares = shares_of_names(image.pixels)
    told = [name for name in shares if shares[name][0] >= SHARE][:COLOURS]
    return told if sum(shares[name][0] for name in told) >= MOSTLY else []


def build(options: CaptionOptions, models: Models) -> LabelImage:
    """The labeler; it asks for its model only if its options do."""
    return Captioner(options, models.session(MODEL) if options.objects else None)


def needs(options: CaptionOptions) -> Iterable[str]:
    """The models that it asks for."""
    return [MODEL] if options.objects else []


@hookimpl
def register_labelers() -> Iterator[Labeler]:
    """The labeler `caption`."""
    yield Labeler(
        name="caption",
        summary="a sentence made by a template of category, colours and objects",
        options=CaptionOptions,
        build=build,
        models=(MODEL,),
        needs=needs,
    )
