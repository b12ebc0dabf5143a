"""The labeler `brightness`."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow
from pixcrawler_example_plugin import brightness

from pixcrawler_core.image import Image
from pixcrawler_core.testing.contracts import LabelerContract


class TestContract(LabelerContract):
    component = next(brightness.register_labelers())


@pytest.mark.parametrize(
    ("grey", "name", "score"),
    [(0, "dark", 1), (51, "dark", 0.5), (102, "dark", 0), (204, "bright", 0.5), (255, "bright", 1)],
)
def test_the_score_tells_how_far_a_picture_is_beyond_the_threshold(
    tmp_path: Path, grey: int, name: str, score: float
) -> None:
    Pillow.new("L", (300, 300), grey).save(tmp_path / "even.png")
    labeler = brightness.build(brightness.BrightnessOptions(dark=0.4, bright=0.6))
    (label,) = labeler(Image.open(tmp_path / "even.png"))
    assert label.name == name
    assert label.score == pytest.approx(score, abs=0.01)


def test_what_is_neither_has_no_label(tmp_path: Path) -> None:
    Pillow.new("L", (300, 300), 127).save(tmp_path / "even.png")
    labeler = brightness.build(brightness.BrightnessOptions())
    assert list(labeler(Image.open(tmp_path / "even.png"))) == []


def test_thresholds_that_cross_are_refused() -> None:
    with pytest.raises(ValueError, match=r"dark \(0.7\) must be below bright \(0.65\)"):
        brightness.BrightnessOptions(dark=0.7)
