"""All pairs of near images, by their own hashes and those of turned versions, without holding them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.dedup.turned import ORIENTATIONS
from pixcrawler_core.hamming.bits import Hashes
from pixcrawler_core.hamming.pairs import pair_blocks
from pixcrawler_core.records import Pair

Places = NDArray[np.int64]
SHARED = 16
"""Images with the same own hash that are paired with each that is near; it stands for the others as well."""
PARTS = 4
"""The images are cut into so many parts, of which two are compared at a time: that takes 100 bytes a hash."""
LEAST = 100_000
"""Images of a part: fewer would save little memory."""
READ = 10_000
"""Images whose turned hashes are read at a time."""
MATCHES = 1 << 15
"""Matches that are held at a time."""


class HashPairs:
    """Images by keys in ascending order, with their own hashes; `turned_of` gives the turned ones by key.

    A part has `least` images at least.
    """

    def __init__(
        self,
        keys: NDArray[np.int64],
        own: Hashes,
        turned_of: Callable[[NDArray[np.int64]], Mapping[int, Hashes]],
        least: int = LEAST,
    ) -> None:
        self._keys = keys
        self._own = own
        self._turned_of = turned_of
        self._size = max(least, -(-len(own) // PARTS))

    def within(self, radius: int) -> Iterator[Pair]:
        """Every two images within `radius` bits, once, with their least distance.

        The own hash of one is compared with all hashes of the other.
        """
        size = self._size
        starts = range(0, len(self._own), size)
        for there in starts:
            hashes = self._hashes(np.arange(there, min(there + size, len(self._own))))
            for here in starts:
                part = self._own[here : here + size]
                for column in range(0 if here <= there else 1, ORIENTATIONS):
                    if column and np.array_equal(hashes[:, column], hashes[:, 0]):
                        continue
                    for ours, theirs in _near(part, hashes[:, column], radius):
                        yield from self._told(here + ours, there + theirs, column)

    def _hashes(self, places: Places) -> Hashes:
        """The hashes of images, shape (n, 8): the own one first, and instead of missing ones."""
        hashes = np.repeat(self._own[places, np.newaxis], ORIENTATIONS, axis=1)
        for begin in range(0, len(places), READ):
            keys = self._keys[places[begin : begin + READ]]
            turned = self._turned_of(keys)
            for row, key in enumerate(keys.tolist(), begin):
                if key in turned:
                    hashes[row, 1 : 1 + len(turned[key])] = turned[key]
        return hashes

    def _told(self, ours: Places, theirs: Places, column: int) -> Iterator[Pair]:
        """Of matches of own hashes with others of a column, the pairs of which no other match is nearer.

        Of equally near ones the first counts: own hashes, then the own one of the lesser key.
        """
        new = self._own[ours] != self._own[theirs] if column else ours < theirs
        ours, theirs = ours[new], theirs[new]
        first, second = np.minimum(ours, theirs), np.maximum(ours, theirs)
        places, rows = np.unique(np.concatenate([first, second]), return_inverse=True)
        one, other = np.split(self._hashes(places)[rows], 2)
        crossed = one[:, 1:] ^ other[:, :1]
        distances = np.bitwise_count(np.concatenate([one[:, :1] ^ other, crossed], axis=1))
        match = np.where(ours > theirs, column + ORIENTATIONS - 1, column)
        nearest = np.flatnonzero(distances.argmin(axis=1) == match)
        keys = self._keys[first[nearest]].tolist(), self._keys[second[nearest]].tolist()
        for low, high, distance in zip(*keys, distances[nearest, match[nearest]].tolist(), strict=True):
            yield Pair(low, high, float(distance))


def _near(ours: Hashes, theirs: Hashes, radius: int) -> Iterator[tuple[Places, Places]]:
    """Places in both of any two hashes within the radius; of equal ones of ours the first few only."""
    one, other = _Sorted(ours), _Sorted(theirs)
    values = np.unique(np.concatenate([ours, theirs]))
    yield from _matches(one, values, other, values)
    for first, second, _ in pair_blocks(values, radius):
        yield from _matches(one, values[first], other, values[second])
        yield from _matches(one, values[second], other, values[first])


def _matches(one: _Sorted, values: Hashes, other: _Sorted, theirs: Hashes) -> Iterator[tuple[Places, Places]]:
    """All that have one of the values here, with all that have its counterpart there."""
    begins, counts = one.spans(values)
    other_begins, other_counts = other.spans(theirs)
    counts = np.minimum(counts, SHARED)
    both = counts * other_counts
    ends = np.cumsum(both)
    total = int(ends[-1]) if len(ends) else 0
    for begin in range(0, total, MATCHES):
        numbers = np.arange(begin, min(begin + MATCHES, total))
        which = np.searchsorted(ends, numbers, side="right")
        row, column = np.divmod(numbers - (ends - both)[which], other_counts[which])
        yield one.order[begins[which] + row], other.order[other_begins[which] + column]


class _Sorted:
    """Hashes in order, and where each was; of equal ones the first is first."""

    def __init__(self, hashes: Hashes) -> None:
        self.order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self.order]

    def spans(self, values: Hashes) -> tuple[Places, Places]:
        """Where in the order the hashes are that equal each value, and how many."""
        begins = np.searchsorted(self._hashes, values, side="left")
        return begins, np.searchsorted(self._hashes, values, side="right") - begins
