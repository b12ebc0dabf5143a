"""Hashes in the buckets of a chunk, compared with those in the same and in near buckets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.hamming.bits import Hashes, masks_within
from pixcrawler_core.hamming.plan import BLOCK, Chunk

Positions = NDArray[np.int64]
Distances = NDArray[np.uint8]
Block = tuple[Positions, Positions, Distances]
Arrays = tuple[NDArray[Any], ...]
RUN = 15_000
"""Comparisons by one call where both sides are gathered into new arrays: glibc keeps those below 128 kB at
hand, and asks the kernel for memory anew for larger ones."""
NARROW = 16
"""Bits of keys up to which numpy sorts by digits."""
DEEP = 0.2
"""Buckets are read side by side, level by level, to the depth that this share of them has, then singly."""


def joined(blocks: Iterator[Arrays]) -> Iterator[Arrays]:
    """Larger blocks, which cost fewer calls."""
    waiting: list[Arrays] = []
    room = BLOCK
    for block in blocks:
        waiting.append(block)
        room -= len(block[0])
        if room <= 0:
            yield whole(waiting)
            waiting, room = [], BLOCK
    if waiting:
        yield whole(waiting)


def whole(blocks: list[Arrays]) -> Arrays:
    """All blocks as one."""
    if len(blocks) == 1:
        return blocks[0]
    return tuple(map(np.concatenate, zip(*blocks, strict=True)))


def _sorted(keys: Hashes, width: int) -> tuple[Positions, Positions]:
    """The order in which keys of so many bits ascend, and the keys in it."""
    if width <= NARROW:  # numpy sorts these by their digits
        narrow = keys.astype(np.uint16)
        order = np.argsort(narrow, kind="stable")
        return order, narrow.take(order).astype(np.int64)
    numbered = keys << np.uint64(32)
    numbered |= np.arange(len(keys), dtype=np.uint64)
    numbered.sort()
    return (numbered & np.uint64(0xFFFFFFFF)).view(np.int64), (numbered >> np.uint64(32)).view(np.int64)


class Table:
    """Hashes sorted into the buckets of one chunk. Positions in it are those of the sorted order."""

    def __init__(self, hashes: Hashes, chunk: Chunk, radius: int) -> None:
        self.chunk = chunk
        self.radius = radius
        self.order, self.keys = _sorted(chunk.keys(hashes), chunk.width)
        self.hashes = hashes.take(self.order)
        counts = np.bincount(self.keys, minlength=1 << chunk.width)
        self.bounds = np.zeros(len(counts) + 1, np.int64)
        np.cumsum(counts, out=self.bounds[1:])

    def near(self) -> Iterator[Block]:
        """Pairs within the radius that meet in the chunk, each once, by their number in the given hashes."""
        for rows, others, distance in chain(self._same_bucket(), self._other_buckets()):
            yield self.order.take(rows), self.order.take(others), distance

    def near_to(self, asking: Table) -> Iterator[Block]:
        """The same of a hash of this and one of another table of the same chunk.

        The others are compared with the levels of this table, and what lies beyond these with all others.
        """
        masks = masks_within(self.chunk.width, self.chunk.radius).tolist()
        for rows, own, distance in self._asked_by(asking, np.arange(len(asking.keys)), masks, deep=False):
            yield self.order.take(own), asking.order.take(rows), distance
        beyond = np.flatnonzero(np.arange(len(self.keys)) - self.bounds.take(self.keys) >= self._depth)
        for rows, others, distance in asking._asked_by(self, beyond, masks):
            yield self.order.take(rows), asking.order.take(others), distance

    def _same_bucket(self) -> Iterator[Block]:
        rows = np.arange(len(self.keys))
        after = self.bounds[1:].take(self.keys) - rows - 1
        followed = np.flatnonzero(after)
        return self._runs(self.hashes, followed, followed + 1, after.take(followed))

    def _other_buckets(self) -> Iterator[Block]:
        masks = masks_within(self.chunk.width, self.chunk.radius)
        if len(masks) == 1:
            return
        for bit in range(self.chunk.width):
            group = masks[masks >> bit == 1].tolist()
            half = np.flatnonzero(self.keys >> bit & 1 == 0)
            yield from self._asked_by(self, half, group)

    def _asked_by(
        self, asking: Table, rows: Positions, masks: list[int], *, deep: bool = True
    ) -> Iterator[Block]:
        """Compare rows of a table with the hashes here in buckets that are one of `masks` away from theirs.

        Positions there, positions here, and distances. Without `deep`, only with those at the levels.
        """
        for begin in range(0, len(rows), BLOCK):
            part = rows[begin : begin + BLOCK]
            asked = asking.keys.take(part), asking.hashes.take(part), masks
            for met, own, distance in chain(self._at_levels(*asked), self._deep(*asked) if deep else ()):
                yield part.take(met), own, distance

    @cached_property
    def _depth(self) -> int:
        """How many levels there are."""
        counts = np.diff(self.bounds)
        survivors = 1 - np.cumsum(np.bincount(counts)) / len(counts)
        return int(np.argmax(survivors < DEEP))

    @cached_property
    def _deeper(self) -> NDArray[np.bool_]:
        """Which buckets have more than that."""
        return np.diff(self.bounds) > self._depth

    @cached_property
    def _levels(self) -> list[Hashes]:
        """The first hash of each bucket, the second, and so on; one of another bucket where there is none."""
        starts = self.bounds[:-1]
        return [self.hashes[step:].take(starts, mode="clip") for step in range(self._depth)]

    def _at_levels(self, keys: Positions, hashes: Hashes, masks: list[int]) -> Iterator[Block]:
        for step, level in enumerate(self._levels):
            for rows, buckets, distance in joined(self._met(level, keys, hashes, masks)):
                own = self.bounds.take(buckets) + step
                there = own < self.bounds[1:].take(buckets)
                yield rows[there], own[there], distance[there]

    def _deep(self, keys: Positions, hashes: Hashes, masks: list[int]) -> Iterator[Block]:
        for rows, buckets in joined(self._met_deep(keys, masks)):
            starts = self.bounds.take(buckets) + self._depth
            yield from self._runs(hashes, rows, starts, self.bounds[1:].take(buckets) - starts)

    def _met(self, level: Hashes, keys: Positions, hashes: Hashes, masks: list[int]) -> Iterator[Arrays]:
        """The rows that are near a hash of a level, with its bucket and the distance."""
        wanted, differing = np.empty_like(keys), np.empty_like(hashes)
        distance = np.empty(len(keys), np.uint8)
        for mask in masks:
            np.bitwise_xor(keys, mask, out=wanted)
            level.take(wanted, mode="clip", out=differing)  # which is quicker, and no key is beyond
            np.bitwise_xor(differing, hashes, out=differing)
            np.bitwise_count(differing, out=distance)
            rows = (distance <= self.radius).nonzero()[0]
            if len(rows):
                yield rows, wanted.take(rows), distance.take(rows)

    def _met_deep(self, keys: Positions, masks: list[int]) -> Iterator[Arrays]:
        """The rows that have more to be compared with than the levels, and the bucket of that."""
        for mask in masks:
            wanted = keys ^ mask
            rows = self._deeper.take(wanted, mode="clip").nonzero()[0]
            if len(rows):
                yield rows, wanted.take(rows)

    def _runs(self, hashes: Hashes, rows: Positions, starts: Positions, counts: Positions) -> Iterator[Block]:
        """Compare some rows of hashes with `counts` own ones (> 0) from `starts` on, in blocks."""
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        for begin in range(0, total, RUN):
            end = min(begin + RUN, total)
            a, b = np.searchsorted(ends, [begin, end - 1], side="right").tolist()
            part = np.minimum(ends[a : b + 1], end) - np.maximum(ends[a : b + 1] - counts[a : b + 1], begin)
            others = np.repeat(starts[a : b + 1] + counts[a : b + 1] - ends[a : b + 1], part)
            others += np.arange(begin, end)
            differing = np.repeat(hashes.take(rows[a : b + 1]), part)
            differing ^= self.hashes.take(others)
            distance = np.bitwise_count(differing)
            hits = np.flatnonzero(distance <= self.radius)
            if len(hits):
                yield rows[np.searchsorted(ends, begin + hits, side="right")], others[hits], distance[hits]
