from __future__ import annotations

import tracemalloc
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pixcrawler_core.dedup.grouping import Matches
from pixcrawler_core.dedup.hash_pairs import SHARED, HashPairs
from pixcrawler_core.records import Pair
from tests.core.hamming.hashes import KINDS, Hashes, few_bits, make_hashes

Keys = NDArray[np.int64]


def eight(kind: str, count: int, seed: int) -> Hashes:
    """Hashes of so many images in eight orientations; some of them are near the own hash of another image."""
    random = np.random.default_rng(seed)
    hashes = make_hashes(kind, 8 * count, seed).reshape(count, 8)
    planted = random.random((count, 8)) < 0.2
    others = hashes[random.integers(0, count, (count, 8)), 0] ^ few_bits(random, 8 * count, 9).reshape(
        count, 8
    )
    hashes[:, 1:] = np.where(planted, others, hashes)[:, 1:]
    return hashes


def pairs_of(hashes: Hashes, radius: int, least: int = 100) -> list[Pair]:
    """All pairs, in order; the key of an image is three times its place."""

    def turned_of(keys: Keys) -> Mapping[int, Hashes]:
        return {key: hashes[key // 3, 1:] for key in keys.tolist()}

    keys = 3 * np.arange(len(hashes))
    return sorted(HashPairs(keys, hashes[:, 0].copy(), turned_of, least).within(radius))


def expected(hashes: Hashes, radius: int) -> list[Pair]:
    """The same by comparing all with all."""
    distances = least_distances(hashes)
    return [
        Pair(
            3 * one, 3 * other, float(distances[one, other]), equal=bool((hashes[one] == hashes[other]).all())
        )
        for one, other in np.argwhere(np.triu(distances <= radius, 1)).tolist()
    ]


def least_distances(hashes: Hashes) -> NDArray[np.uint8]:
    across: NDArray[np.uint8] = np.bitwise_count(hashes[:, None, :1] ^ hashes).min(axis=2)
    return np.minimum(across, across.T)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.integers(0, 120),
    st.integers(0, 99),
    st.integers(0, 10),
    st.integers(7, 200),
)
def test_pairs_are_those_of_comparing_all(kind: str, count: int, seed: int, radius: int, least: int) -> None:
    hashes = eight(kind, count, seed) if count else np.zeros((0, 8), np.uint64)
    assume(np.unique(hashes, axis=0, return_counts=True)[1].max(initial=0) <= SHARED)
    assert pairs_of(hashes, radius, least) == expected(hashes, radius)


@pytest.mark.parametrize("least", [20, 1000])
@pytest.mark.parametrize("seed", range(3))
def test_of_many_with_the_same_hashes_some_stand_for_all(seed: int, least: int) -> None:
    """What is told says which are equal, so that all pairs and distances follow from it."""
    hashes = eight("clusters", 600, seed)
    hashes[:400] = hashes[np.random.default_rng(seed).integers(0, 6, 400)]
    right, told = expected(hashes, 8), pairs_of(hashes, 8, least)
    assert len(told) == len(set(told)) < 0.8 * len(right)
    assert set(told) < set(right)
    matches = Matches([told])
    links = [(image, link) for image in matches.images.tolist() for link in matches.of(image)]
    assert sorted((image, link.image, link.distance) for image, link in links if image < link.image) == [
        pair[:3] for pair in right
    ]


@pytest.mark.parametrize("least", [20, 1000])
def test_with_the_same_own_hash_images_are_not_yet_equal(least: int) -> None:
    hashes = eight("clusters", 200, 1)
    hashes[:100, 0] = hashes[0, 0]
    assert pairs_of(hashes, 8, least) == expected(hashes, 8)


def test_a_picture_repeated_by_the_thousand_is_not_paired_all_with_all() -> None:
    pairs = pairs_of(np.zeros((3000, 8), np.uint64), 8, 10_000)
    assert len(pairs) == len(set(pairs)) < SHARED * 3000
    assert {pair.second for pair in pairs if pair.first == 0} == set(range(3, 9000, 3))


def test_missing_turned_hashes_are_none() -> None:
    keys, own = np.array([5, 6, 9]), np.array([0, 1, 2**63], np.uint64)
    turned = {6: np.array([2**63 + 7], np.uint64)}
    pairs = sorted(HashPairs(keys, own, lambda _: turned).within(3))
    assert pairs == [Pair(5, 6, 1.0), Pair(5, 9, 1.0), Pair(6, 9, 2.0)]


def test_an_image_takes_150_bytes() -> None:
    hashes = make_hashes("even", 8 * 60_000, 4).reshape(-1, 8)
    keys, own = np.arange(60_000), hashes[:, 0].copy()

    def turned_of(asked: Keys) -> Mapping[int, Hashes]:
        return {key: hashes[key, 1:] for key in asked.tolist()}

    tracemalloc.start()
    list(HashPairs(keys, own, turned_of, 1000).within(1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 134 * len(keys)  # and 16 for keys and hashes
