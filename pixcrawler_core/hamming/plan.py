"""Chooses how to cut hashes into chunks, by what comparing would cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pixcrawler_core.hamming.bits import Hashes, radii

BLOCK = 1 << 15
"""Hashes compared by one call of numpy: few enough for a core's cache, enough to share the call's cost."""
SORT, SLOT, SAME, PROBE, ACROSS = 30.0, 1.0, 3.2, 6.0, 1.7
"""Nanoseconds: to sort a hash, for a bucket's place in the tables, to compare two hashes of a bucket, to look
up another bucket, to compare with a hash in it."""
CALLS, GROUP, CHUNK = 20_000.0, 15_000.0, 30_000.0
"""Nanoseconds: for numpy's calls for a mask, for those for a bit of the masks, for those for a chunk. All
were fitted to 140 times measured for 500 to a million hashes, on one core of a Xeon with AVX-512. Other
machines differ, but it is ratios that matter, and choices that are close cost about the same."""
ASKED, MET = 2.3, 2.1
"""Nanoseconds: to look up a bucket for another hash, and for a hash that may be met there; fitted to times of
eight million hashes in tables of a million, on one core of an AMD EPYC."""
WIDTHS = 9
"""How many widths of a chunk are tried, below one bucket a hash; wider ones would only cost memory."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some bits of a hash, and how many of them may differ."""

    shift: int
    """How many bits lie below it."""
    width: int
    radius: int

    def keys(self, hashes: Hashes) -> Hashes:
        """The chunk of each hash, as a number."""
        return hashes >> np.uint64(self.shift) & np.uint64((1 << self.width) - 1)


def plan(count: int, bits: int, radius: int, asking: int = 0) -> tuple[Chunk, ...]:
    """The chunks that find all pairs of `count` hashes within `radius` bits at the least cost.

    The pairs are those of `asking` other hashes with them; if there are none, those of themselves, which are
    distinct then. Only the highest `bits` bits of the hashes are cut, those which differ between hashes.
    """
    return _plan(count.bit_length(), bits, radius, asking.bit_length())


@lru_cache(maxsize=256)
def _plan(magnitude: int, bits: int, radius: int, asking: int) -> tuple[Chunk, ...]:
    count, others = 3 << magnitude >> 2, 3 << asking >> 2 if asking else 0  # between the powers of two
    most = max(1, min(radius + 1, bits))
    choices = (_cut(count, bits, radius, parts, others) for parts in range(1, most + 1))

    def whole(chunks: tuple[Chunk, ...]) -> float:
        return sum(cost(count, chunk.width, chunk.radius, others) for chunk in chunks)

    return min(choices, key=whole)


def _cut(count: int, bits: int, radius: int, parts: int, asking: int) -> tuple[Chunk, ...]:
    """As even chunks as can be, of each of which as many bits are used as is cheapest."""
    each, more = divmod(bits, parts)
    chunks, end = [], 64
    for part, allowed in enumerate(radii(radius, parts)):
        room = each + (part < more)
        most = min(room, count.bit_length())
        widths = range(max(0, most - WIDTHS), most + 1)
        width = min(widths, key=lambda width, allowed=allowed: cost(count, width, allowed, asking))  # type: ignore[misc]
        chunks.append(Chunk(shift=min(end - width, 63), width=width, radius=allowed))
        end -= room
    return tuple(chunks)


def cost(count: int, width: int, radius: int, asking: int = 0) -> float:
    """Nanoseconds to look through a chunk of evenly spread hashes, or to look others up in it."""
    masks = near(width, radius)
    tables = (count + asking) * SORT + (1 << width) * SLOT + CHUNK
    if asking:
        met = asking * ASKED + count * asking / (1 << width) * MET
        return tables + masks * ((asking / BLOCK + 1) * CALLS + met)
    pairs = count * count / 2 / (1 << width)
    across = (masks - 1) * ((count / 2 / BLOCK + 1) * CALLS + count / 2 * PROBE + pairs * ACROSS)
    return tables + pairs * SAME + across + (width * GROUP if masks > 1 else 0)


@lru_cache(maxsize=4096)
def near(width: int, radius: int) -> int:
    """How many numbers of `width` bits have at most `radius` bits set."""
    return sum(math.comb(width, bits) for bits in range(radius + 1))
