"""The check `text`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont
from pixcrawler_validators import text
from pydantic import ValidationError

from pixcrawler_core.detectors.found import Box
from pixcrawler_core.image import Image
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Verdict
from tests.conftest import PHOTOGRAPHS
from tests.validators.modelled import ModelContract

MEADOW = PHOTOGRAPHS / "landscapes/aizkorri-meadow.jpg"
STEPS = st.integers(0, 16)


class TestContract(ModelContract):
    component = next(text.register_validators())


def measured(models: ModelStore, path: Path) -> dict[str, Any]:
    return dict(text.build(text.TextOptions(), models).measure(Image.open(path)))


def judged(models: ModelStore, share: float, where: str, **options: Any) -> Verdict:
    measures = {"share": share, "lines": 2, "where": where, "boxes": []}
    return text.build(text.TextOptions(**options), models).judge(measures)


def marked(folder: Path, words: str, place: tuple[float, float], size: int) -> Path:
    """A photograph with words at a place, given as shares."""
    picture = Pillow.open(MEADOW).convert("RGB")
    position = place[0] * picture.width, place[1] * picture.height
    ImageDraw.Draw(picture).text(position, words, "white", ImageFont.load_default(size), anchor="mm")
    path = folder / "marked.png"
    picture.save(path)
    return path


def page(folder: Path) -> Path:
    """A page of text."""
    picture = Pillow.new("RGB", (600, 450), "white")
    line = "a page of words that have no end and say nothing at all"
    ImageDraw.Draw(picture).multiline_text(
        (12, 8), "\n".join([line] * 17), "black", ImageFont.load_default(21)
    )
    path = folder / "page.png"
    picture.save(path)
    return path


def test_a_photograph_has_no_text(models: ModelStore) -> None:
    assert measured(models, MEADOW) == {"share": 0, "lines": 0, "where": "none", "boxes": []}


@pytest.mark.parametrize(
    ("place", "size", "where"),
    [((0.5, 0.5), 80, "centre"), ((0.85, 0.95), 32, "corner"), ((0.5, 0.94), 40, "edge")],
)
def test_words_are_found_where_they_are(
    models: ModelStore, tmp_path: Path, place: tuple[float, float], size: int, where: str
) -> None:
    measures = measured(models, marked(tmp_path, "SHUTTERPHOTO", place, size))
    assert measures["lines"] == 1
    assert measures["where"] == where
    (box,) = (each["box"] for each in measures["boxes"])
    assert box[0] + box[2] / 2 == pytest.approx(place[0], abs=0.03)
    assert box[1] + box[3] / 2 == pytest.approx(place[1], abs=0.03)


def test_a_page_of_text_is_rejected(models: ModelStore, tmp_path: Path) -> None:
    check = text.build(text.TextOptions(), models)
    verdict = check.judge(check.measure(Image.open(page(tmp_path))))
    assert verdict.reason == "text"
    assert verdict.score is not None
    assert verdict.score < 0.6


@pytest.mark.parametrize(
    ("share", "threshold", "reason"),
    [(0.4, 0.6, None), (0.41, 0.6, "text"), (1.0, 0.0, None), (0.0, 1.0, None), (0.01, 1.0, "text")],
)
def test_the_share_of_text_is_limited(
    models: ModelStore, share: float, threshold: float, reason: str | None
) -> None:
    verdict = judged(models, share, "elsewhere", threshold=threshold)
    assert (verdict.reason, verdict.threshold) == (reason, threshold)
    assert verdict.score == pytest.approx(1 - share)


@pytest.mark.parametrize("where", ["none", "tiled", "corner", "edge", "centre", "elsewhere"])
def test_watermarks_are_kept_unless_a_place_is_named(models: ModelStore, where: str) -> None:
    assert judged(models, 0.1, where).reason is None
    expected = "watermark" if where in {"tiled", "corner"} else None
    assert judged(models, 0.1, where, watermarks=["tiled", "corner"]).reason == expected


def test_details_tell_share_and_place(models: ModelStore) -> None:
    assert judged(models, 0.5, "centre").detail == (
        "text covers 50% of the picture: the score 0.500 is below 0.6"
    )
    assert judged(models, 0.1, "tiled", watermarks=["tiled"]).detail == (
        "text covers 10% of the picture in 2 lines; place: tiled"
    )


@pytest.mark.parametrize(
    ("boxes", "where"),
    [
        ([], "none"),
        ([(0.1 + 0.3 * x, 0.1 + 0.3 * y, 0.1, 0.05) for x in range(3) for y in range(3)], "tiled"),
        ([(0.4, 0.1 * y, 0.2, 0.05) for y in range(10)], "centre"),
        ([(0.8, 0.9, 0.15, 0.05), (0.75, 0.95, 0.2, 0.03)], "corner"),
        ([(0.01, 0.01, 0.2, 0.05)], "corner"),
        ([(0.1, 0.9, 0.8, 0.05)], "edge"),
        ([(0.01, 0.9, 0.1, 0.05), (0.89, 0.9, 0.1, 0.05)], "edge"),
        ([(0.1, 0.45, 0.8, 0.1)], "centre"),
        ([(0.55, 0.35, 0.3, 0.1)], "centre"),
        ([(0.15, 0.55, 0.3, 0.1)], "centre"),
        ([(0.1, 0.3, 0.2, 0.05)], "elsewhere"),
        ([(0.1, 0.7, 0.2, 0.05)], "elsewhere"),
        ([(0.1, 0.25, 0.2, 0.05)], "elsewhere"),
    ],
)
def test_places(boxes: list[Box], where: str) -> None:
    assert text.place(boxes) == where


@given(st.lists(st.tuples(STEPS, STEPS, STEPS, STEPS), max_size=12))
def test_a_mirrored_picture_has_its_text_in_the_same_place(sides: list[tuple[int, int, int, int]]) -> None:
    ordered = [(*sorted((a, b)), *sorted((c, d))) for a, b, c, d in sides]
    boxes = [(a / 16, c / 16, (b - a) / 16, (d - c) / 16) for a, b, c, d in ordered]
    aside = [(1 - x - w, y, w, h) for x, y, w, h in boxes]
    turned = [(x, 1 - y - h, w, h) for x, y, w, h in aside]
    assert text.place(boxes) == text.place(aside) == text.place(turned)


@pytest.mark.parametrize("options", [{"threshold": 2}, {"watermarks": ["middle"]}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        text.TextOptions(**options)
