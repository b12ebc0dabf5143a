"""A small method and a folder of pictures, for tests of collections."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from pixcrawler_core.dedup.collection import Collection, Seen
from pixcrawler_core.dedup.exact import ExactIndex
from pixcrawler_core.dedup.methods import Method
from pixcrawler_core.dedup.protocols import Index
from pixcrawler_core.image import Image
from pixcrawler_core.records import Match, Pair


class Shades:
    """Recognises pictures by the first of their pixels; a match by it is not sure, and told by all pixels."""

    def __init__(self) -> None:
        self.looked: list[tuple[str, str]] = []

    def fingerprint(self, image: Image, /) -> Mapping[str, Any]:
        return {"shade": f"{int(image.pixels[0, 0, 0]):02x}"}

    def open(self, folder: Path, /) -> Index:
        return Doubtful(folder, lambda told: str(told["shade"]))

    def same(self, image: Image, other: Image, /) -> bool:
        self.looked.append((image.path.name, other.path.name))
        return bool((image.pixels == other.pixels).all())


class Doubtful(ExactIndex):
    """An exact index of which no match is sure."""

    def find(self, fingerprint: Mapping[str, Any], /) -> list[Match]:
        return [match._replace(sure=False) for match in super().find(fingerprint)]

    def pairs(self) -> Iterator[Pair]:
        return (pair._replace(sure=False) for pair in super().pairs())


class Bytes:
    """Recognises files by their bytes."""

    def fingerprint(self, image: Image, /) -> Mapping[str, Any]:
        return {"sha256": image.sha256}

    def open(self, folder: Path, /) -> Index:
        return ExactIndex(folder, lambda told: str(told["sha256"]))

    def same(self, image: Image, other: Image, /) -> bool:
        return image.sha256 == other.sha256


SHADES = Method(name="shades", matcher=Shades(), version="shades@1:0")
BYTES = Method(name="bytes", matcher=Bytes(), version="bytes@1:0")
BOTH = [BYTES, SHADES]


def picture(path: Path, shade: int, last: int = 0, size: tuple[int, int] = (8, 8)) -> Path:
    """Write a grey PNG, of which the last pixel is of another shade."""
    image = Pillow.new("L", size, shade)
    image.putpixel((size[0] - 1, size[1] - 1), last)
    image.save(path, "PNG")
    return path


def pictures(folder: Path, count: int) -> list[Path]:
    """So many pictures; every tenth one is a copy of the one before it."""
    folder.mkdir()
    return [
        picture(folder / f"{number:03}.png", (number - (number % 10 == 9)) % 250, number // 250)
        for number in range(count)
    ]


def files(folder: Path) -> list[Path]:
    """What is in a folder, by name."""
    return sorted(folder.iterdir())


def added(collection: Collection, paths: list[Path]) -> dict[str, Seen]:
    """What became of files, by name."""
    return {seen.path.name: seen for seen in collection.add(paths, 2)}


def paired(collection: Collection) -> set[tuple[str, str]]:
    """The names of files that match, or may."""
    matches = collection.matches()
    names = {key: file.path.name for key, file in collection.files(matches.images).items()}
    linked = ((names[key], names[link.image]) for key in names for link in matches.of(key))
    return {(one, other) for one, other in linked if one < other}


if __name__ == "__main__":
    with Collection(Path(sys.argv[1]), [BYTES, SHADES]) as mine:
        for seen in mine.add(sorted(Path(sys.argv[2]).iterdir()), 2):
            print(seen.path, flush=True)  # noqa: T201
