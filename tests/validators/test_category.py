"""The check `category`."""

from __future__ import annotations

from typing import Any

import pytest
from pixcrawler_validators import category
from pydantic import ValidationError

from pixcrawler_core.components import Check
from pixcrawler_core.image import Image
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Candidate
from tests.conftest import PHOTOGRAPHS
from tests.validators.modelled import ModelContract


class TestContract(ModelContract):
    component = next(category.register_validators())


@pytest.fixture(scope="module")
def check(models: ModelStore) -> Check:
    return category.build(category.CategoryOptions(), models)


def shown(name: str, wanted: str, query: str = "") -> Image:
    candidate = Candidate(engine="urls", category=wanted, query=query, image_url="https://e.example/1.jpg")
    return Image.open(PHOTOGRAPHS / name, candidate)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("mammals/cheetah.jpg", "cheetahs"),
        ("mammals/cheetah.jpg", "mammals"),
        ("mammals/red-panda.jpg", "Red-Panda"),
        ("farm-animals/hens.jpg", "birds"),
        ("fish/great-white-shark.jpg", "fish"),
        ("buildings/reims-cathedral.jpg", "buildings"),
    ],
)
def test_a_picture_of_its_category_passes(check: Check, name: str, wanted: str) -> None:
    measures = check.measure(shown(name, wanted))
    verdict = check.judge(measures)
    assert verdict.reason is None
    assert verdict.score is not None
    assert verdict.score > 0.8
    assert measures["evidence"] == "kinds"


@pytest.mark.parametrize(
    ("name", "wanted", "seen"),
    [
        ("mammals/cheetah.jpg", "lighthouse", "cheetah"),
        ("castles/eilean-donan.jpg", "dogs", "castle"),
        ("birds/scarlet-macaw.jpg", "sports-car", "macaw"),
    ],
)
def test_a_picture_of_something_else_is_rejected(check: Check, name: str, wanted: str, seen: str) -> None:
    measures = check.measure(shown(name, wanted))
    verdict = check.judge(measures)
    assert verdict.reason == "off-category"
    assert verdict.score is not None
    assert verdict.score < 0.2
    assert verdict.detail is not None
    assert verdict.detail.startswith(f"it shows rather {seen}, ")
    assert f"than {wanted.replace('-', ' ')!r}: the score " in verdict.detail


def test_people_are_not_judged(check: Check) -> None:
    measures = check.measure(shown("mammals/cheetah.jpg", "portrait"))
    assert measures == {"subject": "portrait", "evidence": "people"}
    verdict = check.judge(measures)
    assert (verdict.reason, verdict.score) == (None, None)


@pytest.mark.parametrize(
    "image", [Image.open(PHOTOGRAPHS / "mammals/cheetah.jpg"), shown("mammals/cheetah.jpg", " ")]
)
def test_without_a_category_nothing_is_said(check: Check, image: Image) -> None:
    assert check.measure(image) == {}
    assert check.judge({}).score is None


def test_the_score_of_chance_is_a_half(models: ModelStore) -> None:
    measures = {"subject": "cat", "evidence": "kinds", "lift": 1.0, "shows": ["tench"]}
    build, options = category.build, category.CategoryOptions
    assert build(options(), models).judge(measures).score == 0.5
    assert build(options(threshold=0.51), models).judge(measures).reason == "off-category"
    assert build(options(threshold=0), models).judge({**measures, "lift": 0.0}).reason is None
    assert build(options(), models).judge({**measures, "lift": 0.24}).reason == "off-category"
    assert build(options(), models).judge({**measures, "lift": 0.26}).reason is None


@pytest.mark.parametrize("options", [{"threshold": -0.1}, {"threshold": 2}, {"people": True}])
def test_other_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        category.CategoryOptions(**options)
