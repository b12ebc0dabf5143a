"""All pairs of 64-bit hashes that differ in a few bits, found exactly without comparing each with each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.hamming.bits import Hashes, bit_order, checked_hashes, checked_radius, masks_within
from pixcrawler_core.hamming.plan import BLOCK, Chunk, plan

Positions = NDArray[np.int64]
Distances = NDArray[np.uint8]
Block = tuple[Positions, Positions, Distances]
RUN = 15_000
"""Comparisons by one call where both sides are gathered into new arrays: glibc keeps those below 128 kB at
hand, and asks the kernel for memory anew for larger ones."""
NARROW = 16
"""Bits of keys up to which numpy sorts by digits."""
DEEP = 0.2
"""Buckets are read side by side to the depth that this share of them has, and the rest one by one."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What is near what. Equal hashes count once, so that a picture seen 5,000 times is not 12 million pairs.

    `leader` has for each hash the position of the first one equal to it. `first`, `second` and `distance`, of
    equal length and in order, are the pairs of leaders: first < second, and 1 <= distance <= radius. So two
    hashes are near if their leaders are the same (0 bits) or a pair; groups come from joining each hash with
    its leader, and the two of each pair.
    """

    first: Positions
    second: Positions
    distance: Distances
    leader: Positions


def pairs_within(hashes: Hashes, radius: int) -> Pairs:
    """All pairs within `radius` bits (0 to 64) of `hashes` (uint64[n]), each exactly once, for n < 2**32.

    A million hashes take about two seconds for a radius of 7 (benchmarks/README.md has more), 120 bytes of
    memory each, and 50 for each pair, which `pair_blocks` does without. Raises ValueError for another radius
    or type.
    """
    distinct = _Distinct(checked_hashes(hashes))
    none = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8)
    first, second, distance = _whole([none, *_search(distinct, checked_radius(radius))])
    order = np.lexsort((second, first))
    return Pairs(first[order], second[order], distance[order], distinct.leader)


def pair_blocks(hashes: Hashes, radius: int) -> Iterator[Block]:
    """The pairs of leaders of `pairs_within`, each exactly once, in small blocks and no particular order.

    For when there may be more pairs than memory can hold. Equal hashes are left to `leaders`.
    """
    return _search(_Distinct(checked_hashes(hashes)), checked_radius(radius))


def leaders(hashes: Hashes) -> Positions:
    """For each hash the position of the first one equal to it."""
    return _Distinct(checked_hashes(hashes)).leader


class _Distinct:
    """The distinct hashes in order, and where each was met first."""

    def __init__(self, hashes: Hashes) -> None:
        order = np.argsort(hashes)
        ordered = hashes.take(order)
        new = np.ones(len(ordered), bool)
        np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
        starts = np.flatnonzero(new)
        self.hashes = ordered.take(starts)
        self.positions = np.minimum.reduceat(order, starts) if len(order) else order
        self.leader = np.empty_like(order)
        self.leader[order] = np.repeat(self.positions, np.diff(starts, append=len(order)))


def _search(distinct: _Distinct, radius: int) -> Iterator[Block]:
    hashes = distinct.hashes
    if len(hashes) < 2 or not radius:
        return
    varying = int(np.bitwise_or.reduce(hashes) & ~np.bitwise_and.reduce(hashes))
    hashes = bit_order(varying)(hashes)
    done: list[Chunk] = []
    for chunk in plan(len(hashes), varying.bit_count(), radius):
        for first, second, distance in _joined(_Table(hashes, chunk, radius).near()):
            differing = hashes[first] ^ hashes[second]
            fresh = np.ones(len(first), bool)
            for earlier in done:
                fresh &= np.bitwise_count(earlier.keys(differing)) > earlier.radius
            one, other = distinct.positions[first[fresh]], distinct.positions[second[fresh]]
            yield np.minimum(one, other), np.maximum(one, other), distance[fresh]
        done.append(chunk)


def _joined(blocks: Iterator[Block]) -> Iterator[Block]:
    """Larger blocks, which cost fewer calls."""
    waiting: list[Block] = []
    room = BLOCK
    for block in blocks:
        waiting.append(block)
        room -= len(block[0])
        if room <= 0:
            yield _whole(waiting)
            waiting, room = [], BLOCK
    if waiting:
        yield _whole(waiting)


def _whole(blocks: list[Block]) -> Block:
    first, second, distance = zip(*blocks, strict=True)
    return np.concatenate(first), np.concatenate(second), np.concatenate(distance)


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


class _Table:
    """Hashes sorted into the buckets of one chunk. Positions in it are those of the sorted order."""

    def __init__(self, hashes: Hashes, chunk: Chunk, radius: int) -> None:
        self.chunk = chunk
        self.radius = radius
        self.order, self.keys = _sorted(chunk.keys(hashes), chunk.width)
        self.hashes = hashes.take(self.order)
        self.counts = np.bincount(self.keys, minlength=1 << chunk.width)
        self.starts = np.cumsum(self.counts) - self.counts

    def near(self) -> Iterator[Block]:
        """Pairs within the radius that meet in the chunk, each once, by their number in the given hashes."""
        for rows, others, distance in chain(self._same_bucket(), self._other_buckets()):
            yield self.order.take(rows), self.order.take(others), distance

    def _same_bucket(self) -> Iterator[Block]:
        rows = np.arange(len(self.keys))
        after = (self.starts + self.counts).take(self.keys) - rows - 1
        followed = np.flatnonzero(after)
        return self._runs(followed, followed + 1, after.take(followed))

    def _other_buckets(self) -> Iterator[Block]:
        masks = masks_within(self.chunk.width, self.chunk.radius)
        if len(masks) == 1:
            return
        survivors = 1 - np.cumsum(np.bincount(self.counts)) / len(self.counts)
        depth = int(np.argmax(survivors < DEEP))
        deeper = self.counts > depth
        for bit in range(self.chunk.width):
            group = masks[masks >> bit == 1].tolist()
            half = np.flatnonzero(self.keys >> bit & 1 == 0)
            for begin in range(0, len(half), BLOCK):
                yield from self._across(half[begin : begin + BLOCK], group, depth, deeper)

    def _across(
        self, rows: Positions, masks: list[int], depth: int, deeper: NDArray[np.bool_]
    ) -> Iterator[Block]:
        """Compare the hashes at `rows` with those in the buckets that are one of `masks` away from theirs."""
        keys, hashes = self.keys.take(rows), self.hashes.take(rows)
        wanted, starts, differing = np.empty_like(keys), np.empty_like(keys), np.empty_like(hashes)
        distance = np.empty(len(rows), np.uint8)
        for mask in masks:
            np.bitwise_xor(keys, mask, out=wanted)
            self.starts.take(wanted, mode="clip", out=starts)  # no key is beyond the table
            for step in range(depth):
                self.hashes[step:].take(starts, mode="clip", out=differing)
                np.bitwise_xor(differing, hashes, out=differing)
                np.bitwise_count(differing, out=distance)
                hits = np.flatnonzero(distance <= self.radius)
                if len(hits):  # some may be of the next bucket
                    own = hits[self.counts.take(wanted.take(hits)) > step]
                    yield rows[own], starts[own] + step, distance[own]
            more = np.flatnonzero(deeper.take(wanted, mode="clip"))
            if len(more):
                counts = self.counts.take(wanted.take(more)) - depth
                yield from self._runs(rows.take(more), starts.take(more) + depth, counts)

    def _runs(self, rows: Positions, starts: Positions, counts: Positions) -> Iterator[Block]:
        """Compare each hash with `counts` others (> 0) from `starts` on, a block of comparisons at a time."""
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        for begin in range(0, total, RUN):
            end = min(begin + RUN, total)
            a, b = np.searchsorted(ends, [begin, end - 1], side="right").tolist()
            part = np.minimum(ends[a : b + 1], end) - np.maximum(ends[a : b + 1] - counts[a : b + 1], begin)
            others = np.repeat(starts[a : b + 1] + counts[a : b + 1] - ends[a : b + 1], part)
            others += np.arange(begin, end)
            differing = np.repeat(self.hashes.take(rows[a : b + 1]), part)
            differing ^= self.hashes.take(others)
            distance = np.bitwise_count(differing)
            hits = np.flatnonzero(distance <= self.radius)
            if len(hits):
                yield rows[np.searchsorted(ends, begin + hits, side="right")], others[hits], distance[hits]
