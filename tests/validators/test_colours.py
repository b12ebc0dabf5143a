"""The check `colours`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageColor
from pixcrawler_validators import colours

from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.conftest import PHOTOGRAPHS

CHECK = colours.build(None)


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
