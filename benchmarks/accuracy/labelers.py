"""What labelers say, beside lists that were made by looking: classes, faces, persons, quality.

`python -m accuracy.labelers`. Classes are counted for the stamps of stamps.csv, and for the photographs of
this repository, whose names WordNet knows and ImageNet has a class for: a class is right that is what the
name says, a kind of it, or what it is a kind of. Faces and persons are those of pictures.csv; what counts is
said at the head of `accuracy.labels`. Quality is told of photographs and of what they are when spoilt.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from accuracy.degradations import DEGRADATIONS
from accuracy.labels import opened, rows, truth
from accuracy.photographs import photographs
from measure import table
from pictures import PHOTOGRAPHS

from pixcrawler_core.components import Labeler, LabelImage
from pixcrawler_core.image import Image
from pixcrawler_core.imagenet import CLASSES, WORDNET, ImageNet, imagenet
from pixcrawler_core.models import user_models
from pixcrawler_core.registry import Registry, load

PLACES = (1, 5)
"""Among how many of the first classes a right one counts."""
STRENGTHS = (2, 3, 4, 5)
"""Strengths of degradation of which quality is told."""
GRADES = ("high quality", "medium quality", "low quality")
COUNTED = {"faces": ("faces", "face"), "persons": ("objects", "person")}
"""Columns of pictures.csv: the labeler, and its label that is counted."""


def right_ones(known: ImageNet, name: str) -> set[str]:
    """The ids of the classes that are what a name says, a kind of it, or that it is a kind of."""
    senses = known.words.synsets(name)
    return {known.id(each) for sense in senses for each in (*known.kinds(sense), *known.above(sense))}


def named() -> Iterator[tuple[str, str, Image]]:
    """Collection, name and image of each stamp and of each photograph of the repository."""
    for row in rows("stamps.csv"):
        yield "stamps", row["name"], opened(row, "tuxpaint-stamps")
    for path in sorted(PHOTOGRAPHS.glob("*/*.jpg")):
        yield "photographs", path.stem.replace("-", " "), Image.open(path)


def print_classes(label: LabelImage, known: ImageNet) -> None:
    """Of how many pictures a right class is the first, or among the first five."""
    all_of, judged, right = Counter[str](), Counter[str](), Counter[tuple[str, int]]()
    for collection, name, image in named():
        all_of[collection] += 1
        if not (fitting := right_ones(known, name)):
            continue
        judged[collection] += 1
        said = [each.attributes["wordnet"] for each in label(image)]
        right.update((collection, place) for place in PLACES if fitting & set(said[:place]))
    lines = [
        [each, str(all_of[each]), str(judged[each]), *(_share(right[each, n], judged[each]) for n in PLACES)]
        for each in judged
    ]
    head = ["imagenet", "pictures", "with a class", *(f"right among the first {n}" for n in PLACES)]
    print(table(head, lines), end="\n\n")


def print_counts(registry: Registry) -> None:
    """Pictures in which as many faces and persons are labelled as there are."""
    lines = []
    for column, (labeler, name) in COUNTED.items():
        label = registry.build(Labeler, labeler)
        right: list[bool] = []
        for row in rows("pictures.csv"):
            if said := truth(row[column]):
                found = [each.name for each in label(opened(row, row["collection"]))]
                right.append(said.holds(found.count(name)))
        lines.append([f"{labeler}: `{name}`", _share(sum(right), len(right))])
    print(table(["labels", "number right"], lines), end="\n\n")


def print_quality(label: LabelImage, count: int) -> None:
    """The shares of photographs, and of spoilt ones, with each label of quality."""
    found: dict[str, Counter[str]] = {"photographs": Counter()}
    with TemporaryDirectory() as scratch:
        for photograph in photographs(count):
            picture = photograph.picture()
            found["photographs"].update(graded(label, DEGRADATIONS[0].clean(picture), Path(scratch)))
            for way in DEGRADATIONS:
                for strength in STRENGTHS:
                    file = way.made(picture, strength, photograph.name)
                    kind = f"spoilt in {len(DEGRADATIONS)} ways, strength {strength}"
                    found.setdefault(kind, Counter()).update(graded(label, file, Path(scratch)))
    lines = [[kind, *(_share(told[each], told.total()) for each in GRADES)] for kind, told in found.items()]
    print(table(["quality", *(each.removesuffix(" quality") for each in GRADES)], lines), end="\n\n")


def graded(label: LabelImage, file: bytes, folder: Path) -> Iterable[str]:
    """The label of a picture of these bytes."""
    path = folder / "picture"
    path.write_bytes(file)
    return [each.name for each in label(Image.open(path))]


def _share(some: int, of: int) -> str:
    return f"{some} of {of} ({some / of:.0%})"


def main() -> None:
    """Read the command line, ask the labelers, print the report."""
    parser = argparse.ArgumentParser(description="Compare labels with hand-checked lists.")
    parser.add_argument("--count", type=int, default=50, help="photographs to be spoilt (default: 50)")
    options = parser.parse_args()
    registry, models = load(installed=False), user_models()
    every: dict[str, Any] = {"most": max(PLACES), "min_score": 0.0}
    known = imagenet(models.path(CLASSES), models.path(WORDNET))
    print_classes(registry.build(Labeler, "imagenet", every), known)
    print_counts(registry)
    print_quality(registry.build(Labeler, "quality"), options.count)


if __name__ == "__main__":
    main()
