"""The check `graphic`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont
from pixcrawler_validators import graphic

from pixcrawler_core.image import Image, Pixels
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.conftest import PHOTOGRAPHS

CHECK = graphic.build(graphic.GraphicOptions())
SIZE = (800, 600)
FONT = ImageFont.load_default(14)
WORDS = "Everything that is written here is only there so that the page is full of small letters. "


class TestContract(ValidatorContract):
    component = next(graphic.register_validators())


def chart() -> Pillow.Image:
    """Bars and a line on white."""
    picture = Pillow.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(picture)
    for place, height in enumerate((200, 340, 120, 460, 280)):
        pen.rectangle((90 + 130 * place, 540 - height, 180 + 130 * place, 540), "#d62728")
    pen.line((80, 30, 80, 540, 760, 540), "black", 3)
    return picture


def flag() -> Pillow.Image:
    """Full colours, and a disc with soft edges."""
    picture = Pillow.new("RGB", (1600, 1200), "#004010")
    ImageDraw.Draw(picture).ellipse((400, 200, 1200, 1000), "#ff2000")
    return picture.resize(SIZE, Pillow.Resampling.LANCZOS)


def page() -> Pillow.Image:
    """Lines of small text."""
    picture = Pillow.new("RGB", SIZE, "white")
    for line in range(30):
        ImageDraw.Draw(picture).text((40, 20 + 18 * line), WORDS * 2, "black", FONT)
    return picture.crop((0, 0, 760, 600))


def window() -> Pillow.Image:
    """A dialogue with a title, a list and buttons."""
    picture = Pillow.new("RGB", SIZE, "#d9d9d9")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 800, 30), "#3a6ea5")
    pen.text((10, 8), "Preferences", "white", FONT)
    pen.rectangle((20, 50, 300, 520), "white", "#888888")
    for row in range(20):
        pen.text((30, 60 + 22 * row), WORDS[row : row + 30], "black", FONT)
        pen.rectangle((330, 60 + 22 * row, 342, 72 + 22 * row), "white", "#606060")
    for button in (500, 640):
        pen.rectangle((button, 550, button + 120, 582), "#ececec", "#707070")
    return picture


DRAWN = {"chart": chart, "flag": flag, "page": page, "window": window}


def saved(folder: Path, picture: Pillow.Image, quality: int | None) -> Image:
    path = folder / ("picture.png" if quality is None else "picture.jpg")
    picture.save(path, quality=quality or 100)
    return Image.open(path)


def judged(image: Image, **options: Any) -> Verdict:
    return graphic.build(graphic.GraphicOptions(**options)).judge(CHECK.measure(image))


@pytest.mark.parametrize("path", sorted(PHOTOGRAPHS.glob("*/*.jpg"))[::3], ids=lambda path: path.stem)
def test_a_photograph_is_one(path: Path) -> None:
    image = Image.open(path)
    assert CHECK.measure(image)["kind"] == "photo"
    assert (judged(image).score or 0) > 0.5


@pytest.mark.parametrize("quality", [None, 90, 70])
@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_is_no_photograph(tmp_path: Path, name: str, quality: int | None) -> None:
    verdict = judged(saved(tmp_path, DRAWN[name](), quality))
    assert verdict.reason == "not-a-photograph"
    assert (verdict.detail or "").startswith("it looks like a ")


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("chart", {"graphic"}), ("flag", {"graphic"}), ("page", {"text"}), ("window", {"screenshot", "text"})],
)
def test_the_kind_is_told(tmp_path: Path, name: str, kinds: set[str]) -> None:
    assert CHECK.measure(saved(tmp_path, DRAWN[name](), None))["kind"] in kinds


@pytest.mark.parametrize("quality", [30, 60, 95])
def test_compression_makes_no_graphic_of_a_photograph(tmp_path: Path, quality: int) -> None:
    picture = Pillow.open(PHOTOGRAPHS / "mammals/red-panda.jpg")
    assert judged(saved(tmp_path, picture, quality)).reason is None


def test_a_photograph_in_grey_is_one(tmp_path: Path) -> None:
    picture = Pillow.open(PHOTOGRAPHS / "castles/chenonceau.jpg").convert("L")
    assert judged(saved(tmp_path, picture, 80)).reason is None


def test_the_threshold(tmp_path: Path) -> None:
    image = saved(tmp_path, window(), None)
    assert judged(image, threshold=0).reason is None
    assert judged(image).threshold == graphic.GraphicOptions().threshold == 0.05
    assert judged(Image.open(PHOTOGRAPHS / "mammals/red-panda.jpg"), threshold=1).reason == "not-a-photograph"


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3))))
def test_measures_are_shares_of_any_picture(pixels: Pixels) -> None:
    grey = np.asarray(Pillow.fromarray(pixels).convert("L"))
    found = graphic.look(pixels, grey)
    assert set(found) == {*graphic.MEASURES, "full"}
    assert all(0 <= share <= 1 for share in found.values())
    assert sum(graphic.likelihoods(found).values()) == pytest.approx(1)
