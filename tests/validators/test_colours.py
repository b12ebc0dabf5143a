"""The check `colours`."""

from __future__ import annotations

import colorsys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Pillow
from PIL import ImageColor
from pixcrawler_validators import colours

from pixcrawler_core.image import Image, Pixels
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.conftest import PHOTOGRAPHS

CHECK = colours.build(None)
TERMS = {"black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"}


class TestContract(ValidatorContract):
    component = next(colours.register_validators())


def saved(folder: Path, picture: Pillow.Image) -> Image:
    path = folder / "picture.png"
    picture.save(path)
    return Image.open(path)


def striped(*stripes: tuple[str, int]) -> Pillow.Image:
    """Upright stripes of colours and widths."""
    picture = Pillow.new("RGB", (sum(width for _, width in stripes), 300))
    place = 0
    for colour, width in stripes:
        picture.paste(ImageColor.getrgb(colour), (place, 0, place + width, 300))
        place += width
    return picture


def test_colours_come_with_their_shares_and_names(tmp_path: Path) -> None:
    picture = striped(("#1e63c4", 200), ("#d8201c", 100), ("#f4f4f0", 100))
    assert CHECK.measure(saved(tmp_path, picture)) == {
        "colours": [
            {"hex": "#1e63c4", "share": 0.504, "name": "blue"},
            {"hex": "#d8201c", "share": 0.248, "name": "red"},
            {"hex": "#f4f4f0", "share": 0.248, "name": "white"},
        ]
    }


def test_there_are_at_most_five_and_none_is_rare(tmp_path: Path) -> None:
    wide = (("black", 90), ("white", 80), ("red", 70), ("green", 60), ("blue", 50), ("yellow", 40))
    found = CHECK.measure(saved(tmp_path, striped(*wide)))["colours"]
    assert [each["name"] for each in found] == ["black", "white", "red", "green", "blue"]
    rare = CHECK.measure(saved(tmp_path, striped(("black", 391), ("white", 9))))["colours"]
    assert len(rare) == 2
    rare = CHECK.measure(saved(tmp_path, striped(("black", 395), ("white", 5))))["colours"]
    assert len(rare) == 1


def test_shades_of_one_colour_are_one(tmp_path: Path) -> None:
    ramp = np.linspace(90, 130, 400).astype(np.uint8)
    pixels = np.stack(
        [np.tile(ramp, (300, 1)) // 4, np.tile(ramp, (300, 1)) // 2, np.tile(ramp, (300, 1))], 2
    )
    found = CHECK.measure(saved(tmp_path, Pillow.fromarray(pixels)))["colours"]
    assert [(each["name"], each["share"]) for each in found] == [("blue", 1.0)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fish/paradise-fish.jpg", "blue"),
        ("mammals/red-panda.jpg", "green"),
        ("buildings/reims-cathedral.jpg", "blue"),
        ("ruins/pont-du-gard.jpg", "green"),
    ],
)
def test_what_a_photograph_shows_is_named(name: str, expected: str) -> None:
    found = CHECK.measure(Image.open(PHOTOGRAPHS / name))["colours"]
    assert expected in {each["name"] for each in found}
    assert sum(each["share"] for each in found) > 0.6


def test_nothing_is_rejected() -> None:
    image = Image.open(PHOTOGRAPHS / "mammals/red-panda.jpg")
    assert CHECK.judge(CHECK.measure(image)) == Verdict()


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
