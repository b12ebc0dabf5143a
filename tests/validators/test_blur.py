"""The check `blur`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pixcrawler_validators import blur, tones
from pydantic import ValidationError

from pixcrawler_core.image import Pixels
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.validators.spoiling import BUSY, DARK, SOFT, image, judged, noisy, photograph, pixels

CHECK = blur.build(blur.BlurOptions())


class TestContract(ValidatorContract):
    component = next(blur.register_validators())


def sharpness(folder: Path, picture: Pixels) -> float:
    return float(CHECK.measure(image(folder, picture))["sharpness"])


def soft(picture: npt.NDArray[Any], sigma: float) -> Pixels:
    return pixels(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), sigma))


def moved(picture: Pixels, length: int, angle: float) -> Pixels:
    """Averaged along a line of any direction."""
    kernel = np.zeros((length + 2, length + 2), np.float32)
    half = length / 2 * np.array([np.cos(angle), np.sin(angle)])
    centre = (length + 1) / 2
    cv2.line(kernel, tuple(np.rint(centre - half).astype(int)), tuple(np.rint(centre + half).astype(int)), 1)
    return pixels(cv2.filter2D(picture.astype(np.float32), -1, kernel / kernel.sum()))


@pytest.mark.parametrize("name", [*SOFT, *DARK, *BUSY])
def test_a_sharp_photograph_passes(tmp_path: Path, name: str) -> None:
    verdict = judged(CHECK, image(tmp_path, photograph(name)))
    assert verdict.reason is None
    assert verdict.threshold == 0.36


@pytest.mark.parametrize("name", [*SOFT, *BUSY])
def test_a_blurred_photograph_is_rejected(tmp_path: Path, name: str) -> None:
    verdict = judged(CHECK, image(tmp_path, soft(photograph(name), 3)))
    assert verdict.reason == "blurry"
    assert verdict.detail is not None
    assert verdict.detail.startswith("the sharpest edges lose ")
    assert verdict.detail.endswith(f"% when blurred again: the score {verdict.score:.3f} is below 0.36")


@pytest.mark.parametrize("name", ["mammals/red-panda", "mammals/giraffes"])
@pytest.mark.parametrize("sigma", [8, 16])
def test_noise_does_not_make_a_blurred_photograph_sharp(tmp_path: Path, name: str, sigma: float) -> None:
    picture = photograph(name)
    assert judged(CHECK, image(tmp_path, noisy(soft(picture, 4), sigma))).reason == "blurry"
    assert judged(CHECK, image(tmp_path, noisy(picture, sigma))).reason is None


@pytest.mark.parametrize("angle", [0, 0.5, np.pi / 4, np.pi / 2, 2.5])
def test_a_moved_camera_is_noticed_in_any_direction(tmp_path: Path, angle: float) -> None:
    verdict = judged(CHECK, image(tmp_path, moved(photograph("castles/egeskov"), 25, angle)))
    assert verdict.reason == "blurry"


def test_the_more_blur_the_less_sharpness(tmp_path: Path) -> None:
    picture = photograph("monuments/hawa-mahal")
    found = [sharpness(tmp_path, soft(picture, sigma)) for sigma in (0.1, 0.7, 1, 1.5, 2, 3, 4, 6)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.6
    assert found[-1] < 0.1


@pytest.mark.parametrize("gain", [0.6, 0.2])
def test_it_does_not_depend_on_light_and_contrast(tmp_path: Path, gain: float) -> None:
    picture = photograph("castles/egeskov")
    assert sharpness(tmp_path, pixels(picture * gain + 20)) == pytest.approx(
        sharpness(tmp_path, picture), abs=0.03
    )


@pytest.mark.parametrize(
    "drawing",
    [
        np.indices((300, 400))[1] % 20 < 10,
        np.indices((300, 400)).sum(0) % 30 < 15,
        np.indices((300, 400))[0] < 99,
    ],
    ids=["stripes", "oblique", "step"],
)
def test_steps_have_the_sharpness_that_is_documented(tmp_path: Path, drawing: Pixels) -> None:
    picture = drawing * 180.0 + 40
    found = [sharpness(tmp_path, pixels(picture))]
    found += [sharpness(tmp_path, soft(picture, sigma)) for sigma in (1, 2, 4)]
    assert found == pytest.approx([0.5, 0.3, 0.17, 0.06], abs=0.08)


def test_a_picture_without_edges_has_no_sharpness(tmp_path: Path) -> None:
    plain = np.full((300, 400), 99, np.uint8)
    assert CHECK.measure(image(tmp_path, plain)) == {"laplacian": 0, "sharpness": 0}
    assert sharpness(tmp_path, noisy(plain, 5)) == 0
    assert sharpness(tmp_path, np.tile(np.linspace(0, 255, 400), (300, 1)).astype(np.uint8)) == 0


def test_the_laplacian_is_told(tmp_path: Path) -> None:
    picture = np.full((200, 200), 100, np.uint8)
    picture[100, 100] = 110
    assert CHECK.measure(image(tmp_path, picture))["laplacian"] == pytest.approx(
        20 * 10**2 / 200**2, abs=0.005
    )


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70))))
def test_it_is_a_share_for_any_picture(grey: Pixels) -> None:
    whole = tones.at_least(grey, blur.SIDE)
    details = np.random.default_rng(0).random((whole.shape[0] // blur.TILE, whole.shape[1] // blur.TILE))
    assert 0 <= blur.sharpness(whole, details) <= 1


def test_without_a_threshold_everything_passes(tmp_path: Path) -> None:
    check = blur.build(blur.BlurOptions(threshold=0))
    verdict = judged(check, image(tmp_path, np.zeros((300, 300), np.uint8)))
    assert (verdict.reason, verdict.score, verdict.threshold) == (None, 0, 0)


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_that_means_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValidationError):
        blur.BlurOptions(threshold=threshold)
