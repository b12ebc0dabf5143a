from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.dedup.grouping import Duplicate, Group, Matches, group, groups
from pixcrawler_core.dedup.settling import LARGE, settled
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.records import Pair

IMAGES = 9
METHODS = 2


def certain(*_: int) -> bool:
    """What says yes to every match that is not sure."""
    return True


def ranked(order: str) -> dict[int, int]:
    """Ranks of images that are named by letters, best first."""
    return {ord(letter): rank for rank, letter in enumerate(order)}


def pair(two: str, distance: float = 1.0, *, sure: bool = True, equal: bool = False) -> Pair:
    first, second = sorted(map(ord, two))
    return Pair(first, second, distance, sure, equal)


def told(found: list[Group]) -> dict[str, str]:
    """Groups in letters."""
    return {chr(each.kept): "".join(chr(image) for image, *_ in each.duplicates) for each in found}


def grouped(pairs: list[Pair], order: str) -> dict[str, str]:
    return told(list(groups(Matches([pairs]), ranked(order), certain)))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[list[Pair]], dict[int, int], set[tuple[int, int, int]]]:
    """Pairs by method, ranks of images, and which of the doubtful matches turn out not to be one.

    Pairs are made from fingerprints: numbers that match when they are neighbours, and a turn, so that not all
    at distance 0 are equal. As indexes do, of equal ones only the first is paired with the others.
    """
    methods = []
    for _ in range(METHODS):
        fingerprint = st.tuples(st.integers(0, 12), st.booleans())
        prints = draw(st.lists(fingerprint, min_size=IMAGES, max_size=IMAGES))
        leaders = [prints.index(each) for each in prints]
        doubtful = draw(st.sets(st.integers(0, 2)))
        methods.append(
            [
                Pair(one, other, distance, distance not in doubtful, prints[one] == prints[other])
                for one, other in combinations(range(IMAGES), 2)
                if (distance := abs(prints[one][0] - prints[other][0])) <= 2
                and leaders[one] == one
                and leaders[other] in (one, other)
            ]
        )
    ranks = {image: rank for rank, image in enumerate(draw(st.permutations(range(IMAGES))))}
    for image in draw(st.sets(st.integers(0, IMAGES - 1), max_size=3)):
        del ranks[image]
    numbers = st.tuples(*(st.integers(0, top) for top in (IMAGES - 1, IMAGES - 1, METHODS - 1)))
    return methods, ranks, draw(st.sets(numbers, max_size=12))


def truth(
    methods: list[list[Pair]], no: set[tuple[int, int, int]]
) -> dict[tuple[int, int], list[tuple[bool, int, float]]]:
    """Which images match each other, told without the classes, with all ways in which they do."""
    found: dict[tuple[int, int], list[tuple[bool, int, float]]] = {}
    for method, pairs in enumerate(methods):
        near: dict[tuple[int, int], tuple[float, bool]] = {}
        equal = {image: {image} for image in range(IMAGES)}
        for first, second, distance, sure, same in pairs:
            near[first, second] = near[second, first] = (distance, sure)
            if same:
                equal[first] |= {second}
                equal[second] |= {first}
        for image in range(IMAGES):
            equal[image] |= {far for other in equal[image] for far in equal[other]}
        for one, other in combinations(range(IMAGES), 2):
            ways = [near[a, b] for a in equal[one] for b in equal[other] if (a, b) in near and (a != b)]
            if not ways:
                continue
            distance = 0.0 if other in equal[one] else min(ways)[0]
            sure = all(sure for far, sure in ways if far == distance)
            if sure or not {(one, other, method), (other, one, method)} & no:
                found.setdefault((one, other), []).append((not sure, method, distance))
    return found


@given(worlds())
def test_the_rule(world: tuple[list[list[Pair]], dict[int, int], set[tuple[int, int, int]]]) -> None:
    methods, ranks, no = world

    def same(one: int, other: int, method: int) -> bool:
        return not {(one, other, method), (other, one, method)} & no

    found = list(groups(Matches(methods), ranks, same))
    matching = truth(methods, no)
    removed = {image for each in found for image, *_ in each.duplicates}
    kept = [image for image in sorted(ranks, key=ranks.__getitem__) if image not in removed]
    assert all(each.kept in kept for each in found)
    assert not [two for two in combinations(sorted(kept), 2) if two in matching]
    assert len(removed) == sum(len(each.duplicates) for each in found)
    for each in found:
        for image, method, distance in each.duplicates:
            mine = (min(image, each.kept), max(image, each.kept))
            assert ranks[each.kept] < ranks[image]
            assert min(matching[mine])[1:] == (method, distance)
            better = [one for one in kept if (min(one, image), max(one, image)) in matching]
            assert better[0] == each.kept


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_pairs_is_of_no_account(
    world: tuple[list[list[Pair]], dict[int, int], set[tuple[int, int, int]]], chance: random.Random
) -> None:
    methods, ranks, _ = world
    shuffled = [chance.sample(pairs, len(pairs)) for pairs in methods]
    assert list(groups(Matches(methods), ranks, certain)) == list(groups(Matches(shuffled), ranks, certain))


def test_the_best_image_takes_what_matches_it() -> None:
    assert grouped([pair("ab"), pair("ac"), pair("bc")], "bac") == {"b": "ac"}
    assert grouped([], "ab") == {}


def test_a_chain_removes_nothing_that_the_kept_image_does_not_match() -> None:
    chain = [pair("ab"), pair("bc"), pair("cd")]
    assert grouped(chain, "abcd") == {"a": "b", "c": "d"}
    assert grouped(chain, "bacd") == {"b": "ac"}


def test_what_equals_a_duplicate_is_one_too() -> None:
    """Indexes pair only the first of equal images with the others, and with what is near."""
    star = [pair("ab", 0, equal=True), pair("ac", 0, equal=True), pair("ax", 3), pair("xy", 0, equal=True)]
    assert grouped(star, "caxby") == {"c": "abxy"}
    assert grouped(star, "ycxba") == {"y": "abcx"}
    assert grouped(star, "bc") == {"b": "c"}, "the first one does not count, yet links the others"


def test_what_is_at_no_distance_need_not_be_equal() -> None:
    """Of turned pictures one hash may be the same, and what is near to one is far from the other."""
    assert grouped([pair("ab", 0), pair("ax", 3)], "bax") == {"b": "a"}


def test_of_several_distances_the_least_counts() -> None:
    several = [pair("ab", 0, equal=True), pair("ax", 3), pair("bx", 2), pair("bx", 1, sure=False)]
    for turn in (several, several[::-1]):
        (link,) = (link for link in Matches([turn]).of(ord("a")) if link.image == ord("x"))
        assert (link.sure, link.distance) == (True, 2.0)


def test_a_sure_match_counts_before_the_order_of_methods() -> None:
    asked: list[tuple[int, int, int]] = []

    def same(kept: int, other: int, method: int) -> bool:
        asked.append((kept, other, method))
        return method == 2

    doubtful = [pair("ab", 0.5, sure=False), pair("ac", 0.5, sure=False), pair("ad", 0.5, sure=False)]
    matches = Matches([doubtful, [pair("ab", 7)], [pair("ac", 4, sure=False)]])
    (found,) = groups(matches, ranked("abcd"), same)
    assert found == Group(ord("a"), (Duplicate(ord("b"), 1, 7.0), Duplicate(ord("c"), 2, 4.0)))
    assert asked == [(ord("a"), ord("c"), 0), (ord("a"), ord("c"), 2), (ord("a"), ord("d"), 0)]


@pytest.mark.parametrize("images", [LARGE - 1, LARGE + 1])
def test_in_threads_the_groups_are_the_same(images: int) -> None:
    """Large parts are looked at beforehand, by the better image first, and only once."""
    chance = random.Random(images)
    chain = [Pair(one, one + 1, chance.random(), chance.random() < 0.2) for one in range(images - 1)]
    jumps = [Pair(one, one + 3, chance.random(), sure=False) for one in range(images - 3)]
    certainly = {(one.first, one.second): one._replace(sure=True) for one in jumps[1::4]}
    matches = Matches([jumps, [*chain, *jumps[::2], *certainly.values()]])
    ranks = {image: chance.random() for image in range(images)}
    asked: list[tuple[int, int, int]] = []

    def same(kept: int, other: int, method: int) -> bool:
        asked.append((kept, other, method))
        return (kept + other + method) % 3 == 0

    wanted = sorted(groups(matches, ranks, same))
    lazily = set(asked)
    asked.clear()
    found = settled(matches, ranks, same, 2, lambda things, _: iter(things))
    assert sorted(found) == wanted
    assert len(asked) == len(set(asked))
    assert set(asked) >= lazily
    assert (set(asked) == lazily) == (images < LARGE)
    assert all(ranks[kept] < ranks[other] for kept, other, _ in asked)
    assert not {(min(two), max(two)) for *two, _ in asked} & certainly.keys()


def test_parts_can_be_grouped_one_by_one() -> None:
    matches = Matches([[pair("ab"), pair("xy")], [pair("bc")]])
    parts = [set(part) for part in matches.parts()]
    assert parts == [set(map(ord, "abc")), set(map(ord, "xy"))]
    assert [told(group(part, matches, ranked("abcxy"), certain)) for part in parts] == [
        {"a": "b"},
        {"x": "y"},
    ]


def test_where_nothing_is_in_doubt_nothing_is_looked_at_beforehand() -> None:
    sure = [Pair(one, other, 1.0) for one, other in combinations(range(2 * LARGE), 2)]
    doubtful = [Pair(1, 2, 1.0, sure=False), Pair(500, 501, 0.0, sure=False, equal=True)]
    matches = Matches([sure, doubtful])
    assert matches.in_doubt() == {1, 2, 500, 501}
    assert Matches([sure]).in_doubt() == Matches([]).in_doubt() == frozenset()
    shown: list[int] = []

    def watched(things: Iterable[Any], count: int) -> Iterator[Any]:
        shown.append(count)
        return iter(things)

    (found,) = settled(Matches([sure]), {key: key for key in range(2 * LARGE)}, certain, 2, watched)
    assert (found.kept, len(found.duplicates)) == (0, 2 * LARGE - 1)
    assert shown == [0, 1]


def test_what_matches_an_image_is_told() -> None:
    matches = Matches([[pair("ab", 2, sure=False)], [pair("ab", 0, equal=True), pair("bc", 0, equal=True)]])
    assert [(chr(link.image), link.sure, link.method, link.distance) for link in matches.of(ord("a"))] == [
        ("b", True, 1, 0.0),
        ("b", False, 0, 2.0),
        ("c", True, 1, 0.0),
    ]
    assert matches.of(ord("z")) == Matches([]).of(1) == []
    assert list(Matches([[]]).parts()) == []


def test_more_pairs_than_memory_is_for_are_an_error() -> None:
    pairs = [Pair(one, other, 1.0) for one, other in combinations(range(400), 2)]
    assert len(list(groups(Matches([pairs], len(pairs)), {key: key for key in range(400)}, certain))) == 1
    with pytest.raises(ConfigError, match=r"more than 79,799 pairs .* \(a smaller --radius\)"):
        Matches([pairs], len(pairs) - 1)


def test_many_pairs() -> None:
    chance = random.Random(1)
    pairs = [Pair(one, one + 1 + chance.randrange(9), 1.0) for one in range(0, 200_000, 20)]
    star = [Pair(0, image, 0.0, equal=True) for image in range(1, 20_000)]
    found = list(groups(Matches([pairs, star]), {key: key for key in range(200_000)}, certain))
    assert len(found) == 1 + (200_000 - 20_000) // 20
