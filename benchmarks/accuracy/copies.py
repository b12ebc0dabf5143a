"""The pictures among which duplicates are looked for: photographs, what the web makes of them, true copies.

copies.csv was made by looking at all pictures of five collections, and at every pair that some method found.
Those of one group and one variant are the same picture: a wallpaper in several sizes and crops, a part cut
out of a photograph, one that is also an example of this repository. The tall ones of MilkyWay and SafeLanding
were laid upon the wide ones: they are plain crops. Of one group but different variants are pictures of which
it can be doubted: a wallpaper by day and by night, or arranged anew for a telephone, and pictures that are
blank on white. Such pairs count neither as copies nor as wrong.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from accuracy.alterations import ALTERATIONS
from accuracy.photographs import HERE, Photograph, photographs
from corpora import fetched, listed

HALVES = {"the half tuned on": 0, "the other half": 1}
"""Every second picture, of the photographs and then of copies.csv; thresholds were chosen on the first."""
Pair = tuple[int, int]
"""Numbers of a picture that is looked up, and of the original that is found for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """A picture as it is."""

    photograph: Photograph
    group: str
    variant: str = ""
    half: int
    altered: bool
    """Whether versions of it are looked up."""

    def copies(self, other: Original) -> bool | None:
        """Whether both are the same picture; None where it can be doubted."""
        if self.group != other.group:
            return False
        return True if self.variant == other.variant else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """What an alteration made of an original."""

    path: Path
    source: int
    """Number of the original."""
    alteration: str


@dataclass(frozen=True, slots=True)
class Trial:
    """All pictures, numbered: the originals, then the versions; and what is true of them."""

    originals: Sequence[Original]
    versions: Sequence[Version]

    @property
    def paths(self) -> list[Path]:
        """The file of each picture."""
        return [*(each.photograph.path for each in self.originals), *(each.path for each in self.versions)]

    def source(self, number: int) -> int:
        """The number of the original behind a picture."""
        beyond = number - len(self.originals)
        return number if beyond < 0 else self.versions[beyond].source

    def half(self, number: int) -> int:
        """The half that a picture is in."""
        return self.originals[self.source(number)].half

    def right(self, pair: Pair) -> bool | None:
        """Whether both show the same picture; None where it can be doubted."""
        one, other = (self.originals[self.source(number)] for number in pair)
        return one.copies(other)

    def told(self, number: int) -> str:
        """A picture in words."""
        name = self.originals[self.source(number)].photograph.name
        beyond = number - len(self.originals)
        return name if beyond < 0 else f"{name} ({self.versions[beyond].alteration})"

    def true_copies(self) -> set[Pair]:
        """The pairs of originals that are the same picture."""
        numbers = range(len(self.originals))
        return {(one, other) for one in numbers for other in range(one) if self.right((one, other))}


def copies() -> dict[str, dict[str, str]]:
    """The rows of copies.csv by the name of the picture."""
    with (HERE / "copies.csv").open(newline="") as file:
        return {f"{row['collection']}/{row['file']}": row for row in csv.DictReader(file)}


def originals(count: int | None) -> list[Original]:
    """All photographs, or `count` of them taken evenly, and then the other pictures of copies.csv."""
    known, found = copies(), photographs()
    altered = {each.name for each in photographs(count)}
    left_out = {each.name for each in found} - altered
    corpora = listed()
    found += [
        Photograph(name, fetched(corpora[row["collection"]]) / row["file"])
        for name, row in known.items()
        if name not in altered | left_out
    ]
    return [
        Original(
            photograph=each,
            group=known.get(each.name, {}).get("group") or each.name,
            variant=known.get(each.name, {}).get("variant", ""),
            half=number % len(HALVES),
            altered=each.name in altered,
        )
        for number, each in enumerate(found)
        if each.name not in left_out
    ]


def versions(pictures: Sequence[Original], seed: int, folder: Path) -> Iterator[Version]:
    """Write each photograph in all alterations, the same for the same seed."""
    for source, original in enumerate(pictures):
        if not original.altered:
            continue
        picture = original.photograph.picture()
        for number, each in enumerate(ALTERATIONS):
            path = folder / f"{source:03}-{number:02}.jpg"
            path.write_bytes(each.made(picture, f"{seed}/{original.photograph.name}"))
            yield Version(path=path, source=source, alteration=each.name)
