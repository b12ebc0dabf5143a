from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.splitting.groups import group_images
from pixcrawler_core.splitting.rules import SPLITS, Rules
from pixcrawler_core.splitting.table import Fact, collect, page_key
from tests.core.splitting.conftest import RULES, SHARES, fact, far

PAGES = st.sampled_from([None, "http://a.example/1", "http://a.example/2", "no address", ""])
HASHES = st.builds(
    lambda base, flips: base ^ sum(1 << bit for bit in flips),
    st.sampled_from([far(1), far(2), 0]),
    st.sets(st.integers(0, 63), max_size=9),
)
FACTS = st.lists(
    st.builds(fact, st.integers(0, 12), phash=st.none() | HASHES, page=PAGES), max_size=14
)  # of one row twice: the same bytes


def partition(facts: list[Fact], rules: Rules = RULES) -> set[frozenset[int]]:
    """The groups, as sets of places."""
    groups = group_images(collect(facts, SPLITS), rules)
    assert sorted(set(groups.tolist())) == list(range(len(set(groups.tolist()))))
    return {frozenset(np.flatnonzero(groups == group).tolist()) for group in groups}


def alike(one: Fact, other: Fact, rules: Rules) -> bool:
    near = (
        one.phash is not None
        and other.phash is not None
        and (int(one.phash, 16) ^ int(other.phash, 16)).bit_count() <= rules.radius
    )
    duplicate = "duplicates" in rules.together and (near or one.sha256 == other.sha256)
    return duplicate or bool("page" in rules.together and one.page and one.page == other.page)


def by_looking_at_all_pairs(facts: list[Fact], rules: Rules) -> set[frozenset[int]]:
    """The groups, found by joining sets until nothing is left to be joined."""
    groups = [{place} for place in range(len(facts))]
    for one, other in itertools.combinations(range(len(facts)), 2):
        if alike(facts[one], facts[other], rules):
            joined = [group for group in groups if group & {one, other}]
            groups = [group for group in groups if group not in joined] + [set.union(*joined)]
    return {frozenset(group) for group in groups}


@given(
    facts=FACTS,
    together=st.sampled_from([(), ("page",), ("duplicates",), ("duplicates", "page")]),
    radius=st.integers(0, 16),
)
def test_groups_are_those_of_all_pairs(facts: list[Fact], together: tuple[str, ...], radius: int) -> None:
    rules = Rules(shares=SHARES, together=together, radius=radius)
    assert partition(facts, rules) == by_looking_at_all_pairs(facts, rules)


def test_a_chain_is_one_group_however_it_is_linked() -> None:
    base = far(1)
    facts = [
        fact(1, "cat", base),
        fact(2, "dog", base ^ 0x3FF),  # ten bits from the first
        fact(3, "dog", base ^ 0x3FF ^ 0xFFC00, "http://a.example"),  # twenty from it
        fact(4, "cow", far(2), "HTTP://A.example:80/#top"),
        fact(5, "cat", far(3)),
    ]
    assert partition(facts) == {frozenset({0, 1, 2, 3}), frozenset({4})}


def test_one_bit_beyond_the_radius_is_another_group() -> None:
    assert partition([fact(1, phash=0), fact(2, phash=0x3FF)]) == {frozenset({0, 1})}
    assert partition([fact(1, phash=0), fact(2, phash=0x7FF)]) == {frozenset({0}), frozenset({1})}


def test_a_great_many_that_are_all_alike() -> None:
    rng = np.random.default_rng(1)
    flips = 1 << rng.integers(0, 64, (2500, 4)).astype(np.uint64)
    hashes = np.bitwise_or.reduce(flips, axis=1).tolist()
    facts = [fact(row, phash=value) for row, value in enumerate(hashes)] + [fact(9999, phash=far(1))]
    assert {len(group) for group in partition(facts)} == {2500, 1}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.example", "HTTP://A.EXAMPLE/", True),
        ("http://a.example/1", "http://a.example/2", False),
        ("http://a.example/1", "https://a.example/1", False),
        (" p. 12 of the book", "p. 12 of the book ", True),
        ("http://[", "http://]", False),
        ("http://a.example/\ud800", "http://a.example/?", True),
    ],
)
def test_pages_are_known_by_their_addresses(one: str, other: str, same: bool) -> None:
    assert (page_key(one) == page_key(other)) is same
    assert page_key(one) > 0


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_no_page_is_no_page(nothing: str | None) -> None:
    assert page_key(nothing) == 0
