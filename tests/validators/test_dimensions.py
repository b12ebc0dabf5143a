"""The check `dimensions`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from pixcrawler_validators import dimensions
from pydantic import ValidationError

from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract


class TestContract(ValidatorContract):
    component = next(dimensions.register_validators())


def judged(folder: Path, size: tuple[int, int], orientation: int = 1, **options: Any) -> Verdict:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    path = folder / "image.jpg"
    Pillow.new("L", size).save(path, exif=exif)
    check = dimensions.build(dimensions.DimensionsOptions(**options))
    return check.judge(check.measure(Image.open(path)))


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((200, 200), None),
        ((199, 200), "too-small"),
        ((200, 199), "too-small"),
        ((1000, 200), None),
        ((1001, 200), "bad-aspect"),
        ((200, 1000), None),
        ((200, 1001), "bad-aspect"),
    ],
)
def test_the_defaults(tmp_path: Path, size: tuple[int, int], reason: str | None) -> None:
    assert judged(tmp_path, size).reason == reason


def test_the_longer_side_is_limited(tmp_path: Path) -> None:
    assert dimensions.DimensionsOptions().max_side == 20_000
    assert judged(tmp_path, (400, 300), max_side=400).reason is None
    assert judged(tmp_path, (401, 300), max_side=400).reason == "too-large"
    assert judged(tmp_path, (300, 401), max_side=400).reason == "too-large"


def test_pixels_in_all_are_limited(tmp_path: Path) -> None:
    assert judged(tmp_path, (300, 300), max_pixels=90_000).reason is None
    verdict = judged(tmp_path, (300, 301), max_pixels=90_000)
    assert (verdict.reason, verdict.detail) == ("too-large", "300 x 301 pixels are more than 90000 in all")


def test_a_rotated_photograph_is_measured_as_it_is_shown(tmp_path: Path) -> None:
    options = {"min_width": 300, "min_height": 200}
    assert judged(tmp_path, (200, 300), orientation=6, **options).reason is None
    assert judged(tmp_path, (200, 300), orientation=3, **options).reason == "too-small"


@pytest.mark.parametrize(
    "options",
    [
        {"min_width": 0},
        {"max_side": 100},
        {"max_pixels": 39_999},
        {"min_aspect": 2, "max_aspect": 1},
        {"max_aspect": float("inf")},
        {"min_aspect": 0},
    ],
)
def test_limits_that_no_image_meets_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        dimensions.DimensionsOptions(**options)
