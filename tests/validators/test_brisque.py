"""The check `brisque`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageOps
from pixcrawler_validators import brisque
from pydantic import ValidationError

from pixcrawler_core.components import Check
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS
from tests.validators.damaging import KINDS, damaged, photograph, saved
from tests.validators.modelled import ModelContract


class TestContract(ModelContract):
    component = next(brisque.register_validators())


def built(models: ModelStore, **options: Any) -> Check:
    return brisque.build(brisque.BrisqueOptions(**options), models)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("birds/canyon-wren.jpg", 74.96),
        ("birds/purple-heron-in-flight.jpg", 55.42),
        ("castles/chenonceau.jpg", 20.57),
        ("mammals/gorilla.jpg", 15.27),
        ("mammals/red-panda.jpg", -2.23),
        ("ruins/pont-du-gard.jpg", 17.9),
    ],
)
def test_values_are_those_of_another_implementation(models: ModelStore, name: str, reference: float) -> None:
    """`brisque` 0.2.0 from PyPI, which treats the picture's edges and exact zeros otherwise, gave these."""
    assert built(models).measure(photograph(name))["brisque"] == pytest.approx(reference, abs=2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_photograph_is_worse(models: ModelStore, tmp_path: Path, kind: str) -> None:
    check, name = built(models), "mammals/red-panda.jpg"
    verdicts = [
        check.judge(check.measure(shown)) for shown in (photograph(name), damaged(tmp_path, name, kind))
    ]
    scores = [verdict.score for verdict in verdicts]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0] > 0.9
    assert scores[1] < 0.6


def test_a_mirrored_photograph_has_the_same_quality(models: ModelStore, tmp_path: Path) -> None:
    check = built(models)
    mirrored = ImageOps.mirror(Pillow.open(PHOTOGRAPHS / "mammals/koala.jpg"))
    values = [
        check.measure(shown)["brisque"]
        for shown in (photograph("mammals/koala.jpg"), saved(tmp_path, mirrored))
    ]
    assert values[0] == pytest.approx(values[1], abs=1)


@pytest.mark.parametrize(
    "picture",
    [
        Pillow.new("L", (300, 200), 77),
        Pillow.open(PHOTOGRAPHS / "mammals/koala.jpg").crop((0, 0, 63, 400)),
        Pillow.new("L", (1, 1)),
    ],
    ids=["flat", "narrow", "dot"],
)
def test_what_is_flat_or_small_has_no_score(
    models: ModelStore, tmp_path: Path, picture: Pillow.Image
) -> None:
    check = built(models)
    measures = check.measure(saved(tmp_path, picture))
    assert measures == {}
    verdict = check.judge(measures)
    assert (verdict.reason, verdict.score) == (None, None)


def test_the_threshold_rejects(models: ModelStore) -> None:
    verdict = built(models).judge({"brisque": 81.0})
    assert verdict.reason == "low-quality"
    assert verdict.detail == "BRISQUE is 81 (0 is best): the score 0.190 is below 0.2"
    assert built(models).judge({"brisque": 79.0}).reason is None
    assert built(models, threshold=0).judge({"brisque": 120.0}).reason is None
    assert built(models, threshold=0.9).judge({"brisque": 20.0}).reason == "low-quality"


@pytest.mark.parametrize(("value", "score"), [(-12.0, 1.0), (0.0, 1.0), (25.0, 0.75), (130.0, 0.0)])
def test_the_score_stays_between_0_and_1(models: ModelStore, value: float, score: float) -> None:
    assert built(models).judge({"brisque": value}).score == score


@pytest.mark.parametrize("options", [{"threshold": -0.1}, {"threshold": 1.1}, {"limit": 3}])
def test_other_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        brisque.BrisqueOptions(**options)
