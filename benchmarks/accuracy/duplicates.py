"""How well duplicates are recognised: pictures that were altered as the web does, and true copies.

`python -m accuracy.duplicates` in `benchmarks/`. All originals are in one index of each method. Each altered
version of a photograph is looked up there, and the originals are compared with each other; what is doubtful
is looked at, as in a crawl. `all` is what any of the methods finds, beside it stands imagededup's PHash.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import cv2
from accuracy.copies import Pair, Trial, originals, versions
from accuracy.duplicates_report import print_report
from accuracy.photographs import HERE
from hamming import IMAGEDEDUP, IMAGEDEDUP_NEEDS, IMAGEDEDUP_PACKAGES, install
from pictures import CACHE

from pixcrawler_core.dedup.methods import build_methods
from pixcrawler_core.dedup.protocols import Index, Matcher
from pixcrawler_core.image import Image
from pixcrawler_core.registry import load

T = TypeVar("T")
NAMES = ("sha256", "pixels", "phash", "embedding")
ALL, PEER = "all", "imagededup: PHash"
PEER_BITS = 10
"""Bits within which imagededup's PHash calls pictures duplicates unless it is told otherwise."""


@dataclass(slots=True)
class Clock:
    """CPU time of calls of one kind."""

    seconds: float = 0.0
    calls: int = 0

    def timed(self, call: Callable[..., T], *arguments: Any) -> T:
        """What the call gives."""
        begin = time.process_time()
        found = call(*arguments)
        self.seconds += time.process_time() - begin
        self.calls += 1
        return found


@dataclass(slots=True)
class Asked:
    """A method, the pairs that it found, and what its calls took."""

    matcher: Matcher
    pairs: set[Pair] = field(default_factory=set)
    fingerprint: Clock = field(default_factory=Clock)
    find: Clock = field(default_factory=Clock)
    same: Clock = field(default_factory=Clock)

    def ask(self, trial: Trial, folder: Path) -> None:
        """Find all pairs. What is looked at comes in the order of the originals: they take long to decode."""
        prints = [self._fingerprint(path) for path in trial.paths]
        index = self.matcher.open(folder)
        candidates = self._candidates(index, prints, len(trial.originals))
        index.close()
        self.pairs = {pair for pair, sure in candidates.items() if sure}
        for pair in sorted(candidates.keys() - self.pairs, key=lambda pair: pair[::-1]):
            images = [Image.open(trial.paths[number], detailed=True) for number in pair]
            if self.same.timed(self.matcher.same, *images):
                self.pairs.add(pair)

    def clocks(self) -> Iterator[tuple[str, tuple[int, float]]]:
        """Number of calls, and their seconds of CPU, by the name of the call."""
        for what, clock in (("fingerprint", self.fingerprint), ("find", self.find), ("same", self.same)):
            yield what, (clock.calls, clock.seconds)

    def _fingerprint(self, path: Path) -> Mapping[str, Any]:
        return self.fingerprint.timed(self.matcher.fingerprint, Image.open(path))

    def _candidates(self, index: Index, prints: Sequence[Mapping[str, Any]], count: int) -> dict[Pair, bool]:
        """Pairs that are near, and whether they are surely right; the first `count` are the originals."""
        for key, fingerprint in enumerate(prints[:count]):
            index.add(key, fingerprint)
        index.flush()
        found = {
            (max(pair.first, pair.second), min(pair.first, pair.second)): pair.sure for pair in index.pairs()
        }
        for number, fingerprint in enumerate(prints[count:], count):
            for match in self.find.timed(index.find, fingerprint):
                found[number, match.key] = match.sure
        return found


def peer_pairs(trial: Trial, folder: Path) -> set[Pair]:
    """The pairs that imagededup finds; `folder` is for links to all pictures."""
    folder.mkdir()
    for number, path in enumerate(trial.paths):
        (folder / f"{number}.jpg").symlink_to(path)  # what a file is, decoders tell by its first bytes
    command = [str(part) for part in (IMAGEDEDUP / "bin/python", HERE.parent / "encoding.py")]
    told = subprocess.run(
        [*command, "hashes", str(folder)], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    hashes = {int(Path(name).stem): int(value, 16) for name, value in json.loads(told).items() if value}
    return {
        (number, key)
        for number, value in hashes.items()
        for key in range(min(number, len(trial.originals)))
        if key in hashes and (value ^ hashes[key]).bit_count() <= PEER_BITS
    }


def main() -> None:
    """Read the command line, alter the photographs, ask every method, print the report."""
    parser = argparse.ArgumentParser(description="Measure how well duplicates are recognised.")
    parser.add_argument("--count", type=int, help="alter only so many photographs, evenly taken")
    parser.add_argument("--seed", type=int, default=1, help="of the alterations (default: 1)")
    parser.add_argument(
        "--options", type=json.loads, default={}, help='of methods, as JSON: {"embedding": {"maybe": 0.5}}'
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    CACHE.mkdir(exist_ok=True)
    install(IMAGEDEDUP, IMAGEDEDUP_PACKAGES, IMAGEDEDUP_NEEDS)
    methods = build_methods(load(installed=False), NAMES, options.options)
    with TemporaryDirectory(dir=CACHE, prefix="duplicates-") as scratch:
        folder, pictures = Path(scratch), originals(options.count)
        trial = Trial(pictures, list(versions(pictures, options.seed, folder)))
        asked = {each.name: Asked(each.matcher) for each in methods}
        for each in methods:
            asked[each.name].ask(trial, folder / each.folder)
        peer = peer_pairs(trial, folder / "linked")
    found = {name: each.pairs for name, each in asked.items()}
    clocks = {f"`{name}`: {what}": told for name, each in asked.items() for what, told in each.clocks()}
    print_report(trial, {**found, ALL: set().union(*found.values()), PEER: peer}, ALL, clocks)


if __name__ == "__main__":
    main()
