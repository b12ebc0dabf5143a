from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pixcrawler_core.splitting.assign import assign
from tests.core.splitting.conftest import far

SHARES = (0.8, 0.1, 0.1)
NONE = -1


class One(NamedTuple):
    """An image."""

    group: int
    category: int
    key: int
    split: int = NONE


def assigned(images: list[One], shares: tuple[float, ...] = SHARES, seed: int = 0) -> list[int]:
    columns = [np.array(column, np.int64) for column in zip(*images, strict=True)] or [
        np.empty(0, np.int64)
    ] * 4
    digests = np.array([far(image.key) for image in images], np.uint64)
    splits = assign(columns[0], columns[1], digests, columns[3].astype(np.int8), shares, seed)
    found: list[int] = splits.tolist()
    return found


def grouped(sizes: list[int], category: int = 0, first: int = 0) -> list[One]:
    """Groups of these sizes, all of one category, numbered from `first`."""
    numbered = [(first + group) for group, size in enumerate(sizes) for _ in range(size)]
    return [One(group, category, 1000 * first + key) for key, group in enumerate(numbered)]


SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=60)
SHARED = st.sampled_from(
    [(1.0,), (0.5, 0.5), (0.8, 0.1, 0.1), (0.6, 0.2, 0.2), (1 / 3, 1 / 3, 1 / 3), (0.98, 0.01, 0.01)]
)
MIXED = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 3)), max_size=60).map(
    lambda pairs: [
        One(sorted({group for group, _ in pairs}).index(group), category, key)
        for key, (group, category) in enumerate(pairs)
    ]
)
"""Images of a few groups, over a few categories."""


@given(images=MIXED, shares=SHARED, seed=st.integers(0, 9))
def test_no_group_stands_in_two_splits(images: list[One], shares: tuple[float, ...], seed: int) -> None:
    splits = defaultdict(set)
    for image, split in zip(images, assigned(images, shares, seed), strict=True):
        splits[image.group].add(split)
    assert all(len(found) == 1 for found in splits.values())
    assert set().union(*splits.values()) <= set(range(len(shares)))


@given(sizes=SIZES, shares=SHARED, seed=st.integers(0, 3))
def test_shares_hold_within_the_size_of_a_group(
    sizes: list[int], shares: tuple[float, ...], seed: int
) -> None:
    assume(min(shares) * sum(sizes) >= max(sizes))
    found = Counter(assigned(grouped(sizes), shares, seed))
    for split, share in enumerate(shares):
        assert abs(found[split] - share * sum(sizes)) <= max(sizes) + 1e-6


@given(sizes=SIZES, more=SIZES, shares=SHARED)
def test_shares_hold_in_each_category(sizes: list[int], more: list[int], shares: tuple[float, ...]) -> None:
    images = [*grouped(sizes), *grouped(more, 1, len(sizes))]
    splits = assigned(images, shares)
    for category, group_sizes in enumerate((sizes, more)):
        found = Counter(
            split for image, split in zip(images, splits, strict=True) if image.category == category
        )
        most, total = max(group_sizes), sum(group_sizes)
        if min(shares) * total >= most:
            assert all(abs(found[n] - share * total) <= most + 1e-6 for n, share in enumerate(shares))


@given(sizes=SIZES, shares=SHARED)
def test_every_split_has_an_image_of_each_category_with_enough_groups(
    sizes: list[int], shares: tuple[float, ...]
) -> None:
    found = Counter(assigned(grouped(sizes), shares))
    assert len(found) == min(len(sizes), len(shares))


@given(images=MIXED, order=st.randoms(use_true_random=False), shares=SHARED)
def test_neither_the_order_of_images_nor_the_numbers_of_groups_matter(
    images: list[One], order: object, shares: tuple[float, ...]
) -> None:
    shuffled = list(images)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    names = list(dict.fromkeys(image.group for image in shuffled))
    renamed = [image._replace(group=names.index(image.group)) for image in shuffled]
    before = dict(zip((image.key for image in images), assigned(images, shares), strict=True))
    after = dict(zip((image.key for image in renamed), assigned(renamed, shares), strict=True))
    assert before == after


@given(images=MIXED, shares=SHARED, cut=st.integers(0, 60))
def test_what_has_a_split_keeps_it_when_images_come(
    images: list[One], shares: tuple[float, ...], cut: int
) -> None:
    first = images[:cut]
    names = sorted({image.group for image in first})
    alone = assigned([image._replace(group=names.index(image.group)) for image in first], shares)
    known = [image._replace(split=split) for image, split in zip(first, alone, strict=True)]
    assert assigned([*known, *images[cut:]], shares)[: len(first)] == alone


@given(images=MIXED, shares=SHARED)
def test_nothing_changes_when_nothing_comes(images: list[One], shares: tuple[float, ...]) -> None:
    splits = assigned(images, shares)
    known = [image._replace(split=split) for image, split in zip(images, splits, strict=True)]
    assert assigned(known, shares) == splits
    assert assigned(known, shares, seed=9) == splits


@given(
    images=MIXED.flatmap(
        lambda images: st.tuples(*(st.builds(image._replace, split=st.integers(-1, 2)) for image in images))
    )
)
def test_a_group_that_joins_goes_where_most_of_it_is(images: tuple[One, ...]) -> None:
    splits = assigned(list(images))
    for group in {image.group for image in images}:
        had = Counter(image.split for image in images if image.group == group and image.split != NONE)
        (now,) = {split for image, split in zip(images, splits, strict=True) if image.group == group}
        assert not had or (had[now] == max(had.values()) and now == min(s for s in had if had[s] == had[now]))


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=8), shares=SHARED)
def test_images_that_come_one_by_one_fill_the_splits_too(sizes: list[int], shares: tuple[float, ...]) -> None:
    images = grouped(sizes)
    for group in range(len(sizes)):
        known = [image for image in images if image.group <= group]
        splits = iter(assigned(known, shares))
        images = [image._replace(split=next(splits)) if image.group <= group else image for image in images]
        assert len({image.split for image in images if image.group <= group}) == min(group + 1, len(shares))


def test_another_seed_gives_other_splits_of_the_same_shares() -> None:
    images = grouped([1] * 200)
    found = [assigned(images, seed=seed) for seed in range(5)]
    assert len({tuple(each) for each in found}) == 5
    assert all(Counter(each) == {0: 160, 1: 20, 2: 20} for each in found)


@pytest.mark.parametrize("sizes", [[1000, 1, 1], [1, 1000, 1], [1, 1, 1000]])
def test_a_giant_goes_to_the_largest_split(sizes: list[int]) -> None:
    assert sorted(Counter(assigned(grouped(sizes))).items()) == [(0, 1000), (1, 1), (2, 1)]


def test_filling_a_category_empties_no_other() -> None:
    images = [*grouped([1, 1, 1]), One(0, 1, 77), One(1, 1, 78), One(2, 1, 79)]
    splits = assigned(images)
    for category in (0, 1):
        assert {split for image, split in zip(images, splits, strict=True) if image.category == category} == {
            0, 1, 2,
        }  # fmt: skip
