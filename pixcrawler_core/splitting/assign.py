"""Gives every group of images a split: the shares hold in each category, and what has a split keeps it."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Parts = Sequence[tuple[int, int]]
"""A group's categories, each with the number of its images."""


def assign(
    groups: Numbers,
    categories: Numbers,
    digests: NDArray[np.uint64],
    earlier: NDArray[np.int8],
    shares: Sequence[float],
    seed: int,
) -> NDArray[np.int8]:
    """The split of each image, from the columns of all images: a number, the place of its share in `shares`.

    `groups` and `categories` are numbered from 0, `digests` are the first eight bytes of the SHA-256,
    `earlier` are splits of before, -1 for images without one.

    - A group with earlier splits keeps them; one that joins images of several goes, as a whole, to that which
      has most of its images (of equal ones to the first).
    - The others follow in an order that hangs on the seed and each group's smallest digest only. Each goes to
      the split that lacks most of its share of the group's categories, the group counted in. In a category
      whose groups have no other one, no split ends further from its share than the size of a group.
    - Where a category then has no image in a split, the smallest of the new groups goes there, if that takes
      no split the last image of a category.
    """
    if not len(groups):
        return earlier.copy()
    made = _Groups.of(groups, categories, digests)
    tally = _Tally(shares, int(categories.max()) + 1)
    splits = _settled(groups, earlier, len(shares))
    for group in np.flatnonzero(splits >= 0).tolist():
        tally.add(made.parts(group), int(splits[group]))
    new = made.shuffled(np.flatnonzero(splits < 0), seed)
    for group in new:
        parts = made.parts(group)
        splits[group] = split = tally.lacking(parts)
        tally.add(parts, split)
    _fill(made, tally, new, splits)
    return splits[groups]


def _settled(groups: Numbers, earlier: NDArray[np.int8], splits: int) -> NDArray[np.int8]:
    """For each group the split that has most of its images; -1 for groups without any."""
    count = int(groups.max()) + 1
    known = earlier >= 0
    found = np.bincount(groups[known] * splits + earlier[known], minlength=count * splits)
    table = found.reshape(count, splits)
    return np.where(table.any(axis=1), table.argmax(axis=1), -1).astype(np.int8)


@dataclass(frozen=True)
class _Groups:
    """What is in each group."""

    starts: Numbers
    """Where the parts of a group begin, and after the last one end."""
    categories: Numbers
    sizes: Numbers
    anchors: NDArray[np.uint64]
    """The smallest digest of each group."""

    @classmethod
    def of(cls, groups: Numbers, categories: Numbers, digests: NDArray[np.uint64]) -> _Groups:
        width = int(categories.max()) + 1
        parts, sizes = np.unique(groups * width + categories, return_counts=True)
        count = int(groups.max()) + 1
        starts = np.searchsorted(parts, np.arange(count + 1) * width)
        anchors = np.full(count, np.iinfo(np.uint64).max)
        np.minimum.at(anchors, groups, digests)
        return cls(starts, parts % width, sizes, anchors)

    def parts(self, group: int) -> Parts:
        begin, end = self.starts[group : group + 2].tolist()
        return list(zip(self.categories[begin:end].tolist(), self.sizes[begin:end].tolist(), strict=True))

    def size(self, group: int) -> int:
        """Images of a group."""
        return sum(size for _, size in self.parts(group))

    def shuffled(self, groups: Numbers, seed: int) -> list[int]:
        """The groups in an order that only their anchors and the seed tell."""
        key = str(seed).encode()
        anchors = self.anchors[groups]
        lots = array("Q")
        for anchor in anchors.tolist():
            lot = hashlib.blake2b(anchor.to_bytes(8), key=key, digest_size=8)
            lots.append(int.from_bytes(lot.digest()))
        order: list[int] = groups[np.lexsort((anchors, np.array(lots, np.uint64)))].tolist()
        return order


class _Tally:
    """Images by category and split."""

    def __init__(self, shares: Sequence[float], categories: int) -> None:
        self._shares = shares
        self.have = [[0] * len(shares) for _ in range(categories)]
        self._total = [0] * categories

    def add(self, parts: Parts, split: int) -> None:
        for category, size in parts:
            self.have[category][split] += size
            self._total[category] += size

    def move(self, parts: Parts, source: int, target: int) -> None:
        for category, size in parts:
            self.have[category][source] -= size
            self.have[category][target] += size

    def lacking(self, parts: Parts) -> int:
        """The split that lacks most once these images have come, each category by its share of them."""
        lacks = [
            sum(size * (share * (self._total[each] + size) - self.have[each][split]) for each, size in parts)
            for split, share in enumerate(self._shares)
        ]
        return lacks.index(max(lacks))

    def spares(self, parts: Parts, split: int) -> bool:
        """Whether the split keeps images of all these categories without these."""
        return all(self.have[category][split] > size for category, size in parts)


def _fill(made: _Groups, tally: _Tally, new: Sequence[int], splits: NDArray[np.int8]) -> None:
    """Give each split that has no image of a category the smallest of the new groups that can be spared."""
    short = {category for category, have in enumerate(tally.have) if 0 in have}
    members: dict[int, list[int]] = {category: [] for category in sorted(short)}
    for group in new:
        for category, _ in made.parts(group):
            if category in short:
                members[category].append(group)
    for category, groups in members.items():
        groups.sort(key=made.size)  # which keeps the order of the lots
        for split in range(len(tally.have[category])):
            if tally.have[category][split]:
                continue
            spare = (group for group in groups if tally.spares(made.parts(group), int(splits[group])))
            smallest = next(spare, None)
            if smallest is not None:
                tally.move(made.parts(smallest), int(splits[smallest]), split)
                splits[smallest] = split
