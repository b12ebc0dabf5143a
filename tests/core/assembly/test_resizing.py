"""Which size exported pictures get, and where boxes are then."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image as Pillow

from pixcrawler_core.assembly.resizing import Fit, Mode, Resizing, fitted, moved
from pixcrawler_core.errors import DecodeError

SIDES = st.integers(1, 3000)
RULES = st.builds(
    Resizing,
    mode=st.sampled_from(get_args(Mode)),
    size=st.integers(1, 600),
    max_side=st.none() | st.integers(1, 600),
    enlarge=st.booleans(),
)


@given(RULES, SIDES, SIDES)
def test_the_rules(rule: Resizing, width: int, height: int) -> None:
    assume(max(width, height) / min(width, height) < 100)
    fit = rule.fit(width, height) or Fit((width, height), (width, height), (0, 0))
    (scaled_width, scaled_height), canvas = fit.scaled, fit.canvas
    assert abs(scaled_width / width - scaled_height / height) <= 1 / min(width, height)
    assert rule.enlarge or (scaled_width <= width and scaled_height <= height)
    if rule.max_side:
        assert max(fit.scaled) <= rule.max_side
    if rule.mode == "border":
        assert canvas == (rule.size, rule.size)
        assert scaled_width <= rule.size >= scaled_height
    if rule.mode == "center_crop":
        assert max(canvas) <= rule.size
    if rule.enlarge and not rule.max_side and rule.mode == "keep_ratio":
        assert min(canvas) == rule.size


@pytest.mark.parametrize("mode", ["keep_ratio", "border", "center_crop"])
@pytest.mark.parametrize("size", [(200, 100), (90, 160), (100, 100)])
def test_a_box_stays_around_what_it_was_around(mode: Mode, size: tuple[int, int]) -> None:
    pixels = np.zeros((size[1], size[0]), np.uint8)
    left, top = size[0] // 2 - 20, size[1] // 2 - 10
    pixels[top : top + 20, left : left + 40] = 128
    fit = Resizing(mode=mode, size=400).fit(*size)
    assert fit is not None
    picture = np.asarray(fitted(Pillow.fromarray(pixels), fit))
    label = {"name": "it", "box": [left / size[0], top / size[1], 40 / size[0], 20 / size[1]]}
    (found,) = moved([label], fit)
    rows, columns = np.nonzero((picture > 64) & (picture < 200))
    x, y, width, height = found["box"]
    assert abs(columns.min() / 400 * 400 / fit.canvas[0] - x) < 0.02
    assert abs(rows.min() / fit.canvas[1] - y) < 0.02
    assert abs((np.ptp(columns) + 1) / fit.canvas[0] - width) < 0.03
    assert abs((np.ptp(rows) + 1) / fit.canvas[1] - height) < 0.03


def test_boxes_of_what_was_cut_off_are_gone() -> None:
    fit = Resizing(mode="center_crop", size=100).fit(300, 100)
    assert fit is not None
    labels: list[dict[str, Any]] = [
        {"name": "left", "box": [0.0, 0.0, 0.3, 1.0]},
        {"name": "across", "box": [0.2, 0.0, 0.3, 0.5]},
        {"name": "whole"},
    ]
    assert list(moved(labels, fit)) == [{"name": "across", "box": [0.0, 0.0, 0.5, 0.5]}, {"name": "whole"}]


def test_no_picture_grows_beyond_all_measure() -> None:
    with pytest.raises(DecodeError, match="resized it would have 1000 x 10000000 pixels"):
        Resizing(mode="keep_ratio", size=1000).fit(1, 10_000)
