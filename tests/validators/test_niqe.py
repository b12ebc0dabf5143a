"""The check `niqe`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pixcrawler_validators import niqe
from pydantic import ValidationError

from pixcrawler_core.components import Check
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS
from tests.validators.damaging import KINDS, damaged, photograph, saved
from tests.validators.modelled import ModelContract


class TestContract(ModelContract):
    component = next(niqe.register_validators())


def built(models: ModelStore, **options: Any) -> Check:
    return niqe.build(niqe.NiqeOptions(**options), models)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("birds/canyon-wren.jpg", 11.051),
        ("birds/purple-heron-in-flight.jpg", 7.168),
        ("castles/chenonceau.jpg", 6.143),
        ("fish/paradise-fish.jpg", 4.335),
        ("mammals/gorilla.jpg", 3.776),
        ("ruins/bent-pyramid.jpg", 8.327),
    ],
)
def test_values_are_those_of_the_method_step_by_step(models: ModelStore, name: str, reference: float) -> None:
    """The method as BasicSR has it, block by block with SciPy's convolution, gave these."""
    assert built(models).measure(photograph(name))["niqe"] == pytest.approx(reference, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_photograph_is_worse(models: ModelStore, tmp_path: Path, kind: str) -> None:
    check, name = built(models), "mammals/red-panda.jpg"
    good, bad = (check.measure(shown)["niqe"] for shown in (photograph(name), damaged(tmp_path, name, kind)))
    assert good < 5
    assert bad > 7


@pytest.mark.parametrize("size", [(191, 400), (96, 800), (100, 100), (1, 900)])
def test_what_has_less_than_four_blocks_has_no_score(
    models: ModelStore, tmp_path: Path, size: tuple[int, int]
) -> None:
    check = built(models)
    picture = Pillow.open(PHOTOGRAPHS / "mammals/koala.jpg").crop((0, 0, *size))
    shown = saved(tmp_path, picture)
    blocks = (size[0] // 96) * (size[1] // 96)
    assert bool(check.measure(shown)) == (blocks >= 4)


def test_blocks_without_structure_do_not_count(models: ModelStore, tmp_path: Path) -> None:
    check = built(models)
    photo = np.asarray(Pillow.open(PHOTOGRAPHS / "mammals/koala.jpg").convert("L"))[:384, :384]
    framed = np.full((576, 576), 255, dtype=np.uint8)
    framed[96:480, 96:480] = photo
    shown = check.measure(saved(tmp_path, Pillow.fromarray(framed)))
    alone = check.measure(saved(tmp_path, Pillow.fromarray(photo)))
    assert shown["niqe"] == pytest.approx(alone["niqe"], abs=1.5)
    flat = check.measure(saved(tmp_path, Pillow.new("RGB", (500, 500), (9, 200, 40))))
    assert flat == {}
    assert check.judge(flat).score is None


def test_the_threshold_rejects(models: ModelStore) -> None:
    verdict = built(models).judge({"niqe": 16.5})
    assert verdict.reason == "unnatural"
    assert verdict.detail == "NIQE is 16.5 (0 is best): the score 0.175 is below 0.2"
    assert built(models).judge({"niqe": 15.5}).reason is None
    assert built(models, threshold=0).judge({"niqe": 70.0}).score == 0
    assert built(models, threshold=0.9).judge({"niqe": 5.0}).reason == "unnatural"


@pytest.mark.parametrize("options", [{"threshold": -0.1}, {"threshold": 1.1}, {"block": 96}])
def test_other_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        niqe.NiqeOptions(**options)
