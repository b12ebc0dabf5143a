"""All pairs of 64-bit hashes that differ in a few bits, found exactly without comparing each with each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.hamming.bits import Hashes, bit_order, checked_hashes, checked_radius
from pixcrawler_core.hamming.plan import Chunk, plan
from pixcrawler_core.hamming.table import Block, Distances, Positions, Table, joined, whole


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
    first, second, distance = whole([none, *_search(distinct, checked_radius(radius))])
    order = np.lexsort((second, first))
    return Pairs(first[order], second[order], distance[order], distinct.leader)


def pair_blocks(hashes: Hashes, radius: int) -> Iterator[Block]:
    """The pairs of leaders of `pairs_within`, each exactly once, in small blocks and no particular order.

    For when there may be more pairs than memory can hold. Equal hashes are left to `leaders`.
    """
    return _search(_Distinct(checked_hashes(hashes)), checked_radius(radius))


def pairs_between(hashes: Hashes, others: Hashes, radius: int) -> Iterator[Block]:
    """All pairs of one of `hashes` and one of `others` within `radius` bits, in blocks, in no order.

    Positions in the first, positions in the second, and distances from 0 on; each pair once, those of equal
    hashes too. Takes 80 bytes of memory for each of either, and least time if there are more others. Raises
    ValueError as `pairs_within` does, with the first block.
    """
    hashes, others, radius = checked_hashes(hashes), checked_hashes(others), checked_radius(radius)
    if not len(hashes) or not len(others):
        return
    varying = _varying(hashes)
    hashes, others = bit_order(varying)(hashes), bit_order(varying)(others)
    done: list[Chunk] = []
    for chunk in plan(len(hashes), varying.bit_count(), radius, len(others)):
        blocks = Table(hashes, chunk, radius).near_to(Table(others, chunk, radius))
        for first, second, distance in joined(blocks):
            fresh = _unmet(hashes[first] ^ others[second], done)
            yield first[fresh], second[fresh], distance[fresh]
        done.append(chunk)


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
    varying = _varying(hashes)
    hashes = bit_order(varying)(hashes)
    done: list[Chunk] = []
    for chunk in plan(len(hashes), varying.bit_count(), radius):
        for first, second, distance in joined(Table(hashes, chunk, radius).near()):
            fresh = _unmet(hashes[first] ^ hashes[second], done)
            one, other = distinct.positions[first[fresh]], distinct.positions[second[fresh]]
            yield np.minimum(one, other), np.maximum(one, other), distance[fresh]
        done.append(chunk)


def _varying(hashes: Hashes) -> int:
    """The bits that are not the same in all hashes."""
    return int(np.bitwise_or.reduce(hashes) & ~np.bitwise_and.reduce(hashes))


def _unmet(differing: Hashes, chunks: list[Chunk]) -> NDArray[np.bool_]:
    """Which of some pairs, by the bits that differ, did not meet in one of these chunks."""
    unmet = np.ones(len(differing), bool)
    for chunk in chunks:
        unmet &= np.bitwise_count(chunk.keys(differing)) > chunk.radius
    return unmet
