"""The check `compression`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pixcrawler_validators import compression
from pydantic import ValidationError

from pixcrawler_core.image import Image, Pixels
from pixcrawler_core.testing.contracts import ValidatorContract
from tests.validators.spoiling import BUSY, DARK, SOFT, image, judged, photograph

CHECK = compression.build(compression.CompressionOptions())


class TestContract(ValidatorContract):
    component = next(compression.register_validators())


def compressed(picture: Pixels, quality: int) -> Pixels:
    """What a JPEG of the quality looks like."""
    file = io.BytesIO()
    Pillow.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Pillow.open(file))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("quality", [1, 5, 12, 30, 49, 50, 51, 58, 75, 90, 95, 99, 100])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(tmp_path: Path, quality: int, mode: str) -> None:
    path = tmp_path / "picture.jpg"
    Pillow.new(mode, (64, 64)).save(path, quality=quality)
    assert CHECK.measure(Image.open(path))["quality"] == quality


def test_tables_of_another_make_have_the_nearest_quality(tmp_path: Path) -> None:
    coarse = [[8 + 2 * (place // 8 + place % 8) for place in range(64)]]
    path = tmp_path / "picture.jpg"
    Pillow.new("L", (64, 64)).save(path, qtables=coarse)
    assert 70 <= CHECK.measure(Image.open(path))["quality"] <= 85


@pytest.mark.parametrize("name", [*SOFT, *DARK, *BUSY])
def test_a_photograph_passes(tmp_path: Path, name: str) -> None:
    picture = image(tmp_path, photograph(name))
    verdict = judged(CHECK, picture)
    assert verdict.reason is None
    assert verdict.score is not None
    assert verdict.score > 0.6
    assert "quality" not in CHECK.measure(picture)


@pytest.mark.parametrize("quality", [5, 24])
def test_a_jpeg_of_low_quality_is_rejected(tmp_path: Path, quality: int) -> None:
    picture = image(tmp_path, np.full((40, 40), 100, np.uint8), "picture.jpg", quality=quality)
    verdict = judged(CHECK, picture)
    assert (verdict.reason, verdict.score) == ("compressed", quality / 100)
    assert verdict.detail == (f"the JPEG has quality {quality}: the score {quality / 100:.3f} is below 0.25")


@pytest.mark.parametrize("name", ["farm-animals/calf", "castles/egeskov", *BUSY])
@pytest.mark.parametrize(("file", "options"), [("again.png", {}), ("again.jpg", {"quality": 92})])
def test_blocks_are_found_when_saved_again(
    tmp_path: Path, name: str, file: str, options: dict[str, Any]
) -> None:
    picture = image(tmp_path, compressed(photograph(name), 8), file, **options)
    verdict = judged(CHECK, picture)
    blocks = CHECK.measure(picture)["blocks"]
    assert verdict.reason == "compressed"
    assert verdict.score == pytest.approx(1 / (1 + (blocks / 1.6) ** 2))
    assert verdict.detail == (
        f"blocks of a JPEG have edges of {blocks:.1f} levels: the score {verdict.score:.3f} is below 0.25"
    )


def test_they_are_found_wherever_they_begin(tmp_path: Path) -> None:
    picture = compressed(photograph("castles/egeskov"), 10)
    whole = CHECK.measure(image(tmp_path, picture))["blocks"]
    for top, left in ((1, 0), (3, 5), (7, 7)):
        cut = CHECK.measure(image(tmp_path, picture[top:, left:]))["blocks"]
        assert cut == pytest.approx(whole, rel=0.02)


def test_a_steep_edge_is_none_of_a_block(tmp_path: Path) -> None:
    picture = np.full((400, 400), 20, np.uint8)
    picture[104:, :] = picture[:, 200:] = 230
    assert CHECK.measure(image(tmp_path, picture))["blocks"] < 0.5


def test_the_harder_the_higher(tmp_path: Path) -> None:
    picture = photograph("castles/egeskov")
    found = [
        CHECK.measure(image(tmp_path, compressed(picture, q)))["blocks"] for q in (90, 50, 30, 20, 10, 5)
    ]
    assert found == sorted(found)
    assert found[0] < 1.2
    assert found[-1] > 4


@pytest.mark.parametrize(("times", "measured"), [(1, True), (2, True), (3, False), (4, False)])
def test_blocks_are_looked_for_where_they_can_be_seen(tmp_path: Path, times: int, measured: bool) -> None:
    picture = compressed(np.tile(photograph("castles/egeskov")[:400, :600], (times, times, 1)), 8)
    file = image(tmp_path, picture)
    assert round(file.scale) == times
    assert ("blocks" in CHECK.measure(file)) is measured
    verdict = judged(CHECK, file)
    assert (verdict.reason, verdict.score is None) == (("compressed", False) if measured else (None, True))


@pytest.mark.parametrize("size", [(1, 1), (8, 500), (33, 33)])
def test_a_picture_of_few_blocks_is_only_read(tmp_path: Path, size: tuple[int, int]) -> None:
    found = CHECK.measure(image(tmp_path, np.zeros(size, np.uint8)))
    assert found == ({"blocks": 0} if min(size) > 32 else {})


@pytest.mark.parametrize(("threshold", "reason"), [(0.5, "compressed"), (0.3, None), (0, None)])
def test_the_threshold(tmp_path: Path, threshold: float, reason: str | None) -> None:
    check = compression.build(compression.CompressionOptions(threshold=threshold))
    verdict = judged(check, image(tmp_path, np.zeros((40, 40), np.uint8), "picture.jpg", quality=40))
    assert (verdict.reason, verdict.threshold, verdict.score) == (reason, threshold, 0.4)


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_threshold_that_means_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(ValidationError):
        compression.CompressionOptions(threshold=threshold)
