"""The check `objects`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pixcrawler_validators import objects
from pydantic import ValidationError

from pixcrawler_core.image import Image
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Candidate, Verdict
from tests.conftest import PHOTOGRAPHS
from tests.validators.modelled import ModelContract

COWS = {"persons": 0, "counts": {"cow": 3}, "objects": []}


class TestContract(ModelContract):
    component = next(objects.register_validators())


def image(name: str, category: str = "", query: str = "") -> Image:
    candidate = Candidate(engine="urls", category=category, query=query, image_url="https://e.example/1.jpg")
    return Image.open(PHOTOGRAPHS / name, candidate if category or query else None)


def measured(models: ModelStore, shown: Image, **options: Any) -> Mapping[str, Any]:
    return objects.build(objects.ObjectsOptions(**options), models).measure(shown)


def judged(models: ModelStore, measures: Mapping[str, Any], **options: Any) -> Verdict:
    return objects.build(objects.ObjectsOptions(**options), models).judge(measures)


def test_cows_are_counted(models: ModelStore) -> None:
    measures = measured(models, image("farm-animals/dairy-cow.jpg"))
    assert measures["counts"] == {"cow": 3}
    assert measures["persons"] == 0
    assert [each["name"] for each in measures["objects"]] == ["cow"] * 3
    assert "seen" not in measures


def test_persons_are_counted(models: ModelStore) -> None:
    measures = measured(models, image("monuments/brandenburg-gate.jpg"))
    assert measures["persons"] == measures["counts"]["person"] >= 4


def test_a_higher_score_counts_fewer(models: ModelStore) -> None:
    shown = image("farm-animals/dairy-cow.jpg")
    assert measured(models, shown, min_score=0.82)["counts"] == {"cow": 1}


@pytest.mark.parametrize(
    ("category", "query", "asked"),
    [
        ("Cows", "x", "cow"),
        ("meadow", "dairy cow", None),
        ("meadow", "cow", "cow"),
        ("old-men", "", "person"),
    ],
)
def test_the_category_or_the_query_says_what_is_asked(
    models: ModelStore, category: str, query: str, asked: str | None
) -> None:
    measures = measured(models, image("farm-animals/dairy-cow.jpg", category, query))
    assert measures.get("asked") == asked


def test_the_score_says_whether_it_was_seen(models: ModelStore) -> None:
    check = objects.build(objects.ObjectsOptions(), models)
    right = check.judge(check.measure(image("farm-animals/sheep.jpg", "sheep")))
    wrong = check.judge(check.measure(image("farm-animals/sheep.jpg", "airplane")))
    unknown = check.judge(check.measure(image("farm-animals/sheep.jpg", "meadow")))
    assert right.score is not None
    assert right.score > 0.6
    assert (right.threshold, right.reason) == (0.0, None)
    assert (wrong.score, wrong.reason) == (0.0, None)
    assert unknown == Verdict()


def test_what_was_asked_can_be_demanded(models: ModelStore) -> None:
    seen = {**COWS, "asked": "cow", "seen": 0.8}
    assert judged(models, seen, threshold=0.8).reason is None
    verdict = judged(models, seen, threshold=0.9)
    assert (verdict.reason, verdict.score, verdict.threshold) == ("missing-object", 0.8, 0.9)
    assert verdict.detail == "cow is seen with 0.80, less than 0.9"
    assert judged(models, COWS, threshold=0.9) == Verdict()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, None),
        ({"require": ["cow"]}, None),
        ({"require": ["cow", "person"]}, "missing-object"),
        ({"forbid": ["person"]}, None),
        ({"forbid": ["person", "Cows"]}, "forbidden-object"),
        ({"require": ["cow"], "forbid": ["cow"]}, "forbidden-object"),
    ],
)
def test_objects_can_be_required_and_forbidden(
    models: ModelStore, options: dict[str, Any], reason: str | None
) -> None:
    assert judged(models, COWS, **options).reason == reason


def test_details_tell_what_is_there_and_what_is_not(models: ModelStore) -> None:
    assert judged(models, COWS, forbid=["cow"]).detail == "seen, and not wanted: 3 x cow"
    assert judged(models, COWS, require=["dog", "cow", "cat"]).detail == "not seen: dog, cat"


def test_other_words_for_a_kind_are_understood() -> None:
    assert objects.ObjectsOptions(require=("Bikes", "people")).require == ("bicycle", "person")


def test_an_unknown_kind_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValidationError, match="no kind of object is called 'elefant'; there is elephant"):
        objects.ObjectsOptions(forbid=("elefant",))


@pytest.mark.parametrize("options", [{"min_score": 0.1}, {"threshold": 2}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        objects.ObjectsOptions(**options)
