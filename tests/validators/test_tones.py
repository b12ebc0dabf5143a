"""Histograms and tiles of grey pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pixcrawler_validators import tones

from pixcrawler_core.image import Pixels

GREYS = arrays.arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30)))


@given(GREYS, st.sampled_from([0.01, 0.25, 0.5, 0.99]))
def test_percentiles_are_those_of_what_is_counted(grey: Pixels, share: float) -> None:
    counts = np.bincount(grey.ravel(), minlength=256)
    assert tones.percentile(counts, share) == np.percentile(grey, 100 * share, method="inverted_cdf")


@given(arrays.arrays(np.int16, (9, 14), elements=st.integers(-5000, 5000)))
def test_tiles_have_the_means_of_the_absolute_values(answers: Pixels) -> None:
    expected = np.abs(answers[:8, :12]).reshape(2, 4, 3, 4).mean(axis=(1, 3))
    assert tones.tile_means(answers.astype(np.int16), 4) == pytest.approx(expected, abs=0.6)


@given(GREYS, st.integers(1, 40))
def test_a_small_picture_is_mirrored(grey: Pixels, side: int) -> None:
    height, width = grey.shape
    larger = tones.at_least(grey, side)
    assert larger.shape == (max(height, side), max(width, side))
    assert (larger[:height, :width] == grey).all()
    assert (larger[height : 2 * height, :width] == grey[::-1][: max(0, side - height)]).all()
    assert (larger[:height, width : 2 * width] == grey[:, ::-1][:, : max(0, side - width)]).all()
