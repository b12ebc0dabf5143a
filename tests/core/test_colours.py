"""The names of colours, and the dominant ones of a picture."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import ImageColor

from pixcrawler_core import colours
from pixcrawler_core.image import Pixels

TERMS = {"black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"}


@pytest.mark.parametrize(
    ("css", "name"),
    [
        *((term, term) for term in sorted(TERMS - {"brown", "pink"})),
        *(("darkgreen", "green"), ("skyblue", "blue"), ("navy", "blue"), ("saddlebrown", "brown")),
        *(("hotpink", "pink"), ("gold", "yellow"), ("indigo", "purple"), ("darkorange", "orange")),
        *(("lightgrey", "grey"), ("ivory", "white"), ("maroon", "red"), ("olive", "green"), ("tan", "brown")),
    ],
)
def test_colours_of_the_web_have_their_names(css: str, name: str) -> None:
    red, green, blue = ImageColor.getrgb(css)[:3]
    assert colours.name_of((red, green, blue)) == name


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_every_colour_has_a_name(colour: tuple[int, int, int]) -> None:
    assert colours.name_of(colour) in TERMS


@given(st.integers(0, 255))
def test_greys_have_names_of_greys(level: int) -> None:
    assert colours.name_of((level,) * 3) in {"black", "grey", "white"}


@given(hue=st.floats(0.55, 0.65))
def test_a_bright_hue_between_cyan_and_violet_is_blue(hue: float) -> None:
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.9, 0.9))
    assert colours.name_of((red, green, blue)) == "blue"


def test_black_and_white_are_1_apart() -> None:
    black, white = colours.oklab(np.array([[0, 0, 0], [255, 255, 255]], dtype=float))
    assert black == pytest.approx([0, 0, 0], abs=1e-6)
    assert white == pytest.approx([1, 0, 0], abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30), st.just(3))))
def test_shares_are_those_of_the_picture(pixels: Pixels) -> None:
    found = colours.dominant(pixels)
    shares = [share for _, share in found]
    assert found == colours.dominant(pixels.copy())
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1.0001
    assert len(found) <= 5
