"""Finds the images that must not be parted: near-duplicates, images of one page, and chains of both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pixcrawler_core.hamming.pairs import pair_blocks
from pixcrawler_core.splitting.rules import DUPLICATES, PAGE

if TYPE_CHECKING:
    from pixcrawler_core.splitting.rules import Rules
    from pixcrawler_core.splitting.table import Images

Places = NDArray[np.int64]
HELD = 1 << 20
"""Links that are held until they are worked in: bounds memory where a great many images are alike."""


def group_images(images: Images, rules: Rules) -> Places:
    """The number of each image's group, counted from 0; what is linked, if by others, is in one group."""
    links = _Links(len(images))
    if DUPLICATES in rules.together:
        links.add(*_alike(images.digests, np.arange(len(images))))
        hashed = np.flatnonzero(images.hashed)
        links.add(*_alike(images.hashes, hashed))
        for first, second in near_pairs(images, rules.radius):
            links.add(first, second)
    if PAGE in rules.together:
        links.add(*_alike(images.pages, np.flatnonzero(images.pages)))
    return links.groups()


def near_pairs(images: Images, radius: int) -> Iterator[tuple[Places, Places]]:
    """Places of images whose hashes differ in 1 to `radius` bits; of images with equal hashes the first."""
    hashed = np.flatnonzero(images.hashed)
    for first, second, _ in pair_blocks(images.hashes[hashed], radius):
        yield hashed[first], hashed[second]


def _alike(keys: NDArray[np.uint64], places: Places) -> tuple[Places, Places]:
    """Each of `places` beside the first one with the same key."""
    _, first, which = np.unique(keys[places], return_index=True, return_inverse=True)
    return places, places[first[which]]


class _Links:
    """Images and the links between them; those that came are worked into groups now and then."""

    def __init__(self, count: int) -> None:
        self._groups: Places = np.arange(count)
        self._held: list[tuple[Places, Places]] = []
        self._links = 0

    def add(self, first: Places, second: Places) -> None:
        self._held.append((first, second))
        self._links += len(first)
        if self._links >= HELD:
            self._settle()

    def groups(self) -> Places:
        self._settle()
        return self._groups

    def _settle(self) -> None:
        if not self._links:
            return
        first, second = (self._groups[np.concatenate(ends)] for ends in zip(*self._held, strict=True))
        size = int(self._groups.max()) + 1
        graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(size, size))
        _, joined = connected_components(graph.tocsr(), directed=False)
        self._groups = joined.astype(np.int64)[self._groups]
        self._held, self._links = [], 0
