"""The check `faces`."""

from __future__ import annotations

from typing import Any

import pytest
from pixcrawler_validators import faces
from pydantic import ValidationError

from pixcrawler_core.image import Image
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Verdict
from tests.conftest import PHOTOGRAPHS
from tests.validators.modelled import ModelContract


class TestContract(ModelContract):
    component = next(faces.register_validators())


def measured(models: ModelStore, name: str, **options: Any) -> dict[str, Any]:
    check = faces.build(faces.FacesOptions(**options), models)
    return dict(check.measure(Image.open(PHOTOGRAPHS / name)))


def judged(models: ModelStore, count: int, **options: Any) -> Verdict:
    return faces.build(faces.FacesOptions(**options), models).judge({"faces": count, "boxes": []})


def test_four_faces_are_counted(models: ModelStore) -> None:
    measures = measured(models, "monuments/mount-rushmore.jpg")
    assert measures["faces"] == len(measures["boxes"]) == 4
    assert all(each["score"] >= 0.55 and len(each["box"]) == 4 for each in measures["boxes"])


def test_a_higher_score_counts_fewer(models: ModelStore) -> None:
    assert measured(models, "monuments/mount-rushmore.jpg", min_score=0.99) == {"faces": 0, "boxes": []}


def test_a_lower_score_counts_more(models: ModelStore) -> None:
    assert measured(models, "fish/whale-shark.jpg")["faces"] == 0
    assert measured(models, "fish/whale-shark.jpg", min_score=0.3)["faces"] > 0


@pytest.mark.parametrize("count", [0, 1, 50])
def test_it_only_informs_unless_it_is_told_more(models: ModelStore, count: int) -> None:
    assert judged(models, count) == Verdict()


@pytest.mark.parametrize(("count", "reason"), [(0, None), (1, "face"), (3, "face")])
def test_faces_can_be_forbidden(models: ModelStore, count: int, reason: str | None) -> None:
    assert judged(models, count, forbid=True).reason == reason


@pytest.mark.parametrize(("count", "reason"), [(0, None), (2, None), (3, "too-many-faces")])
def test_there_can_be_too_many(models: ModelStore, count: int, reason: str | None) -> None:
    assert judged(models, count, max_faces=2).reason == reason


def test_details_tell_the_number(models: ModelStore) -> None:
    assert judged(models, 1, forbid=True).detail == "there is 1 face, and none is wanted"
    assert judged(models, 3, max_faces=2).detail == "there are 3 faces, more than 2"


@pytest.mark.parametrize("options", [{"min_score": 0.1}, {"min_score": 1.1}, {"max_faces": -1}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        faces.FacesOptions(**options)
