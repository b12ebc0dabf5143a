"""Counts the pairs of images that are to stay together, and those of them that stand in two splits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.splitting.groups import near_pairs

if TYPE_CHECKING:
    from pixcrawler_core.splitting.table import Images

EXAMPLES = 20
"""Pairs that are named, at most, for each rule."""


@dataclass
class Spanning:
    """The pairs that a rule keeps together."""

    pairs: int = 0
    spanning: int = 0
    """Those whose images stand in two splits."""
    examples: list[tuple[int, int]] = field(default_factory=list)
    """Places of the images of some of these."""


def duplicate_pairs(images: Images, splits: int, radius: int) -> Spanning:
    """Pairs of images whose hashes differ in at most `radius` bits; without hashes, of the same bytes."""
    hashed = np.flatnonzero(images.hashed)
    classes = _Classes(images.hashes, hashed, images.splits, splits)
    found = classes.within()
    for first, second in near_pairs(images, radius):
        classes.between(first, second, found)
    rest = _Classes(images.digests, np.flatnonzero(~images.hashed), images.splits, splits).within()
    examples = [*found.examples, *rest.examples][:EXAMPLES]
    return Spanning(found.pairs + rest.pairs, found.spanning + rest.spanning, examples)


def page_pairs(images: Images, splits: int) -> Spanning:
    """Pairs of images of the same page."""
    return _Classes(images.pages, np.flatnonzero(images.pages), images.splits, splits).within()


class _Classes:
    """The images at `places`, by their keys; those of one key count together, however many they are."""

    def __init__(
        self, keys: NDArray[np.uint64], places: NDArray[np.int64], of: NDArray[np.int8], splits: int
    ) -> None:
        _, classes, sizes = np.unique(keys[places], return_inverse=True, return_counts=True)
        self._places, self._of = places, of
        self._classes = np.full(len(keys), -1)
        self._classes[places] = classes
        self._sizes = sizes
        placed = places[of[places] >= 0]
        cells = np.bincount(self._classes[placed] * splits + of[placed], minlength=len(sizes) * splits)
        self._table = cells.reshape(len(sizes), splits)
        """Images by class and split."""

    def within(self) -> Spanning:
        """The pairs of images of one key."""
        placed = self._table.sum(axis=1)
        spanning = (placed**2 - (self._table**2).sum(axis=1)) // 2
        torn = np.flatnonzero(spanning)
        return Spanning(
            pairs=int((self._sizes * (self._sizes - 1) // 2).sum()),
            spanning=int(spanning.sum()),
            examples=[next(self._torn(one, one)) for one in torn[:EXAMPLES].tolist()],
        )

    def between(self, first: NDArray[np.int64], second: NDArray[np.int64], found: Spanning) -> None:
        """Add the pairs between the images that have the keys of those at `first` and at `second`."""
        one, other = self._classes[first], self._classes[second]
        found.pairs += int((self._sizes[one] * self._sizes[other]).sum())
        a, b = self._table[one], self._table[other]
        spanning = a.sum(axis=1) * b.sum(axis=1) - (a * b).sum(axis=1)
        found.spanning += int(spanning.sum())
        for place in np.flatnonzero(spanning)[: EXAMPLES - len(found.examples)].tolist():
            found.examples.append(next(self._torn(int(one[place]), int(other[place]))))

    def _torn(self, one: int, other: int) -> Iterator[tuple[int, int]]:
        """Pairs of images of these two classes that stand in two splits."""
        firsts = self._places[self._classes[self._places] == one]
        seconds = self._places[self._classes[self._places] == other]
        for first in firsts[self._of[firsts] >= 0].tolist():
            apart = seconds[(self._of[seconds] >= 0) & (self._of[seconds] != self._of[first])]
            if len(apart):
                yield first, int(apart[0])
