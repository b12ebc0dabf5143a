"""The measure that the accuracy of checks is told in."""

from __future__ import annotations

import pytest
from accuracy.auc import auc
from hypothesis import given
from hypothesis import strategies as st

SCORES = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=30)


@given(good=SCORES, bad=SCORES)
def test_it_is_the_share_of_pairs_in_which_the_good_one_scores_higher(
    good: list[float], bad: list[float]
) -> None:
    pairs = [1.0 if one > other else 0.5 if one == other else 0.0 for one in good for other in bad]
    assert auc(good, bad) == pytest.approx(sum(pairs) / len(pairs))


@given(good=SCORES, bad=SCORES)
def test_exchanging_good_and_bad_turns_it_round(good: list[float], bad: list[float]) -> None:
    assert auc(good, bad) == pytest.approx(1 - auc(bad, good))
