"""The check `saturation`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps
from pixcrawler_validators import saturation
from pydantic import ValidationError

from pixcrawler_core.image import Image, Pixels
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.validators.spoiling import BUSY, DARK, SOFT, image, photograph

CHECK = saturation.build(saturation.SaturationOptions())
ALL = [*SOFT, *DARK, *BUSY]


class TestContract(ValidatorContract):
    component = next(saturation.register_validators())


def judged(picture: Image, **options: Any) -> Verdict:
    return saturation.build(saturation.SaturationOptions(**options)).judge(CHECK.measure(picture))


def grey(name: str) -> Pixels:
    return np.asarray(Pillow.fromarray(photograph(name)).convert("L").convert("RGB"))


def test_opponent_colours_are_measured(tmp_path: Path) -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[:, :100, 0] = picture[:, 100:, 1] = 255
    found = CHECK.measure(image(tmp_path, picture))
    assert found == {"colourfulness": pytest.approx(255 + 0.3 * 127.5), "chroma": 255}
    assert judged(image(tmp_path, picture)).score == 1


@pytest.mark.parametrize("name", ALL)
def test_a_photograph_passes(tmp_path: Path, name: str) -> None:
    picture = image(tmp_path, photograph(name))
    verdict = judged(picture)
    assert (verdict.reason, verdict.threshold) == (None, 0)
    assert verdict.score == pytest.approx(min(1, CHECK.measure(picture)["colourfulness"] / 109))


@pytest.mark.parametrize("file", ["grey.png", "grey.jpg"])
@pytest.mark.parametrize("name", ALL[::3])
def test_grey_is_told_from_colour(tmp_path: Path, name: str, file: str) -> None:
    picture = image(tmp_path, grey(name), file)
    assert judged(picture).reason is None
    assert judged(picture, policy="only-grey").reason is None
    verdict = judged(picture, policy="reject-grey")
    assert verdict.reason == "greyscale"
    assert verdict.detail == (
        f"red, green and blue differ by {CHECK.measure(picture)['chroma']} levels, not more than 12"
    )


@pytest.mark.parametrize("name", ALL)
def test_colour_can_be_rejected(tmp_path: Path, name: str) -> None:
    picture = image(tmp_path, photograph(name))
    assert judged(picture, policy="reject-grey").reason is None
    verdict = judged(picture, policy="only-grey")
    assert verdict.reason == "coloured"
    assert verdict.detail == (
        f"red, green and blue differ by {CHECK.measure(picture)['chroma']} levels, more than 12"
    )


def test_toned_prints_are_grey_with_more_tolerance(tmp_path: Path) -> None:
    old = ImageOps.colorize(Pillow.fromarray(grey("monuments/charminar")).convert("L"), "#1c1008", "#f6e8cf")
    picture = image(tmp_path, np.asarray(old))
    assert judged(picture, policy="only-grey").reason == "coloured"
    assert judged(picture, policy="only-grey", tolerance=40).reason is None


def test_a_spot_of_colour_in_a_hundred_pixels_counts(tmp_path: Path) -> None:
    picture = grey("monuments/charminar").copy()
    picture[: picture.shape[0] // 50, :] = (200, 30, 30)
    assert judged(image(tmp_path, picture), policy="reject-grey").reason is None


@pytest.mark.parametrize(("threshold", "reason"), [(0.5, "low-saturation"), (0.02, None)])
def test_pale_pictures_can_be_rejected(tmp_path: Path, threshold: float, reason: str | None) -> None:
    verdict = judged(image(tmp_path, photograph("birds/swan-family")), threshold=threshold)
    assert (verdict.reason, verdict.threshold) == (reason, threshold)
    assert reason is None or verdict.detail == (
        f"the colourfulness is {109 * (verdict.score or 0):.0f}: the score {verdict.score:.3f} is below 0.5"
    )


@pytest.mark.parametrize(
    "options", [{"threshold": -0.1}, {"threshold": 1.1}, {"tolerance": 256}, {"policy": "grey"}]
)
def test_options_that_mean_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        saturation.SaturationOptions(**options)
