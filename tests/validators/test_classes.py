"""The check `classes`."""

from __future__ import annotations

import pytest
from pixcrawler_validators import classes

from pixcrawler_core.components import Check
from pixcrawler_core.image import Image
from pixcrawler_core.imagenet import CLASSES, WORDNET, imagenet
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS
from tests.validators.modelled import ModelContract


class TestContract(ModelContract):
    component = next(classes.register_validators())


@pytest.fixture(scope="module")
def check(models: ModelStore) -> Check:
    return classes.build(None, models)


def test_the_five_most_probable_classes_are_told(check: Check) -> None:
    told = check.measure(Image.open(PHOTOGRAPHS / "mammals/koala.jpg"))["classes"]
    assert len(told) == 5
    assert told[0]["name"] == "koala"
    assert told[0]["id"] == "n01882714"
    probabilities = [each["probability"] for each in told]
    assert probabilities == sorted(probabilities, reverse=True)
    assert 0.85 < sum(probabilities) <= 1.0005


@pytest.mark.parametrize(
    ("name", "scene"),
    [
        ("castles/eilean-donan.jpg", "castle"),
        ("landscapes/lake-sherburne.jpg", "alp"),
        ("ruins/pont-du-gard.jpg", "viaduct"),
        ("mammals/koala.jpg", None),
    ],
)
def test_places_are_scenes(check: Check, name: str, scene: str | None) -> None:
    scenes = check.measure(Image.open(PHOTOGRAPHS / name))["scenes"]
    assert (scenes[0]["name"] if scenes else None) == scene
    assert all(each["probability"] >= classes.LEAST_SCENE for each in scenes)


def test_it_rejects_nothing(check: Check) -> None:
    verdict = check.judge(check.measure(Image.open(PHOTOGRAPHS / "mammals/koala.jpg")))
    assert (verdict.reason, verdict.score) == (None, None)


def test_scenes_are_classes(models: ModelStore) -> None:
    assert set(imagenet(models.path(CLASSES), models.path(WORDNET)).names) > classes.SCENES
