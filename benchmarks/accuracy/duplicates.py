"""How well duplicates are recognised: photographs, and what the web makes of them, beside imagededup.

`python -m accuracy.duplicates` in `benchmarks/`. All photographs are in one index of each method. Each of
their altered versions is looked up there: recall is the share of the versions for which their photograph is
found. Precision is the share of all matches, those of the photographs with each other included, whose
pictures are the same by their origin or by `copies.csv`, which was made by looking at them. `all` are all
methods together.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
from accuracy.alterations import ALTERATIONS
from accuracy.degradations import as_jpeg
from accuracy.photographs import HERE, Photograph, photographs
from hamming import IMAGEDEDUP, IMAGEDEDUP_NEEDS, IMAGEDEDUP_PACKAGES, install
from measure import goal, table
from pictures import CACHE

from pixcrawler_core.dedup.methods import Method, build_methods
from pixcrawler_core.image import Image
from pixcrawler_core.registry import load

NAMES = ("sha256", "pixels", "phash", "embedding")
ALL, PEER = "all", "imagededup: PHash"
PEER_BITS = 10
"""Bits within which imagededup's PHash calls pictures duplicates unless it is told otherwise."""
RECALL, PRECISION = 0.95, 0.99
"""Goals for all methods together: mean over the alterations, and over all matches."""
Found = Mapping[str, set[int]]
"""By method, the numbers of the photographs that a picture duplicates."""


@dataclass
class Score:
    """What a method found."""

    hits: Counter[str] = field(default_factory=Counter)
    """Versions whose photograph was found, by alteration."""
    right: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """The share of matches that are right; 1 if there are none."""
        return self.right / max(1, self.right + len(self.wrong)) if self.right or self.wrong else 1.0


def groups() -> dict[str, str]:
    """Names of photographs that show the same picture as others, with the name of their group."""
    with (HERE / "copies.csv").open(newline="") as file:
        rows = csv.DictReader(file)
        return {f"{row['collection']}/{row['file']}": row["group"] for row in rows if row["group"]}


def written(pictures: Sequence[Photograph], folder: Path) -> list[list[Path]]:
    """Files of each photograph: as it is, then altered, the same for the same name."""
    files = []
    for number, photograph in enumerate(pictures):
        picture = photograph.picture()
        made = [as_jpeg(picture), *(each.made(picture, photograph.name) for each in ALTERATIONS)]
        paths = [folder / f"{number:03}-{version:02}.jpg" for version in range(len(made))]
        for path, data in zip(paths, made, strict=True):
            path.write_bytes(data)
        files.append(paths)
    return files


def own_finder(methods: Sequence[Method], originals: Sequence[Path], folder: Path) -> Callable[[Path], Found]:
    """Asks an index of each method, filled with the originals; doubtful matches are looked at."""
    indexes = {each.name: each.matcher.open(folder / each.folder) for each in methods}
    for key, path in enumerate(originals):
        for each in methods:
            indexes[each.name].add(key, each.matcher.fingerprint(Image.open(path)))

    def find(path: Path) -> Found:
        image = Image.open(path, detailed=True)
        found: dict[str, set[int]] = {}
        for each in methods:
            matches = indexes[each.name].find(each.matcher.fingerprint(Image.open(path)))
            found[each.name] = {
                match.key
                for match in matches
                if match.sure or each.matcher.same(image, Image.open(originals[match.key], detailed=True))
            }
        return {**found, ALL: set().union(*found.values())}

    return find


def peer_finder(originals: Sequence[Path], folder: Path) -> Callable[[Path], Found]:
    """Compares imagededup's hashes of all files."""
    command = [
        str(part) for part in (IMAGEDEDUP / "bin/python", HERE.parent / "encoding.py", "hashes", folder)
    ]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    hashes = {name: int(value, 16) for name, value in json.loads(told).items()}

    def find(path: Path) -> Found:
        own = hashes[path.name]
        near = {
            key for key, each in enumerate(originals) if (hashes[each.name] ^ own).bit_count() <= PEER_BITS
        }
        return {PEER: near}

    return find


def scored(
    pictures: Sequence[Photograph], files: Sequence[Sequence[Path]], *finders: Any
) -> dict[str, Score]:
    """What each method made of each picture and its versions."""
    same = groups()
    truth = [same.get(each.name, each.name) for each in pictures]
    scores: dict[str, Score] = {}
    cases = list(_cases(files))
    with ThreadPoolExecutor(2) as pool:
        for finder in finders:
            for (number, version, path), found in zip(
                cases, pool.map(finder, [c[2] for c in cases]), strict=True
            ):
                for name, keys in found.items():
                    score = scores.setdefault(name, Score())
                    others = keys - {number} if version < 0 else keys
                    right = {key for key in others if truth[key] == truth[number]}
                    score.right += len(right)
                    score.wrong += [(path.name, pictures[key].name) for key in sorted(others - right)]
                    if version >= 0:
                        score.hits[ALTERATIONS[version].name] += number in keys
    return scores


def _cases(files: Sequence[Sequence[Path]]) -> Iterator[tuple[int, int, Path]]:
    """Number of the photograph, of the alteration (-1 for none), and the file."""
    for number, paths in enumerate(files):
        yield from ((number, version, path) for version, path in enumerate(paths, -1))


def print_scores(scores: Mapping[str, Score], count: int) -> None:
    """Recall by alteration, and precision, by method; the goals."""
    rows = [
        [each.name, *(f"{score.hits[each.name] / count:.3f}" for score in scores.values())]
        for each in ALTERATIONS
    ]
    means = {
        name: sum(score.hits[each.name] for each in ALTERATIONS) / count / len(ALTERATIONS)
        for name, score in scores.items()
    }
    rows.append(["**mean recall**", *(f"**{mean:.3f}**" for mean in means.values())])
    rows.append(["**precision**", *(f"**{score.precision:.4f}**" for score in scores.values())])
    rows.append(
        ["matches, wrong ones", *(f"{s.right + len(s.wrong)}, {len(s.wrong)}" for s in scores.values())]
    )
    print(table([f"{count} photographs", *scores], rows), end="\n\n")
    recall, precision = means[ALL], scores[ALL].precision
    print(goal(f"all: recall at least {RECALL}: {recall:.3f}", recall >= RECALL))
    print(goal(f"all: precision at least {PRECISION}: {precision:.4f}", precision >= PRECISION))
    for path, name in scores[ALL].wrong[:20]:
        print(f"- wrong: {path} for {name}")
    print()


def main() -> None:
    """Read the command line, alter the photographs, look all up, print the report."""
    parser = argparse.ArgumentParser(description="Measure how well duplicates are recognised.")
    parser.add_argument("--count", type=int, help="only so many photographs, evenly taken")
    parser.add_argument("--half", type=int, choices=(0, 1), help="only every second one: 0 was tuned on")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = photographs(options.count)[options.half or 0 :: 1 if options.half is None else 2]
    CACHE.mkdir(exist_ok=True)
    install(IMAGEDEDUP, IMAGEDEDUP_PACKAGES, IMAGEDEDUP_NEEDS)
    methods = build_methods(load(installed=False), NAMES, {})
    with TemporaryDirectory(dir=CACHE, prefix="duplicates-") as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        files = written(pictures, folder)
        originals = [paths[0] for paths in files]
        finders = own_finder(methods, originals, Path(scratch) / "indexes"), peer_finder(originals, folder)
        print_scores(scored(pictures, files, *finders), len(pictures))


if __name__ == "__main__":
    main()
