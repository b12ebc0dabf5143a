"""The labeler `quality`."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import pytest
from PIL import Image as Pillow
from PIL import ImageFilter
from pixcrawler_plugins.labelers import quality

from pixcrawler_core.catalog.datasets import Image as Row
from pixcrawler_core.components import Labeler, Validator
from pixcrawler_core.errors import ModelMissing, PluginError
from pixcrawler_core.image import Image
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.registry import load
from tests.conftest import PHOTOGRAPHS
from tests.plugins.labelers.modelled import ModelContract, labels, photograph


class TestContract(ModelContract):
    component = next(quality.register_labelers())


def spoilt(folder: Path, blur: float, light: float, jpeg: int) -> Image:
    """A photograph blurred by a Gaussian of so many pixels, darkened, and saved badly."""
    with Pillow.open(PHOTOGRAPHS / "mammals/red-panda.jpg") as picture:
        picture.thumbnail((800, 800))
        worse = picture.filter(ImageFilter.GaussianBlur(blur)).point(lambda level: level * light)
        worse.save(folder / "spoilt.jpg", quality=jpeg)
    return Image.open(folder / "spoilt.jpg")


def test_the_worse_the_picture_the_lower(models: ModelStore, tmp_path: Path) -> None:
    found = [
        labels("quality", photograph("mammals/red-panda.jpg"), models),
        labels("quality", spoilt(tmp_path, 2, 1, 90), models),
        labels("quality", spoilt(tmp_path, 3, 0.2, 10), models),
    ]
    assert [[each.name for each in labels] for labels in found] == [
        ["high quality"],
        ["medium quality"],
        ["low quality"],
    ]


def test_it_is_the_quality_that_the_catalog_tells(models: ModelStore) -> None:
    image = photograph("birds/canyon-wren.jpg")
    (label,) = labels("quality", image, models)
    row = Row(metadata={"scores": {name: {"score": it} for name, it in label.attributes["scores"].items()}})
    assert row.calculate_quality_score() == pytest.approx(label.score, abs=0.001)
    assert row.is_high_quality() == (label.name == "high quality")
    assert list(label.attributes["scores"]) == list(quality.QualityOptions().checks)


def test_scores_are_those_of_the_checks(tmp_path: Path) -> None:
    image, chosen = photograph("birds/canyon-wren.jpg"), ["blur", "contrast"]
    (label,) = labels("quality", image, ModelStore(tmp_path), checks=chosen)
    registry = load(installed=False)
    checks = [registry.build(Validator, name) for name in chosen]
    scores = [check.judge(check.measure(image)).score or 0 for check in checks]
    assert label.attributes["scores"] == pytest.approx(dict(zip(chosen, scores, strict=True)), abs=0.001)
    assert label.score == pytest.approx(fmean(scores), abs=0.001)


def test_models_are_asked_for_only_by_their_checks(tmp_path: Path) -> None:
    part = load(installed=False).get(Labeler, "quality")
    assert part.needed(quality.QualityOptions(checks=("niqe", "blur"))) == ("niqe",)
    with pytest.raises(ModelMissing, match="pixcrawler models pull niqe"):
        labels("quality", photograph("birds/canyon-wren.jpg"), ModelStore(tmp_path), checks=["niqe"])


def test_where_no_check_can_tell_there_is_no_label(models: ModelStore, tmp_path: Path) -> None:
    Pillow.new("RGB", (20, 20), "red").save(tmp_path / "tiny.png")
    assert labels("quality", Image.open(tmp_path / "tiny.png"), models, checks=["niqe"]) == []


@pytest.mark.parametrize("checks", [[], ["safety"], "blur"])
def test_other_checks_are_refused(models: ModelStore, checks: list[str]) -> None:
    with pytest.raises(PluginError, match="labeler 'quality'"):
        labels("quality", photograph("birds/canyon-wren.jpg"), models, checks=checks)
