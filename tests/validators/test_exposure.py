"""The check `exposure`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pixcrawler_validators import exposure
from pydantic import ValidationError

from pixcrawler_core.image import Pixels
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.validators.spoiling import BUSY, DARK, SOFT, image, judged, photograph, pixels

CHECK = exposure.build(exposure.ExposureOptions())


class TestContract(ValidatorContract):
    component = next(exposure.register_validators())


def before(colour: int, gain: float) -> Pixels:
    """A round piece of a photograph, darker or lighter, before a plain background."""
    thing = pixels(photograph("mammals/red-panda")[60:460, 200:600] * gain)
    rows, columns = np.indices((600, 600)) - 300
    inside = rows**2 + columns**2 < 190**2
    picture = np.full((600, 600, 3), colour, np.uint8)
    picture[inside] = np.pad(thing, ((100, 100), (100, 100), (0, 0)))[inside]
    return picture


@pytest.mark.parametrize("name", [*SOFT, *DARK, *BUSY])
def test_a_photograph_passes(tmp_path: Path, name: str) -> None:
    verdict = judged(CHECK, image(tmp_path, photograph(name)))
    assert verdict.reason is None
    assert verdict.score is not None
    assert verdict.score > 0.5


@pytest.mark.parametrize("name", [*SOFT, *BUSY])
def test_a_dark_photograph_is_rejected(tmp_path: Path, name: str) -> None:
    picture = image(tmp_path, pixels(photograph(name) * 0.15))
    verdict = judged(CHECK, picture)
    found = CHECK.measure(picture)
    assert verdict.reason == "too-dark"
    assert verdict.score == pytest.approx((0.75 * found["mean"] + 0.25 * found["high"]) / 140)
    assert verdict.detail == (
        f"the mean is {found['mean']:.0f} and the lightest hundredth {found['high']}:"
        f" the score {verdict.score:.3f} is below 0.3"
    )


@pytest.mark.parametrize("name", ["birds/canyon-wren", "farm-animals/calf", *BUSY[1:]])
def test_a_light_photograph_is_rejected(tmp_path: Path, name: str) -> None:
    verdict = judged(CHECK, image(tmp_path, pixels(photograph(name) * 5.0)))
    assert verdict.reason == "too-light"
    assert verdict.detail is not None
    assert verdict.detail.endswith(f"are white: the score {verdict.score:.3f} is below 0.3")


@pytest.mark.parametrize(("level", "reason"), [(0, "too-dark"), (255, "too-light"), (128, None)])
def test_single_tones(tmp_path: Path, level: int, reason: str | None) -> None:
    picture = image(tmp_path, np.full((300, 400), level, np.uint8))
    assert judged(CHECK, picture).reason == reason
    assert CHECK.measure(picture)["backdrop"] == "none"


def test_levels_are_measured(tmp_path: Path) -> None:
    picture = np.full((200, 200), 100, np.uint8)
    picture[:, :50], picture[:, 150:] = 3, 245
    assert CHECK.measure(image(tmp_path, picture)) == {
        "mean": 112.0,
        "low": 3,
        "high": 245,
        "black": 0.25,
        "white": 0.25,
        "backdrop": "none",
    }


@pytest.mark.parametrize(("colour", "backdrop"), [(255, "white"), (252, "white"), (0, "black"), (4, "black")])
def test_a_backdrop_does_not_count(tmp_path: Path, colour: int, backdrop: str) -> None:
    picture = image(tmp_path, before(colour, 1))
    found = CHECK.measure(picture)
    assert found["backdrop"] == backdrop
    assert 60 < found["mean"] < 160
    assert judged(CHECK, picture).reason is None
    assert judged(CHECK, image(tmp_path, before(colour, 0.12))).reason == "too-dark"
    assert judged(CHECK, image(tmp_path, before(colour, 6.0))).reason == "too-light"


def test_next_to_nothing_before_a_backdrop_is_not_looked_at(tmp_path: Path) -> None:
    picture = np.full((300, 300), 255, np.uint8)
    picture[140:160, 140:160] = 100
    assert CHECK.measure(image(tmp_path, picture))["backdrop"] == "none"


@pytest.mark.parametrize(("threshold", "reason"), [(0.6, "too-dark"), (0.5, None), (0, None)])
def test_the_threshold(tmp_path: Path, threshold: float, reason: str | None) -> None:
    check = exposure.build(exposure.ExposureOptions(threshold=threshold))
    verdict = judged(check, image(tmp_path, np.full((200, 200), 77, np.uint8)))
    assert (verdict.reason, verdict.threshold) == (reason, threshold)
    assert verdict.score == pytest.approx(77 / 140)


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_that_means_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValidationError):
        exposure.ExposureOptions(threshold=threshold)
