"""How well methods recognise duplicates, measured on images of which it is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from pixcrawler_core.dedup.grouping import Link, Matches, Same
from pixcrawler_core.threads import in_threads

Two = tuple[int, int]
"""Keys of two images, the lower one first."""


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """What one method, or all together, found among all pairs of images."""

    method: str
    right: int
    """Pairs that it found and that are duplicates."""
    wrong: Mapping[Two, float]
    """Pairs that it found and that are none, with their distances."""
    missed: frozenset[Two]
    """Pairs that are duplicates and that it did not find."""

    @property
    def precision(self) -> float | None:
        """The share of found pairs that are duplicates, 0 to 1; None if it found nothing."""
        found = self.right + len(self.wrong)
        return self.right / found if found else None

    @property
    def recall(self) -> float | None:
        """The share of duplicates that it found, 0 to 1; None if there are none."""
        there = self.right + len(self.missed)
        return self.right / there if there else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall, 0 to 1; None if there is nothing to find or found."""
        both = 2 * self.right + len(self.wrong) + len(self.missed)
        return 2 * self.right / both if both else None


def accuracy(method: str, found: Mapping[Two, float], truth: frozenset[Two]) -> Accuracy:
    """What was found, with distances, beside what is to be found."""
    return Accuracy(
        method=method,
        right=len(truth & found.keys()),
        wrong={two: distance for two, distance in found.items() if two not in truth},
        missed=truth - found.keys(),
    )


def true_pairs(groups: Mapping[int, Hashable]) -> frozenset[Two]:
    """The pairs of images, by key, that have the same group."""
    members: dict[Hashable, list[int]] = defaultdict(list)
    for key in sorted(groups):
        members[groups[key]].append(key)
    return frozenset(two for keys in members.values() for two in combinations(keys, 2))


def found_pairs(
    matches: Matches, keys: Mapping[int, object], methods: int, same: Same, threads: int
) -> list[dict[Two, float]]:
    """For each method the pairs of these images that match, with distances; doubtful ones are looked at."""

    def linked(image: int) -> list[tuple[int, Link]]:
        links = (link for link in matches.of(image) if link.image > image and link.image in keys)
        return [(image, link) for link in links if link.sure or same(image, link.image, link.method)]

    found: list[dict[Two, float]] = [{} for _ in range(methods)]
    for links in in_threads(linked, _counted(matches, keys), threads):
        for image, link in links:
            found[link.method][image, link.image] = link.distance
    return found


def _counted(matches: Matches, keys: Mapping[int, object]) -> Iterator[int]:
    return (image for image in matches.images.tolist() if image in keys)
