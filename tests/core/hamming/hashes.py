"""Hashes for tests: spread evenly, in clusters, and those that make buckets uneven."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
KINDS = ("even", "clusters", "few bits", "one quarter", "repeated", "single bits")


def make_hashes(kind: str, count: int, seed: int) -> Hashes:
    """`count` hashes of a kind."""
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 2**64, count, dtype=np.uint64)
    match kind:
        case "clusters":
            return hashes[random.integers(0, 1 + count // 8, count)] ^ few_bits(random, count, 14)
        case "few bits":
            return hashes & bits_of(random.choice(64, 18, replace=False))
        case "one quarter":
            return hashes & bits_of(random.choice(64, 40, replace=False)) | np.uint64(1 << 63)
        case "repeated":
            return hashes[random.integers(0, 1 + count // 20, count)]
        case "single bits":
            return few_bits(random, count, 2) ^ np.where(hashes & np.uint64(1), ~np.uint64(0), np.uint64(0))
    return hashes


def few_bits(random: np.random.Generator, count: int, most: int) -> Hashes:
    """`count` numbers with up to `most` bits set anywhere."""
    bits = np.uint64(1) << random.integers(0, 64, (count, most), dtype=np.uint64)
    used = np.arange(most) < random.integers(0, most + 1, (count, 1))
    numbers: Hashes = np.bitwise_or.reduce(np.where(used, bits, np.uint64(0)), axis=1)
    return numbers


def bits_of(bits: NDArray[np.int64]) -> np.uint64:
    """The number with these bits set."""
    return np.uint64(sum(1 << bit for bit in bits.tolist()))


def all_distances(hashes: Hashes) -> NDArray[np.uint8]:
    """How many bits each differs from each other, by comparing all."""
    distances: NDArray[np.uint8] = np.bitwise_count(hashes[:, None] ^ hashes)
    return distances


def drawn_hashes(most: int) -> st.SearchStrategy[Hashes]:
    """Up to `most` hashes of any kind, or chosen one by one."""
    chosen = st.lists(drawn_hash(), max_size=12).map(lambda values: np.array(values, np.uint64))
    return chosen | st.builds(make_hashes, st.sampled_from(KINDS), st.integers(0, most), st.integers(0, 99))


def drawn_hash() -> st.SearchStrategy[int]:
    """Any hash, or one of few bits."""
    few = st.sets(st.integers(0, 63), max_size=10).map(lambda bits: sum(1 << bit for bit in bits))
    return st.integers(0, 2**64 - 1) | few
