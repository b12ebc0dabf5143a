"""Degradations: the same for the same seed, and each strength worse than the one before."""

from __future__ import annotations

import io

import numpy as np
import pytest
from accuracy.degradations import DEGRADATIONS, STRENGTHS, Degradation, Picture
from PIL import Image as Pillow

from tests.conftest import PHOTOGRAPHS

RANDOM = {"motion blur", "Gaussian noise", "salt and pepper"}
every = pytest.mark.parametrize("degradation", DEGRADATIONS, ids=lambda each: each.name)


@pytest.fixture(scope="module")
def picture() -> Picture:
    """A sharp photograph, well exposed and with hardly any noise, small enough to be quick."""
    with Pillow.open(PHOTOGRAPHS / "mammals/red-panda.jpg") as photograph:
        return np.asarray(photograph.resize((800, 450)).convert("RGB"))


def pixels(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """What a file shows."""
    with Pillow.open(io.BytesIO(data)) as decoded:
        return np.asarray(decoded.convert("RGB"), dtype=np.float64)


@every
def test_the_same_seed_gives_the_same_file(degradation: Degradation, picture: Picture) -> None:
    first, again, other = (degradation.made(picture, 3, seed) for seed in ("a", "a", "b"))
    assert first == again
    assert (other != first) == (degradation.name in RANDOM)


@every
def test_each_strength_is_further_from_the_photograph(degradation: Degradation, picture: Picture) -> None:
    clean = pixels(degradation.clean(picture))
    made = [pixels(degradation.made(picture, strength, "a")) for strength in STRENGTHS]
    distances = [float(np.square(each - clean).mean()) for each in made]
    assert all(each.shape == picture.shape for each in made)
    assert distances[0] > 0
    assert distances == sorted(distances)


@pytest.mark.parametrize("name", ["Gaussian blur", "motion blur", "defocus"])
def test_blur_keeps_the_brightness(name: str, picture: Picture) -> None:
    (degradation,) = (each for each in DEGRADATIONS if each.name == name)
    blurred = pixels(degradation.made(picture, 5, "a"))
    assert blurred.mean() == pytest.approx(picture.mean(), abs=2)


def test_light_is_measured_in_stops(picture: Picture) -> None:
    (dark,) = (each for each in DEGRADATIONS if each.name == "dark")
    grey = np.full((64, 64, 3), 188, np.uint8)  # half of linear light is 188 (IEC 61966-2-1)
    assert pixels(dark.made(grey, 1, "a")).mean() == pytest.approx(137, abs=1)
