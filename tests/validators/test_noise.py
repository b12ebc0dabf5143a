"""The check `noise`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pixcrawler_validators import noise
from pydantic import ValidationError

from pixcrawler_core.image import Pixels
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.validators.spoiling import BUSY, SOFT, image, judged, noisy, photograph

CHECK = noise.build(noise.NoiseOptions())


class TestContract(ValidatorContract):
    component = next(noise.register_validators())


@pytest.mark.parametrize("sigma", [1, 3, 10, 25])
def test_noise_is_measured(tmp_path: Path, sigma: float) -> None:
    plain = np.full((500, 600), 128, np.uint8)
    assert CHECK.measure(image(tmp_path, noisy(plain, sigma)))["sigma"] == pytest.approx(sigma, rel=0.12)


@pytest.mark.parametrize("name", [*SOFT, "birds/swan-family", "buildings/singapore-skyline"])
def test_it_is_measured_beside_a_picture(tmp_path: Path, name: str) -> None:
    before, after = (
        CHECK.measure(image(tmp_path, picture))["sigma"]
        for picture in (photograph(name), noisy(photograph(name), 12))
    )
    assert before < 2
    assert after == pytest.approx(12, rel=0.35)


@pytest.mark.parametrize("name", BUSY)
def test_texture_is_no_noise(tmp_path: Path, name: str) -> None:
    verdict = judged(CHECK, image(tmp_path, photograph(name)))
    assert verdict.reason is None
    assert verdict.score is not None
    assert verdict.score > 0.75


@pytest.mark.parametrize("name", [*SOFT, *BUSY])
def test_a_noisy_photograph_is_rejected(tmp_path: Path, name: str) -> None:
    picture = image(tmp_path, noisy(photograph(name), 15))
    verdict = judged(CHECK, picture)
    sigma = CHECK.measure(picture)["sigma"]
    assert verdict.reason == "noisy"
    assert verdict.score == pytest.approx(10 / (10 + sigma))
    assert verdict.detail == (
        f"the noise has a deviation of {sigma:.1f} of 255 levels: the score {verdict.score:.3f} is below 0.6"
    )


def test_salt_and_pepper_count(tmp_path: Path) -> None:
    picture = photograph("farm-animals/calf").copy()
    chance = np.random.default_rng(1).random(picture.shape[:2])
    picture[chance < 0.03], picture[chance > 0.97] = 0, 255
    assert judged(CHECK, image(tmp_path, picture)).reason == "noisy"


@pytest.mark.parametrize("name", BUSY)
def test_blur_is_no_noise(tmp_path: Path, name: str) -> None:
    blurred = np.asarray(cv2.GaussianBlur(photograph(name), (0, 0), 3), np.uint8)
    assert CHECK.measure(image(tmp_path, blurred))["sigma"] < 0.3


def test_one_tone_has_none(tmp_path: Path) -> None:
    assert CHECK.measure(image(tmp_path, np.full((90, 90), 7, np.uint8))) == {"sigma": 0}


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70))))
def test_it_is_a_deviation_for_any_picture(grey: Pixels) -> None:
    before = grey.copy()
    assert 0 <= noise.sigma(grey) < 255
    assert (grey == before).all()


@pytest.mark.parametrize(("threshold", "reason"), [(0.9, "noisy"), (0.5, None), (0, None)])
def test_the_threshold(tmp_path: Path, threshold: float, reason: str | None) -> None:
    check = noise.build(noise.NoiseOptions(threshold=threshold))
    verdict = judged(check, image(tmp_path, noisy(np.full((300, 300), 128, np.uint8), 5)))
    assert (verdict.reason, verdict.threshold) == (reason, threshold)


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_that_means_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValidationError):
        noise.NoiseOptions(threshold=threshold)
