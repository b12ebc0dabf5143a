"""All pairs of near images, by their own hashes and those of turned versions, without holding them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.dedup.turned import ORIENTATIONS
from pixcrawler_core.hamming.bits import Hashes
from pixcrawler_core.hamming.pairs import pairs_between
from pixcrawler_core.records import Pair

Places = NDArray[np.int64]
SHARED = 16
"""Images with the same hashes that are paired with each that is near; they stand for the others as well."""
PARTS = 16
"""The images are cut into so many parts, and all own hashes are compared with all hashes of a part at a time.
Of a million images, 8 parts would take a seventh less time, and 30 bytes more of memory an image."""
LEAST = 25_000
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

        The own hash of one is compared with all hashes of the other. Of more than `SHARED` images with the
        same hashes, only some are paired with each that is near.
        """
        few = self._few()
        own = self._own if len(few) == len(self._own) else self._own[few]
        for begin in range(0, len(self._own), self._size):
            hashes = self._hashes(np.arange(begin, min(begin + self._size, len(self._own))))
            new = hashes != hashes[:, :1]
            new[:, 0] = True
            numbers, hashes = np.flatnonzero(new), hashes[new]
            del new
            for ours, theirs, _ in pairs_between(own, hashes, radius):
                for part in range(0, len(ours), MATCHES):
                    places, columns = np.divmod(numbers[theirs[part : part + MATCHES]], ORIENTATIONS)
                    yield from self._told(few[ours[part : part + MATCHES]], begin + places, columns)

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

    def _told(self, ours: Places, theirs: Places, columns: Places) -> Iterator[Pair]:
        """Of matches of own hashes with those in columns, the pairs of which no other match is nearer.

        Of equally near ones the first counts: own hashes, then the own one of the lesser key.
        """
        new = np.where(columns, self._own[ours] != self._own[theirs], ours < theirs)
        ours, theirs, columns = ours[new], theirs[new], columns[new]
        first, second = np.minimum(ours, theirs), np.maximum(ours, theirs)
        places, rows = np.unique(np.concatenate([first, second]), return_inverse=True)
        one, other = np.split(self._hashes(places)[rows], 2)
        crossed = one[:, 1:] ^ other[:, :1]
        distances = np.bitwise_count(np.concatenate([one[:, :1] ^ other, crossed], axis=1))
        match = np.where(ours > theirs, columns + ORIENTATIONS - 1, columns)
        nearest = np.flatnonzero(distances.argmin(axis=1) == match)
        first, second, told = first[nearest], second[nearest], distances[nearest, match[nearest]]
        equal = (one[nearest] == other[nearest]).all(axis=1)
        sure = np.ones(len(told), bool)
        table = (self._keys[first], self._keys[second], told.astype(float), sure, equal)
        yield from map(Pair._make, zip(*(column.tolist() for column in table), strict=True))

    def _few(self) -> Places:
        """The places of all images but for those with the same hashes as `SHARED` before them."""
        places = np.arange(len(self._own))
        _, numbers, counts = np.unique(self._own, return_inverse=True, return_counts=True)
        shared = np.flatnonzero(counts[numbers] > SHARED)
        if not len(shared):
            return places
        hashes = self._hashes(shared)
        order = np.lexsort(hashes.T)
        hashes = hashes[order]
        again = (hashes[SHARED:] == hashes[:-SHARED]).all(axis=1)
        return np.delete(places, shared[order[SHARED:][again]])
