"""The labeler `imagenet`."""

from __future__ import annotations

from pathlib import Path

import pytest
from pixcrawler_plugins.labelers import imagenet

from pixcrawler_core.errors import ModelMissing, PluginError
from pixcrawler_core.models.store import ModelStore
from tests.plugins.labelers.modelled import ModelContract, labels, photograph


class TestContract(ModelContract):
    component = next(imagenet.register_labelers())


def test_a_class_comes_with_its_kinds(models: ModelStore) -> None:
    (label, *_) = labels("imagenet", photograph("mammals/cheetah.jpg"), models)
    assert label.name == "cheetah"
    assert label.score is not None
    assert label.score > 0.5
    assert label.model == "efficientnet-lite0 0.1.0"
    assert label.attributes["wordnet"] == "n02130308"
    assert label.attributes["ancestors"][:3] == ["big cat", "feline", "carnivore"]
    assert label.attributes["ancestors"][-1] == "animal"


def test_there_are_as_many_as_asked_the_most_probable_first(models: ModelStore) -> None:
    found = labels("imagenet", photograph("castles/eilean-donan.jpg"), models, most=7, min_score=0)
    scores = [each.score or 0 for each in found]
    assert len(found) == 7
    assert scores == sorted(scores, reverse=True)
    few = labels("imagenet", photograph("castles/eilean-donan.jpg"), models, most=2, min_score=0)
    assert few == found[:2]


def test_what_is_improbable_is_not_told(models: ModelStore) -> None:
    image = photograph("farm-animals/dairy-cow.jpg")
    every = labels("imagenet", image, models, min_score=0, most=1000)
    sure = labels("imagenet", image, models, min_score=0.06)
    assert len(every) == 1000
    assert sure == [each for each in every if (each.score or 0) >= 0.06]
    assert 0 < len(sure) < 5


@pytest.mark.parametrize("options", [{"most": 0}, {"min_score": 1.5}, {"top": 5}])
def test_other_options_are_refused(models: ModelStore, options: dict[str, float]) -> None:
    with pytest.raises(PluginError, match="labeler 'imagenet'"):
        labels("imagenet", photograph("mammals/cheetah.jpg"), models, **options)


def test_without_the_model_nothing_is_built(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="pixcrawler models pull"):
        labels("imagenet", photograph("mammals/cheetah.jpg"), ModelStore(tmp_path))
