"""The check `borders`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Pillow
from PIL import ImageOps
from pixcrawler_validators import borders
from pydantic import ValidationError

from pixcrawler_core.image import Image, Pixels
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.conftest import PHOTOGRAPHS

PANDA = PHOTOGRAPHS / "mammals/red-panda.jpg"
CHECK = borders.build(borders.BordersOptions())


class TestContract(ValidatorContract):
    component = next(borders.register_validators())


def framed(folder: Path, sides: tuple[int, int, int, int], colour: str, quality: int = 75) -> Image:
    """The red panda with bars of so many pixels at the left, top, right and bottom."""
    path = folder / "framed.jpg"
    ImageOps.expand(Pillow.open(PANDA), sides, colour).save(path, quality=quality)
    return Image.open(path)


def judged(image: Image, **options: Any) -> Verdict:
    return borders.build(borders.BordersOptions(**options)).judge(CHECK.measure(image))


@pytest.mark.parametrize("colour", ["black", "white", "#2266aa"])
@pytest.mark.parametrize("quality", [95, 60, 20])
@pytest.mark.parametrize(
    "sides", [(0, 90, 0, 90), (120, 0, 120, 0), (60, 60, 60, 60), (0, 0, 0, 150), (40, 90, 60, 30)]
)
def test_bars_are_measured(
    tmp_path: Path, sides: tuple[int, int, int, int], colour: str, quality: int
) -> None:
    image = framed(tmp_path, sides, colour, quality)
    left, top, right, bottom = sides
    width, height = image.header.display_size
    found = CHECK.measure(image)
    expected = {"top": top / height, "right": right / width, "bottom": bottom / height, "left": left / width}
    assert {side: found[side] for side in expected} == pytest.approx(expected, abs=0.005)
    inner = (width - left - right) * (height - top - bottom) / (width * height)
    assert found["bars"] == pytest.approx(1 - inner, abs=0.02)


def test_the_colour_is_told(tmp_path: Path) -> None:
    assert CHECK.measure(framed(tmp_path, (0, 90, 0, 90), "#808080"))["colour"] == "#808080"


def test_bars_within_bars_are_found(tmp_path: Path) -> None:
    path = tmp_path / "twice.png"
    once = ImageOps.expand(Pillow.open(PANDA).resize((600, 400)), (0, 50, 0, 50), "black")
    ImageOps.expand(once, (100, 0, 100, 0), "white").save(path)
    found = CHECK.measure(Image.open(path))
    assert [found[side] for side in borders.SIDES] == pytest.approx([0.1, 0.125, 0.1, 0.125], abs=0.01)


def test_a_rotated_photograph_has_its_bars_where_they_are_shown(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    path = tmp_path / "rotated.jpg"
    ImageOps.expand(Pillow.open(PANDA), (150, 0, 0, 0), "black").save(path, exif=exif)
    found = CHECK.measure(Image.open(path))
    assert found["top"] > 0.1
    assert found["left"] == 0


@pytest.mark.parametrize("path", sorted(PHOTOGRAPHS.glob("*/*.jpg"))[::4], ids=lambda path: path.stem)
def test_a_photograph_has_none(path: Path) -> None:
    assert CHECK.measure(Image.open(path))["bars"] == 0


@pytest.mark.parametrize("colour", ["black", "white", "#8090a0"])
def test_a_picture_of_one_colour_has_none(tmp_path: Path, colour: str) -> None:
    path = tmp_path / "plain.png"
    Pillow.new("RGB", (300, 200), colour).save(path)
    assert CHECK.measure(Image.open(path))["bars"] == 0


def test_a_thing_before_a_plain_background_is_no_frame(tmp_path: Path) -> None:
    size = (300, 300)
    mask = Pillow.radial_gradient("L").resize(size).point(lambda level: 255 if level < 150 else 0)
    picture = Pillow.new("RGB", (400, 400), "white")
    picture.paste(Pillow.open(PANDA).resize(size), (50, 50), mask)
    path = tmp_path / "round.png"
    picture.save(path)
    assert CHECK.measure(Image.open(path))["bars"] == 0


def test_a_sky_over_a_level_horizon_is_no_bar(tmp_path: Path) -> None:
    sky = np.tile(np.linspace(212, 200, 150)[:, None, None], (1, 400, 3))
    pixels = np.concatenate([sky, np.asarray(Pillow.open(PANDA).resize((400, 250)).point(lambda x: x // 2))])
    path = tmp_path / "horizon.png"
    Pillow.fromarray(pixels.astype(np.uint8)).save(path)
    assert CHECK.measure(Image.open(path))["bars"] == 0


def test_a_plain_patch_in_a_corner_is_no_bar(tmp_path: Path) -> None:
    picture = Pillow.open(PANDA).resize((600, 400))
    picture.paste("black", (0, 280, 480, 400))
    path = tmp_path / "patch.png"
    picture.save(path)
    assert CHECK.measure(Image.open(path))["bars"] == 0


@pytest.mark.parametrize(("threshold", "reason"), [(0.8, "borders"), (0.5, None), (0, None)])
def test_the_threshold(tmp_path: Path, threshold: float, reason: str | None) -> None:
    verdict = judged(framed(tmp_path, (0, 120, 0, 120), "black"), threshold=threshold)
    assert (verdict.reason, verdict.threshold) == (reason, threshold)
    assert verdict.score == pytest.approx(0.69, abs=0.05)
    assert reason is None or verdict.detail == (
        f"bars take {1 - (verdict.score or 0):.0%} of the picture:"
        f" the score {verdict.score:.3f} is below {threshold:g}"
    )


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)),
        elements=st.sampled_from([0, 7, 255]),
    )
)
def test_what_is_left_is_a_picture(pixels: Pixels) -> None:
    found = borders.bars(pixels, np.asarray(Pillow.fromarray(pixels).convert("L")))
    assert found["top"] + found["bottom"] < pixels.shape[0]
    assert found["left"] + found["right"] < pixels.shape[1]
    assert min(found.values()) >= 0


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_that_means_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValidationError):
        borders.BordersOptions(threshold=threshold)
