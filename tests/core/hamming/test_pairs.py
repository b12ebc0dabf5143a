from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.hamming.pairs import Pairs, leaders, pair_blocks, pairs_between, pairs_within
from tests.core.hamming.hashes import KINDS, Hashes, all_distances, drawn_hashes, few_bits, make_hashes


def expect_exact(hashes: Hashes, radius: int, pairs: Pairs) -> None:
    """All pairs that comparing each with each finds, each once, and no others."""
    found = np.full((len(hashes), len(hashes)), 255, np.uint8)
    found[pairs.first, pairs.second] = pairs.distance
    assert np.count_nonzero(found < 255) == len(pairs.first)
    found = np.minimum(found, found.T)
    np.fill_diagonal(found, 0)
    told = found[pairs.leader[:, None], pairs.leader]
    distances = all_distances(hashes)
    assert np.array_equal(told, np.where(distances <= radius, distances, np.uint8(255)))


@settings(max_examples=120, deadline=None)
@given(drawn_hashes(300), st.integers(0, 12))
def test_pairs_are_those_of_comparing_all(hashes: Hashes, radius: int) -> None:
    pairs = pairs_within(hashes, radius)
    expect_exact(hashes, radius, pairs)
    assert (pairs.first < pairs.second).all()
    assert np.array_equal(pairs.leader[pairs.leader], pairs.leader)
    assert (pairs.leader <= np.arange(len(hashes))).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("count", "radius"), [(2500, 1), (2500, 4), (1500, 8), (600, 16), (200, 40), (99, 64)]
)
def test_each_way_of_cutting_finds_all(kind: str, count: int, radius: int) -> None:
    hashes = make_hashes(kind, count, seed=5)
    pairs = pairs_within(hashes, radius)
    expect_exact(hashes, radius, pairs)
    assert len(pairs.leader) == count


@settings(max_examples=30, deadline=None)
@given(drawn_hashes(200), st.integers(0, 12), st.integers(0, 99))
def test_the_order_of_the_hashes_does_not_matter(hashes: Hashes, radius: int, seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(hashes)
    one, other = pairs_within(hashes, radius), pairs_within(shuffled, radius)
    assert values(hashes, one) == values(shuffled, other)


def values(hashes: Hashes, pairs: Pairs) -> list[tuple[int, int, int]]:
    first, second = hashes[pairs.first].tolist(), hashes[pairs.second].tolist()
    return sorted(zip(map(min, first, second), map(max, first, second), pairs.distance.tolist(), strict=True))


def test_blocks_are_the_same_pairs() -> None:
    hashes = make_hashes("clusters", 2000, seed=1)
    pairs = pairs_within(hashes, 6)
    told: list[tuple[int, ...]] = []
    for block in pair_blocks(hashes, 6):
        told.extend(zip(*(part.tolist() for part in block), strict=True))
    expected = [pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist()]
    assert len(told) > 1000
    assert sorted(told) == list(zip(*expected, strict=True))
    assert np.array_equal(leaders(hashes), pairs.leader)


Found = list[tuple[int, int, int]]


def joined(hashes: Hashes, others: Hashes, radius: int) -> Found:
    """The pairs that are found, in order: place, place among the others, and distance."""
    blocks = pairs_between(hashes, others, radius)
    return sorted(pair for block in blocks for pair in zip(*(part.tolist() for part in block), strict=True))


def compared(hashes: Hashes, others: Hashes, radius: int) -> Found:
    """The same by comparing each with each."""
    distances = np.bitwise_count(hashes[:, None] ^ others)
    first, second = np.nonzero(distances <= radius)
    return list(zip(first.tolist(), second.tolist(), distances[first, second].tolist(), strict=True))


@settings(max_examples=120, deadline=None)
@given(drawn_hashes(200), drawn_hashes(300), st.integers(0, 12), st.integers(0, 99))
def test_pairs_of_two_lists_are_those_of_comparing_all(
    hashes: Hashes, others: Hashes, radius: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    if len(hashes):
        near = hashes[random.integers(0, len(hashes), len(others))] ^ few_bits(random, len(others), 10)
        others = np.where(random.random(len(others)) < 0.5, near, others)
    assert joined(hashes, others, radius) == compared(hashes, others, radius)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("count", "asking", "radius"), [(900, 400, 2), (250, 1800, 8), (60, 80, 64)])
def test_two_lists_of_each_kind(kind: str, count: int, asking: int, radius: int) -> None:
    hashes = make_hashes(kind, count, seed=5)
    for others in (make_hashes(kind, asking, seed=6), np.append(hashes, ~hashes)):
        assert joined(hashes, others, radius) == compared(hashes, others, radius)


def test_a_picture_repeated_by_the_thousand_takes_memory_by_the_picture() -> None:
    hashes = np.repeat(make_hashes("clusters", 40, seed=3), 5000)
    tracemalloc.start()
    pairs = pairs_within(hashes, 7)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(np.unique(pairs.leader)) == len(np.unique(hashes)) <= 40
    assert len(pairs.first) <= 40 * 39 / 2
    assert peak < 100 * len(hashes)  # all pairs of equal hashes would be 500 million


def test_blocks_take_no_memory_for_pairs() -> None:
    hashes = np.arange(3000, dtype=np.uint64) * np.uint64(3 << 20)
    tracemalloc.start()
    count = sum(len(first) for first, _, _ in pair_blocks(hashes, 13))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count > 3_000_000
    assert peak < 8_000_000  # these pairs, held, would be 50 MB


@pytest.mark.parametrize("radius", [-1, 65])
def test_a_radius_out_of_range_is_refused(radius: int) -> None:
    with pytest.raises(ValueError, match=f"radius is {radius}; it must be from 0 to 64"):
        pairs_within(np.zeros(3, np.uint64), radius)


@pytest.mark.parametrize("hashes", [np.zeros(3, np.int64), np.zeros((3, 1), np.uint64)])
def test_other_arrays_are_refused(hashes: Hashes) -> None:
    with pytest.raises(ValueError, match=r"give uint64\[n\]"):
        pair_blocks(hashes, 7)
    with pytest.raises(ValueError, match=r"give uint64\[n\]"):
        list(pairs_between(np.zeros(3, np.uint64), hashes, 7))
