"""The check `spread`."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow
from pixcrawler_example_plugin import spread

from pixcrawler_core.image import Image
from pixcrawler_core.testing.contracts import ValidatorContract


class TestContract(ValidatorContract):
    component = next(spread.register_validators())


def half(folder: Path, light: int) -> Image:
    """A picture whose left half is black and whose right half has one grey."""
    picture = Pillow.new("L", (400, 300))
    picture.paste(light, (200, 0, 400, 300))
    picture.save(folder / "half.png")
    return Image.open(folder / "half.png")


@pytest.mark.parametrize(
    ("light", "score", "reason"), [(0, 0, "little-spread"), (51, 0.2, "little-spread"), (255, 1, None)]
)
def test_the_score_is_the_share_of_black_and_white(
    tmp_path: Path, light: int, score: float, reason: str | None
) -> None:
    check = spread.build(spread.SpreadOptions(least=0.3))
    verdict = check.judge(check.measure(half(tmp_path, light)))
    assert verdict.reason == reason
    assert verdict.score == pytest.approx(score, abs=0.01)
