"""Which rows of an index of vectors are equal: found by a hash of each, then compared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from pixcrawler_core.dedup.rowfile import Rows
from pixcrawler_core.dedup.slottable import Keys

Read = Callable[[int, Rows], None]
BLOCK = 1024
"""Rows read at a time."""
SEED = 1
"""Of the numbers by which a row is hashed; rows are compared before they count as equal."""


def leaders_of(used: int, width: int, read: Read, keys_of: Callable[[Keys], Keys]) -> Keys:
    """For each slot the first one that has an equal row; itself for one that is the first or has no key.

    `read` fills an array with the rows from a slot on, `keys_of` gives the keys of ascending slots, -1 for
    none. Rows of nothing but zeros are equal to none. Takes 24 bytes for each slot.
    """
    hashes = _hashes(used, width, read)
    leaders = np.arange(used)
    order = np.argsort(hashes, kind="stable")
    again = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
    shared = np.sort(order[np.union1d(again, again + 1)]) if len(again) else again
    shared = shared[keys_of(shared) >= 0]
    first: dict[int, int] = {}
    row, other = np.empty((1, width), np.int16), np.empty((1, width), np.int16)
    for slot in shared.tolist():
        leader = first.setdefault(int(hashes[slot]), slot)
        if leader == slot:
            continue
        read(leader, row)
        read(slot, other)
        if row.any() and np.array_equal(row, other):
            leaders[slot] = leader
    return leaders


def _hashes(used: int, width: int, read: Read) -> npt.NDArray[np.uint64]:
    odd = np.random.default_rng(SEED).integers(0, 2**63, width, np.uint64) * np.uint64(2) + np.uint64(1)
    hashes = np.empty(used, np.uint64)
    rows = np.empty((min(BLOCK, used), width), np.int16)
    for begin in range(0, used, BLOCK):
        block = rows[: min(BLOCK, used - begin)]
        read(begin, block)
        hashes[begin : begin + len(block)] = block.astype(np.uint64) @ odd
    return hashes
