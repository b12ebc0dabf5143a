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


def plan(count: int, bits: int, radius: int) -> tuple[Chunk, ...]:
    """The chunks that find all pairs of `count` distinct hashes within `radius` bits at the least cost.

    Only the highest `bits` bits of the hashes are cut, those which differ between hashes.
    """
    return _plan(count.bit_length(), bits, radius)


@lru_cache(maxsize=256)
def _plan(magnitude: int, bits: int, radius: int) -> tuple[Chunk, ...]:
    count = 3 << magnitude >> 2  # between the powers of two
    choices = (_cut(count, bits, radius, parts) for parts in range(1, min(radius + 1, bits) + 1))
    return min(choices, key=lambda chunks: sum(cost(count, chunk.width, chunk.radius) for chunk in chunks))


def _cut(count: int, bits: int, radius: int, parts: int) -> tuple[Chunk, ...]:
    """As even chunks as can be, of each of which as many bits are used as is cheapest."""
    each, more = divmod(bits, parts)
    chunks, end = [], 64
    for part, allowed in enumerate(radii(radius, parts)):
        room = each + (part < more)
        most = min(room, count.bit_length())
        widths = range(max(0, most - WIDTHS), most + 1)
        width = min(widths, key=lambda width, allowed=allowed: cost(count, width, allowed))  # type: ignore[misc]
        chunks.append(Chunk(shift=min(end - width, 63), width=width, radius=allowed))
        end -= room
    return tuple(chunks)


def cost(count: int, width: int, radius: int) -> float:
    """Nanoseconds to look through a chunk of evenly spread hashes."""
    pairs = count * count / 2 / (1 << width)
    masks = near(width, radius) - 1
    calls = masks * (count / 2 / BLOCK + 1) * CALLS + (width * GROUP if masks else 0) + CHUNK
    across = masks * (count / 2 * PROBE + pairs * ACROSS)
    return count * SORT + (1 << width) * SLOT + pairs * SAME + across + calls


@lru_cache(maxsize=4096)
def near(width: int, radius: int) -> int:
    """How many numbers of `width` bits have at most `radius` bits set."""
    return sum(math.comb(width, bits) for bits in range(radius + 1))
