"""Statistics of natural scenes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixcrawler_validators.natural_scene import Blocks, Floats, measured, normalised


def drawn(shape: float, size: int = 400_000) -> Floats:
    """Numbers of a generalised Gaussian distribution with this shape, by the gamma distribution behind it."""
    random = np.random.default_rng(3)
    return np.asarray(random.gamma(1 / shape, size=size) ** (1 / shape) * random.choice([-1, 1], size))


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 250), width=st.integers(1, 250), seed=st.integers(0, 9))
def test_blocks_sum_up_what_the_whole_has(height: int, width: int, seed: int) -> None:
    luminance = np.random.default_rng(seed).uniform(0, 255, (height, width)).astype(np.float32)
    coefficients = normalised(luminance).astype(np.float64)
    blocks = measured(luminance, 48)
    assert blocks.sizes.sum() == height * width
    below, above, squares_below, squares_above, absolute = blocks.sums[:, 0].sum(axis=(1, 2))
    assert below == (coefficients < 0).sum()
    assert above == (coefficients > 0).sum()
    assert squares_below + squares_above == pytest.approx((coefficients**2).sum(), rel=1e-4, abs=1e-6)
    assert absolute == pytest.approx(np.abs(coefficients).sum(), rel=1e-4, abs=1e-6)
    assert blocks.each().shape.shape == (5, (height // 48) * (width // 48))


def test_neighbours_are_multiplied_within_the_picture() -> None:
    luminance = np.random.default_rng(1).uniform(0, 255, (60, 70)).astype(np.float32)
    shown = normalised(luminance).astype(np.float64)
    products = [
        shown[:, 1:] * shown[:, :-1],
        shown[1:] * shown[:-1],
        shown[1:, 1:] * shown[:-1, :-1],
        shown[1:, :-1] * shown[:-1, 1:],
    ]
    absolute = measured(luminance, 48).sums[4].sum(axis=(1, 2))
    assert absolute[1:] == pytest.approx([np.abs(product).sum() for product in products], rel=1e-4)


@pytest.mark.parametrize(("shape", "right"), [(0.6, 1.0), (1.0, 2.0), (2.0, 1.0), (4.0, 0.5)])
def test_known_distributions_are_found(shape: float, right: float) -> None:
    numbers = drawn(shape)
    numbers[numbers > 0] *= right
    low, high = numbers[numbers < 0], numbers[numbers > 0]
    sums = [len(low), len(high), (low**2).sum(), (high**2).sum(), np.abs(numbers).sum()]
    fit = Blocks(
        np.tile(np.array(sums)[:, None, None, None], (1, 5, 1, 1)), np.full((1, 1), len(numbers)), 1
    ).whole()
    if right == 1:
        assert fit.shape[0] == pytest.approx(shape, rel=0.02)
        assert fit.mean[0] == pytest.approx(0, abs=0.02)
    assert fit.right[0] / fit.left[0] == pytest.approx(right, rel=0.02)
    assert np.sign(fit.mean[0]) == np.sign(right - 1) or right == 1


def test_what_is_flat_cannot_be_fitted() -> None:
    fit = measured(np.full((100, 100), 80, dtype=np.float32), 96).each()
    assert not np.isfinite(fit.shape).any()
