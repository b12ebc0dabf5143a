"""The check `information`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageDraw
from pixcrawler_validators import information
from pydantic import ValidationError

from pixcrawler_core.image import Pixels
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.validators.spoiling import BUSY, DARK, SOFT, image, judged, photograph

CHECK = information.build(information.InformationOptions())


class TestContract(ValidatorContract):
    component = next(information.register_validators())


def drawing() -> Pixels:
    """A flat drawing of five colours."""
    canvas = Pillow.new("RGB", (600, 450), "white")
    pen = ImageDraw.Draw(canvas)
    for number, colour in enumerate(["#c03030", "#3060c0", "#30a040", "black"]):
        pen.ellipse((20 + 140 * number, 60 + 40 * number, 170 + 140 * number, 260 + 40 * number), colour)
    return np.asarray(canvas)


@pytest.mark.parametrize("name", [*SOFT, *DARK, *BUSY])
def test_a_photograph_passes(tmp_path: Path, name: str) -> None:
    verdict = judged(CHECK, image(tmp_path, photograph(name)))
    assert verdict.reason is None
    assert verdict.score is not None
    assert verdict.score > 0.7


@pytest.mark.parametrize("level", [0, 1, 128, 254, 255])
def test_a_single_colour_is_rejected(tmp_path: Path, level: int) -> None:
    verdict = judged(CHECK, image(tmp_path, np.full((300, 400), level, np.uint8)))
    assert (verdict.reason, verdict.score) == ("low-information", 0)
    assert verdict.detail == (
        "100.0% of the picture have one tone, and the others an entropy of 0.0 bits:"
        " the score 0.000 is below 0.4"
    )


@pytest.mark.parametrize("name", ["drawing.png", "drawing.jpg"])
def test_a_flat_drawing_is_rejected(tmp_path: Path, name: str) -> None:
    assert judged(CHECK, image(tmp_path, drawing(), name)).reason == "low-information"


def test_two_tones_are_rejected(tmp_path: Path) -> None:
    halves = np.repeat(np.array([[40, 200]], np.uint8), 200, axis=1).repeat(300, axis=0)
    found = CHECK.measure(image(tmp_path, halves))
    assert found == {"entropy": 1, "commonest": 0.5, "rest": 0}
    assert judged(CHECK, image(tmp_path, halves)).reason == "low-information"


@pytest.mark.parametrize(("side", "reason"), [(200, None), (40, "low-information")])
def test_a_thing_on_an_empty_page_counts_by_its_size(tmp_path: Path, side: int, reason: str | None) -> None:
    page = np.full((500, 500, 3), 255, np.uint8)
    page[100 : 100 + side, 100 : 100 + side] = photograph("mammals/red-panda")[
        100 : 100 + side, 300 : 300 + side
    ]
    assert judged(CHECK, image(tmp_path, page)).reason == reason


@given(st.integers(1, 256), st.integers(1, 1000))
def test_equally_frequent_levels_have_the_logarithm_of_their_number(levels: int, times: int) -> None:
    counts = np.zeros(256)
    counts[:levels] = times
    assert information.entropy(counts) == pytest.approx(np.log2(levels))


@pytest.mark.parametrize(("threshold", "reason"), [(0.99, "low-information"), (0.7, None), (0, None)])
def test_the_threshold(tmp_path: Path, threshold: float, reason: str | None) -> None:
    check = information.build(information.InformationOptions(threshold=threshold))
    verdict = judged(check, image(tmp_path, photograph("birds/swan-family")))
    assert (verdict.reason, verdict.threshold) == (reason, threshold)


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_that_means_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValidationError):
        information.InformationOptions(threshold=threshold)
