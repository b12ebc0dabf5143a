"""Labels an image with what its source says of it: the title, or else the alt text, and the tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Labeler, LabelImage
from pixcrawler_core.image import Image
from pixcrawler_core.labelling import LONGEST, label_name
from pixcrawler_core.records import Candidate, Label
from pixcrawler_core.words import shortened
from pixcrawler_plugins.labelers import titles


class TitleOptions(BaseModel):
    """Options of the labeler `title`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    most: int = Field(default=10, ge=0, le=1000, description="Most tags; 0 for none.")


def label(most: int, image: Image) -> Iterable[Label]:
    """One label for the title, one for each tag; `from` says which field it is from.

    None for a file that was not crawled, and for what is nothing but file names and boilerplate.
    """
    if image.candidate is None:
        return []
    said = [*_title(image.candidate), *(("tags", each) for each in titles.tags(image.candidate.tags, most))]
    names = [(field, label_name(shortened(text, LONGEST))) for field, text in said]
    return [Label(name=name, attributes={"from": field}) for field, name in names if name]


def _title(candidate: Candidate) -> Iterator[tuple[str, str]]:
    for field, text in (("title", candidate.title), ("alt", candidate.alt)):
        if told := titles.title(text, candidate.site):
            yield field, told
            return


def build(options: TitleOptions) -> LabelImage:
    """The labeler with its options."""
    return partial(label, options.most)


@hookimpl
def register_labelers() -> Iterator[Labeler]:
    """The labeler `title`."""
    yield Labeler(
        name="title", summary="title or alt text, and tags, cleaned", options=TitleOptions, build=build
    )
