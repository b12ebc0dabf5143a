"""The labeler `objects`."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow
from pixcrawler_plugins.labelers import objects

from pixcrawler_core.errors import PluginError
from pixcrawler_core.image import Image
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS
from tests.plugins.labelers.modelled import ModelContract, labels, photograph


class TestContract(ModelContract):
    component = next(objects.register_labelers())


def test_cows_have_boxes(models: ModelStore) -> None:
    found = labels("objects", photograph("farm-animals/dairy-cow.jpg"), models)
    assert [each.name for each in found] == ["cow"] * 3
    assert [each.model for each in found] == ["nanodet 3.0.4"] * 3
    left, top, width, height = found[0].box or (0, 0, 0, 0)
    assert 0.1 < left < 0.4 < 0.7 < left + width < 1
    assert 0.3 < top < 0.5 < 0.8 < top + height < 1


def test_boxes_are_those_of_the_picture_as_it_is_shown(models: ModelStore, tmp_path: Path) -> None:
    with Pillow.open(PHOTOGRAPHS / "farm-animals/dairy-cow.jpg") as picture:
        turned, exif = picture.rotate(90, expand=True), Pillow.Exif()
        exif[0x0112] = 6
        turned.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    straight = labels("objects", photograph("farm-animals/dairy-cow.jpg"), models)[0].box
    shown = labels("objects", Image.open(tmp_path / "turned.jpg"), models)[0].box
    assert shown == pytest.approx(straight, abs=0.03)


def test_a_higher_score_finds_fewer(models: ModelStore) -> None:
    image = photograph("farm-animals/dairy-cow.jpg")
    assert len(labels("objects", image, models, min_score=0.82)) == 1


@pytest.mark.parametrize("options", [{"min_score": 0.1}, {"threshold": 0.5}])
def test_other_options_are_refused(models: ModelStore, options: dict[str, float]) -> None:
    with pytest.raises(PluginError, match="labeler 'objects'"):
        labels("objects", photograph("farm-animals/dairy-cow.jpg"), models, **options)
