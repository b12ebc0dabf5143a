"""From where on vectors are near, and how many of them are told."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pixcrawler_core.dedup.nearest import Limits
from tests.core.dedup import filling

LIMITS = Limits(sure=0.9, maybe=0.5, most=3)


def at(cosine: float) -> dict[str, Any]:
    """A vector with this cosine to the first axis."""
    return {"vector": [cosine, np.sqrt(1 - cosine**2)]}


@pytest.mark.parametrize("flushed", [True, False])
def test_only_the_nearest_unsure_ones_are_told_and_all_sure_ones(tmp_path: Path, flushed: bool) -> None:
    cosines = {1: 0.55, 2: 0.8, 3: 0.95, 4: 0.6, 5: 0.89, 6: 0.91, 7: 0.8, 8: 0.93, 9: 0.99, 10: 0.4}
    with closing(filling.opened(tmp_path, LIMITS, width=2)) as index:
        for key, cosine in cosines.items():
            index.add(key, at(cosine))
        if flushed:
            index.flush()
        told = [(match.key, match.sure) for match in index.find(at(1.0))]
        assert told == [(9, True), (3, True), (8, True), (6, True), (5, False), (2, False), (7, False)]


@pytest.mark.parametrize("most", [0, 1])
def test_sure_ones_are_told_whatever_the_number_of_others(tmp_path: Path, most: int) -> None:
    with closing(filling.opened(tmp_path, Limits(sure=0.9, maybe=0.5, most=most), width=2)) as index:
        for key, cosine in enumerate((0.7, 0.6, 0.92, 0.97)):
            index.add(key, at(cosine))
        index.flush()
        index.add(4, at(0.8))  # waits to be written, and is compared first
        assert [match.key for match in index.find(at(1.0))] == [3, 2, 4][: 2 + most]


def test_the_limits_are_exact(tmp_path: Path) -> None:
    with closing(filling.opened(tmp_path, LIMITS, width=2)) as index:
        for key, cosine in enumerate((0.4995, 0.5005, 0.8995, 0.9005)):
            index.add(key, at(cosine))
        index.flush()
        told = [(match.key, match.sure) for match in index.find(at(1.0))]
        assert told == [(3, True), (2, False), (1, False)]


@pytest.mark.parametrize(("sure", "maybe"), [(0.5, 0.6), (1.1, 0.5), (0.5, 0.0), (0.5, -1.0)])
def test_limits_that_mean_nothing_are_refused(sure: float, maybe: float) -> None:
    with pytest.raises(ValueError, match=f"from the cosine {sure} on, and may be from {maybe} on"):
        Limits(sure=sure, maybe=maybe, most=1)
