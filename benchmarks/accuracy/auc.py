"""How well each check's score tells photographs from the same photographs made worse: ROC AUC.

`python -m accuracy.auc` in `benchmarks/`. An AUC of 0.95 says: of a good and a spoilt picture drawn at
random, the good one has the better score in 95 of 100 pairs.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from accuracy.degradations import DEGRADATIONS, MEDIUM, STRENGTHS, Degradation, Picture
from accuracy.photographs import Photograph, photographs
from measure import goal, table

from pixcrawler_core.components import Check, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_core.registry import load

GOAL = 0.95
"""AUC at medium strength, at least."""
LOST = 0.01
"""Share of the photographs that the default threshold of one check may reject, at most."""
CLEAN = 0
"""The strength of a picture that was left alone."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What one check said of pictures of one strength."""

    scores: list[float] = field(default_factory=list)
    rejected: list[bool] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """How many of them the check rejects at its default threshold."""
        return sum(self.rejected) / len(self.rejected)


Found = dict[tuple[str, int], Sums]
"""By degradation and strength."""


def auc(good: Sequence[float], bad: Sequence[float]) -> float:
    """The chance that a good one's score is above a bad one's; a tie counts half (Mann and Whitney, 1947)."""
    order = np.sort(np.asarray(bad, dtype=np.float64))
    values = np.asarray(good, dtype=np.float64)
    below = np.searchsorted(order, values, "left") + np.searchsorted(order, values, "right")
    return float(below.sum() / (2 * len(order) * len(values)))


@cache
def _check(name: str) -> Check:
    """The check with its default options."""
    return load(installed=False).build(Validator, name)


def _verdict(check: Check, path: Path, data: bytes) -> Verdict:
    path.write_bytes(data)
    image = Image.open(path)
    return check.judge(check.measure(image))


def examined(photograph: Photograph, names: Sequence[str]) -> list[tuple[str, int, float | None, bool]]:
    """Degradation, strength, score and whether it is rejected, for every version of one photograph."""
    cv2.setNumThreads(1)
    picture = photograph.picture()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "picture"
        return [
            (degradation.name, strength, verdict.score, verdict.reason is not None)
            for degradation in DEGRADATIONS
            if degradation.check in names
            for strength, data in versions(degradation, picture, photograph.name)
            for verdict in [_verdict(_check(degradation.check), path, data)]
        ]


def versions(degradation: Degradation, picture: Picture, seed: str) -> Iterator[tuple[int, bytes]]:
    """The files of a picture: left alone, and at the five strengths."""
    yield CLEAN, degradation.clean(picture)
    for strength in STRENGTHS:
        yield strength, degradation.made(picture, strength, seed)


def gathered(pictures: Sequence[Photograph], names: Sequence[str], jobs: int) -> Found:
    """Scores of all pictures; a verdict without a score counts as rejected or not, but has no rank."""
    found: Found = defaultdict(Sums)
    with ProcessPoolExecutor(jobs) as pool:
        for photograph, rows in zip(
            pictures, pool.map(examined, pictures, [names] * len(pictures)), strict=True
        ):
            for name, strength, score, rejected in rows:
                sums = found[name, strength]
                sums.rejected.append(rejected)
                sums.files.append(photograph.name)
                if score is not None:
                    sums.scores.append(score)
    return found


def print_auc(found: Found, used: Sequence[Degradation]) -> None:
    """AUC by degradation and strength, and the goal."""
    rows, missed = [], []
    for each in used:
        clean = found[each.name, CLEAN].scores
        values = [auc(clean, found[each.name, strength].scores) for strength in STRENGTHS]
        rows.append([f"{each.check}: {each.name}", *(f"{value:.3f}" for value in values)])
        if values[MEDIUM - 1] < GOAL:
            missed.append(each.name)
    print(table(["ROC AUC at strength", *map(str, STRENGTHS)], rows), end="\n\n")
    print(goal(f"at least {GOAL} at strength {MEDIUM}; below it: {', '.join(missed) or 'none'}", not missed))
    print()


def print_rejected(found: Found, used: Sequence[Degradation]) -> None:
    """Shares that the default thresholds reject, and the goal for photographs that were left alone."""
    rows = []
    for each in used:
        shares = [found[each.name, strength].share for strength in (CLEAN, *STRENGTHS)]
        rows.append([f"{each.check}: {each.name}", *(f"{share:.1%}" for share in shares)])
    print(table(["rejected at strength", "none", *map(str, STRENGTHS)], rows), end="\n\n")
    for check in dict.fromkeys(each.check for each in used):
        clean = [found[each.name, CLEAN] for each in used if each.check == check]
        lost = {name for sums in clean for name, gone in zip(sums.files, sums.rejected, strict=True) if gone}
        what = f"{check} rejects at most {LOST:.0%} of the photographs: {', '.join(sorted(lost)) or 'none'}"
        print(goal(what, len(lost) <= LOST * len(clean[0].files)))


def print_levels(used: Sequence[Degradation]) -> None:
    """What the strengths are."""
    rows = [[f"{each.name} ({each.unit})", *(f"{level:g}" for level in each.levels)] for each in used]
    print(table(["strength", *map(str, STRENGTHS)], rows), end="\n\n")


def main() -> None:
    """Read the command line, degrade and score every photograph, print the report."""
    parser = argparse.ArgumentParser(description="ROC AUC of the checks on degraded photographs.")
    parser.add_argument("--count", type=int, help="only so many photographs, evenly taken")
    parser.add_argument("--check", action="append", help="only this check; may be repeated")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: all cores)")
    options = parser.parse_args()
    names = options.check or sorted({each.check for each in DEGRADATIONS})
    used = [each for each in DEGRADATIONS if each.check in names]
    pictures = photographs(options.count)
    print(f"{len(pictures)} photographs, left alone and spoilt in {len(used)} ways\n")
    print_levels(used)
    found = gathered(pictures, names, options.jobs)
    print_auc(found, used)
    print_rejected(found, used)


if __name__ == "__main__":
    main()
