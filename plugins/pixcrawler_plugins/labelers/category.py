"""Labels an image with the category for which it was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Labeler, LabelImage
from pixcrawler_core.image import Image
from pixcrawler_core.labelling import label_name
from pixcrawler_core.records import Label


def label(image: Image) -> Iterable[Label]:
    """One label, the candidate's category; none for a file that was not crawled."""
    name = label_name(image.candidate.category) if image.candidate else None
    return [Label(name=name)] if name else []


def build(_: None) -> LabelImage:
    """The labeler; it has no options."""
    return label


@hookimpl
def register_labelers() -> Iterator[Labeler]:
    """The labeler `category`."""
    yield Labeler(name="category", summary="the category for which it was found", build=build)
