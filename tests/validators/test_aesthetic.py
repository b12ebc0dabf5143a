"""The check `aesthetic`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageEnhance
from pixcrawler_validators import aesthetic
from pydantic import ValidationError

from pixcrawler_core.components import Check
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.conftest import PHOTOGRAPHS
from tests.validators.damaging import damaged, photograph, saved

NAME = "castles/neuschwanstein.jpg"


class TestContract(ValidatorContract):
    component = next(aesthetic.register_validators())


def built(**options: Any) -> Check:
    return aesthetic.build(aesthetic.AestheticOptions(**options))


def original() -> Pillow.Image:
    return Pillow.open(PHOTOGRAPHS / NAME).convert("RGB")


def spot(x: float, y: float) -> Pillow.Image:
    """A white disc at a place given in shares of the sides, on a dark ground with a little noise."""
    rows, columns = np.mgrid[0:300, 0:450]
    ground = np.random.default_rng(5).integers(20, 40, (300, 450)).astype(np.uint8)
    ground[(rows - 300 * y) ** 2 + (columns - 450 * x) ** 2 < 20**2] = 255
    return Pillow.fromarray(ground)


def test_colourfulness_is_that_of_the_paper(tmp_path: Path) -> None:
    """Half red, half green: the deviations are 255 and 0, the means 0 and 127.5."""
    halves = Pillow.new("RGB", (400, 400), (255, 0, 0))
    halves.paste((0, 255, 0), (0, 0, 200, 400))
    measured = built().measure(saved(tmp_path, halves))
    assert measured["colourfulness"] == pytest.approx(255 + 0.3 * 127.5, abs=0.01)


@pytest.mark.parametrize(
    ("measure", "change"),
    [
        ("colourfulness", lambda picture: ImageEnhance.Color(picture).enhance(0.4)),
        ("contrast", lambda picture: ImageEnhance.Contrast(picture).enhance(0.4)),
    ],
)
def test_what_is_taken_away_is_missed(tmp_path: Path, measure: str, change: Any) -> None:
    check = built()
    before, after = check.measure(photograph(NAME)), check.measure(saved(tmp_path, change(original())))
    assert after[measure] < 0.6 * before[measure]
    scores = [check.judge(measures).score for measures in (before, after)]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[1] < scores[0] - 0.05


def test_blur_takes_sharpness(tmp_path: Path) -> None:
    check = built()
    before, after = check.measure(photograph(NAME)), check.measure(damaged(tmp_path, NAME, "blur"))
    assert after["sharpness"] < 0.3 * before["sharpness"]


def test_few_sharp_edges_are_enough(tmp_path: Path) -> None:
    halves = Pillow.new("L", (100, 300))
    halves.paste(255, (50, 0, 100, 300))
    assert built().measure(saved(tmp_path, halves))["sharpness"] == 255


def test_an_eye_catcher_on_a_third_is_better_than_one_in_the_corner(tmp_path: Path) -> None:
    third, corner = (
        built().measure(saved(tmp_path, spot(*place)))["thirds"] for place in ((1 / 3, 2 / 3), (0.95, 0.05))
    )
    assert third > 0.7
    assert corner < 0.4


def test_a_blank_picture_has_nothing(tmp_path: Path) -> None:
    check = built()
    measures = check.measure(saved(tmp_path, Pillow.new("RGB", (300, 300), (90, 90, 90))))
    assert measures == {"colourfulness": 0, "contrast": 0, "sharpness": 0, "thirds": 0}
    assert check.judge(measures).score == 0
    assert check.judge(measures).reason is None


def test_a_threshold_rejects() -> None:
    measures = {"colourfulness": 41.0, "contrast": 37.5, "sharpness": 300.0, "thirds": 0.0}
    assert built().judge(measures).score == 0.5
    verdict = built(threshold=0.6).judge(measures)
    assert verdict.reason == "plain"
    assert verdict.detail == (
        "colourfulness 41, contrast 37.5, sharpness 300, thirds 0: the score 0.500 is below 0.6"
    )


@pytest.mark.parametrize("options", [{"threshold": -0.1}, {"threshold": 2}, {"weights": 1}])
def test_other_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        aesthetic.AestheticOptions(**options)
