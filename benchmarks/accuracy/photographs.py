"""The photographs that are degraded: the examples of the repository, and those listed in photographs.csv.

The list was made by looking at every picture of the collections: no drawings, no scans, no near copies.
Some are soft, hazy or dark by intention, and count as good.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from accuracy.degradations import Picture
from corpora import fetched, listed
from pictures import PHOTOGRAPHS
from PIL import Image as Pillow
from PIL import ImageOps

HERE = Path(__file__).resolve().parent
SIDE = 768
"""Pixels of the shorter side above which a photograph is reduced before it is degraded."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """A file, and a name for it that is the same on every machine."""

    name: str
    path: Path

    def picture(self) -> Picture:
        """Its pixels in RGB, upright, at most `SIDE` on the shorter side."""
        with Pillow.open(self.path) as file:
            file.draft("RGB", (SIDE, SIDE))
            upright = ImageOps.exif_transpose(file).convert("RGB")
        scale = SIDE / min(upright.size)
        if scale < 1:
            size = (round(upright.width * scale), round(upright.height * scale))
            upright = upright.resize(size, Pillow.Resampling.LANCZOS)
        return np.asarray(upright)


def photographs(count: int | None = None) -> list[Photograph]:
    """All photographs, or `count` of them taken evenly."""
    found = [*_examples(), *_listed()]
    if count is None or count >= len(found):
        return found
    return [found[number * len(found) // count] for number in range(count)]


def _examples() -> Iterator[Photograph]:
    for path in sorted(PHOTOGRAPHS.glob("*/*.jpg")):
        yield Photograph(f"examples/{path.relative_to(PHOTOGRAPHS)}", path)


def _listed() -> Iterator[Photograph]:
    corpora = listed()
    with (HERE / "photographs.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            path = fetched(corpora[row["collection"]]) / row["file"]
            yield Photograph(f"{row['collection']}/{row['file']}", path)
