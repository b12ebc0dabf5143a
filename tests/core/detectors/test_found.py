"""Boxes: clipping, ordering, overlaps; and the pixels that models are given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.detectors.found import Floats, apart, found, planes, shrunk

SIDES = st.floats(min_value=-2, max_value=3, width=32)


def array(*rows: tuple[float, ...]) -> Floats:
    return np.array(rows, dtype=np.float32)


def test_the_best_come_first_and_boxes_have_a_size() -> None:
    corners = array((0.1, 0.2, 0.3, 0.6), (0.5, 0.5, 0.75, 1.0))
    first, second = found(["cat", "dog"], np.array([0.4, 0.9], dtype=np.float32), corners)
    assert (first.name, first.score, first.box) == ("dog", 0.9, (0.5, 0.5, 0.25, 0.5))
    assert (second.name, second.score, second.box) == ("cat", 0.4, (0.1, 0.2, 0.2, 0.4))


def test_what_is_outside_is_cut_off_or_left_out() -> None:
    corners = array((-1, -1, 0.5, 0.5), (1.2, 0, 1.5, 1), (0.3, 0.3, 0.3, 0.9))
    (only,) = found(["a", "b", "c"], np.ones(3, dtype=np.float32), corners)
    assert (only.name, only.box) == ("a", (0, 0, 0.5, 0.5))


@given(st.lists(st.tuples(SIDES, SIDES, SIDES, SIDES), max_size=8))
def test_boxes_are_always_inside(rows: list[tuple[float, float, float, float]]) -> None:
    corners = np.array(rows, dtype=np.float32).reshape(-1, 4)
    scores = np.linspace(0.5, 1.5, len(rows), dtype=np.float32)
    for each in found(["x"] * len(rows), scores, corners):
        left, top, width, height = each.box
        assert min(left, top) >= 0
        assert min(width, height) > 0
        assert max(left + width, top + height) <= 1.0001
        assert 0 <= each.score <= 1


def test_the_better_of_two_that_overlap_stays() -> None:
    corners = array((0, 0, 10, 10), (1, 0, 11, 10), (20, 0, 30, 10))
    scores = np.array([0.5, 0.6, 0.3], dtype=np.float32)
    together = np.zeros(3, dtype=np.intp)
    assert sorted(apart(scores, corners, together, 0.5)) == [1, 2]
    assert sorted(apart(scores, corners, together, 0.9)) == [0, 1, 2]
    assert sorted(apart(scores, corners, np.array([0, 1, 0]), 0.5)) == [0, 1, 2]


def test_nothing_leaves_nothing() -> None:
    empty = np.zeros(0, dtype=np.float32)
    assert len(apart(empty, empty.reshape(0, 4), np.zeros(0, dtype=np.intp), 0.5)) == 0
    assert found([], empty, empty.reshape(0, 4)) == ()


@pytest.mark.parametrize("size", [(5, 3), (40, 20), (300, 200)])
def test_a_picture_of_one_colour_keeps_it(size: tuple[int, int]) -> None:
    pixels = np.full((30, 60, 3), (10, 20, 30), dtype=np.uint8)
    result = shrunk(pixels, *size)
    assert result.shape == (size[1], size[0], 3)
    assert (result == (10, 20, 30)).all()


def test_planes_are_blue_green_red_and_normalised() -> None:
    pixels = np.full((4, 6, 3), (10, 20, 40), dtype=np.uint8)
    result = planes(pixels, (30, 20, 0), (10, 5, 2))
    assert result.shape == (1, 3, 4, 6)
    assert result.dtype == np.float32
    assert result[0, :, 0, 0].tolist() == pytest.approx([1, 0, 5])
