"""What quality is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.quality import grade, quality


def test_it_is_the_mean_of_what_was_told() -> None:
    assert quality([0.2, None, 0.6]) == pytest.approx(0.4)
    assert quality([None]) is None
    assert quality([]) is None


@pytest.mark.parametrize(
    ("score", "name"), [(1, "high"), (0.7, "high"), (0.699, "medium"), (0.5, "medium"), (0.499, "low")]
)
def test_grades(score: float, name: str) -> None:
    assert grade(score) == name


@given(st.lists(st.floats(0, 1), min_size=1))
def test_it_lies_among_the_scores(scores: list[float]) -> None:
    found = quality(scores)
    assert found is not None
    assert min(scores) - 1e-9 <= found <= max(scores) + 1e-9
