"""The check `safety`; there is no picture here that it rejects: that is tested on numbers alone."""

from __future__ import annotations

import pytest
from pixcrawler_validators import safety
from pydantic import ValidationError

from pixcrawler_core.image import Image
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS
from tests.validators.modelled import ModelContract


class TestContract(ModelContract):
    component = next(safety.register_validators())


@pytest.mark.parametrize("name", ["birds/owl-on-branch.jpg", "mammals/proboscis-monkeys.jpg"])
def test_a_harmless_photograph_passes(models: ModelStore, name: str) -> None:
    check = safety.build(safety.SafetyOptions(), models)
    measures = check.measure(Image.open(PHOTOGRAPHS / name))
    verdict = check.judge(measures)
    assert 0 <= measures["nsfw"] < 0.1
    assert verdict.reason is None
    assert verdict.score == pytest.approx(1 - measures["nsfw"])


@pytest.mark.parametrize(
    ("threshold", "nsfw", "reason"),
    [(0.2, 0.7999, None), (0.2, 0.8, "nsfw"), (0.2, 1.0, "nsfw"), (0.5, 0.51, "nsfw"), (0.0, 1.0, None)],
)
def test_the_judgement(models: ModelStore, threshold: float, nsfw: float, reason: str | None) -> None:
    check = safety.build(safety.SafetyOptions(threshold=threshold), models)
    assert check.judge({"nsfw": nsfw}).reason == reason


def test_the_default_rejects_from_eight_tenths() -> None:
    assert safety.SafetyOptions().threshold == 0.2


def test_the_detail_names_the_probability(models: ModelStore) -> None:
    verdict = safety.build(safety.SafetyOptions(), models).judge({"nsfw": 0.93})
    assert verdict.detail == ("the model says not safe for work with 0.93: the score 0.070 is below 0.2")


@pytest.mark.parametrize("options", [{"threshold": 1.1}, {"threshold": -0.1}, {"limit": 0.5}])
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        safety.SafetyOptions(**options)
