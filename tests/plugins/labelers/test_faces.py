"""The labeler `faces`."""

from __future__ import annotations

import pytest
from pixcrawler_plugins.labelers import faces

from pixcrawler_core.errors import PluginError
from pixcrawler_core.models.store import ModelStore
from tests.plugins.labelers.modelled import ModelContract, labels, photograph


class TestContract(ModelContract):
    component = next(faces.register_labelers())


def test_there_is_a_label_for_each_face(models: ModelStore) -> None:
    found = labels("faces", photograph("monuments/mount-rushmore.jpg"), models)
    assert [(each.name, each.model) for each in found] == [("face", "centerface 1.5.0")] * 4
    assert all(each.score is not None and each.score >= 0.55 for each in found)
    lefts = sorted(each.box[0] for each in found if each.box)
    assert len(set(lefts)) == 4


def test_without_a_face_there_is_no_label(models: ModelStore) -> None:
    assert labels("faces", photograph("fish/whale-shark.jpg"), models) == []


def test_a_lower_score_finds_more(models: ModelStore) -> None:
    assert labels("faces", photograph("fish/whale-shark.jpg"), models, min_score=0.3)
    assert labels("faces", photograph("monuments/mount-rushmore.jpg"), models, min_score=0.99) == []


@pytest.mark.parametrize("options", [{"min_score": 0.1}, {"most": 3}])
def test_other_options_are_refused(models: ModelStore, options: dict[str, float]) -> None:
    with pytest.raises(PluginError, match="labeler 'faces'"):
        labels("faces", photograph("fish/whale-shark.jpg"), models, **options)
