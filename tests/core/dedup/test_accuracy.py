from __future__ import annotations

import pytest

from pixcrawler_core.dedup.accuracy import accuracy, found_pairs, true_pairs
from pixcrawler_core.dedup.grouping import Matches
from pixcrawler_core.records import Pair


def test_what_is_right_wrong_and_missed() -> None:
    truth = true_pairs({1: "a", 2: "a", 3: "a", 4: "b", 5: "c"})
    assert truth == {(1, 2), (1, 3), (2, 3)}
    told = accuracy("m", {(1, 2): 0.0, (1, 3): 1.0, (1, 4): 2.0, (4, 5): 3.0}, truth)
    assert told.right == 2
    assert told.wrong == {(1, 4): 2.0, (4, 5): 3.0}
    assert told.missed == {(2, 3)}
    assert (told.precision, told.recall) == (0.5, 2 / 3)
    assert told.f1 == pytest.approx(2 / (1 / 0.5 + 1 / (2 / 3)))


def test_nothing_to_be_measured() -> None:
    told = accuracy("m", {}, frozenset())
    assert (told.precision, told.recall, told.f1) == (None, None, None)
    assert accuracy("m", {(1, 2): 0.0}, frozenset()).recall is None
    assert accuracy("m", {}, frozenset({(1, 2)})).precision is None


def test_pairs_are_found_by_each_method() -> None:
    star = [Pair(1, 2, 0.0, equal=True), Pair(1, 3, 0.0, equal=True)]
    doubtful = [Pair(1, 2, 4.0, sure=False), Pair(2, 9, 4.0, sure=False), Pair(3, 4, 4.0, sure=False)]
    matches = Matches([star, doubtful])
    keys = dict.fromkeys([1, 2, 3, 4])
    found = found_pairs(matches, keys, 2, lambda one, other, _: (one, other) == (3, 4), 2)
    assert found == [{(1, 2): 0.0, (1, 3): 0.0, (2, 3): 0.0}, {(3, 4): 4.0}]
