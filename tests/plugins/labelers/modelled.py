"""What tests of labelers share: pictures as they come from a source, and models that remember."""

from __future__ import annotations

from typing import Any

import pytest

from pixcrawler_core.components import Labeler, Models
from pixcrawler_core.image import Image
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.records import Candidate, Label
from pixcrawler_core.registry import load
from pixcrawler_core.testing.contracts import LabelerContract
from tests.conftest import PHOTOGRAPHS
from tests.validators.modelled import Remembered


class ModelContract(LabelerContract):
    """The contract of a labeler that names models."""

    stored: Models

    @pytest.fixture(autouse=True)
    def _with_models(self, models: ModelStore) -> None:
        self.stored = Remembered(models)

    def models(self) -> Models:
        return self.stored


def photograph(name: str, category: str = "", **told: Any) -> Image:
    """An example photograph, found for a category."""
    candidate = Candidate(
        engine="urls", category=category, query=category, image_url="https://e.example/1.jpg", **told
    )
    return Image.open(PHOTOGRAPHS / name, candidate)


def labels(name: str, image: Image, models: Models | None = None, **options: Any) -> list[Label]:
    """What the labeler of this name says of an image."""
    registry = load(installed=False)
    if models is not None:
        part = registry.get(Labeler, name)
        return list(part.build(registry.options(part, options), models)(image))
    return list(registry.build(Labeler, name, options)(image))
