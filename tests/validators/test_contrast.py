"""The check `contrast`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pixcrawler_validators import contrast
from pydantic import ValidationError

from pixcrawler_core.testing.contracts import ValidatorContract
from tests.validators.spoiling import BUSY, DARK, SOFT, image, judged, photograph, pixels

CHECK = contrast.build(contrast.ContrastOptions())


class TestContract(ValidatorContract):
    component = next(contrast.register_validators())


def test_levels_are_measured(tmp_path: Path) -> None:
    picture = np.full((200, 200), 100, np.uint8)
    picture[:, 100:] = 200
    assert CHECK.measure(image(tmp_path, picture)) == {"low": 100, "high": 200, "deviation": 50}


def test_specks_do_not_count(tmp_path: Path) -> None:
    picture = np.full((200, 200), 100, np.uint8)
    picture[:10, :10], picture[-10:, -10:] = 0, 255
    found = CHECK.measure(image(tmp_path, picture))
    assert (found["low"], found["high"]) == (100, 100)


@pytest.mark.parametrize("name", [*SOFT, *DARK, *BUSY])
def test_a_photograph_passes(tmp_path: Path, name: str) -> None:
    verdict = judged(CHECK, image(tmp_path, photograph(name)))
    assert verdict.reason is None
    assert verdict.score is not None
    assert verdict.score > 0.4


@pytest.mark.parametrize("name", [*SOFT, *BUSY])
def test_fog_is_rejected(tmp_path: Path, name: str) -> None:
    picture = image(tmp_path, pixels(photograph(name) * 0.15 + 180))
    verdict = judged(CHECK, picture)
    found = CHECK.measure(picture)
    assert verdict.reason == "low-contrast"
    assert verdict.score == pytest.approx((found["high"] - found["low"]) / 255)
    assert verdict.detail == (
        f"the grey levels span {found['low']} to {found['high']} of 0 to 255:"
        f" the score {verdict.score:.3f} is below 0.2"
    )


@pytest.mark.parametrize(("threshold", "reason"), [(0.5, "low-contrast"), (0.3, None), (0, None)])
def test_the_threshold(tmp_path: Path, threshold: float, reason: str | None) -> None:
    picture = np.full((200, 200), 100, np.uint8)
    picture[:, 100:] = 200
    check = contrast.build(contrast.ContrastOptions(threshold=threshold))
    verdict = judged(check, image(tmp_path, picture))
    assert (verdict.reason, verdict.threshold) == (reason, threshold)


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_that_means_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValidationError):
        contrast.ContrastOptions(threshold=threshold)
