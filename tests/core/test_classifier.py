"""The image classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from pixcrawler_core.classifier import MODEL, classify, of_pixels
from pixcrawler_core.image import Image
from pixcrawler_core.imagenet import CLASSES, WORDNET, imagenet
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS


class Counting:
    """A real session that counts how often it is asked."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.asked = 0

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, Any], /) -> Sequence[Any]:
        self.asked += 1
        answer: Sequence[Any] = self.session.run(outputs, inputs)
        return answer


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mammals/cheetah.jpg", "cheetah"),
        ("mammals/red-panda.jpg", "lesser panda"),
        ("fish/hammerhead-shark.jpg", "hammerhead"),
        ("castles/eilean-donan.jpg", "castle"),
        ("birds/scarlet-macaw.jpg", "macaw"),
    ],
)
def test_what_photographs_show(models: ModelStore, name: str, expected: str) -> None:
    found = classify(Image.open(PHOTOGRAPHS / name), models.session(MODEL))
    known = imagenet(models.path(CLASSES), models.path(WORDNET))
    (best,) = known.guesses(found.probabilities, 1)
    assert best.name == expected
    assert best.probability > 0.5


def test_the_values_are_what_they_are_said_to_be(models: ModelStore) -> None:
    found = classify(Image.open(PHOTOGRAPHS / "birds/spoonbills.jpg"), models.session(MODEL))
    assert found.probabilities.shape == (1000,)
    assert float(found.probabilities.sum()) == pytest.approx(1, abs=1e-5)
    assert found.embedding.shape == (1280,)
    assert float(np.linalg.norm(found.embedding)) == pytest.approx(1, abs=1e-5)
    assert not found.probabilities.flags.writeable
    assert not found.embedding.flags.writeable


def test_alike_images_have_near_embeddings(models: ModelStore) -> None:
    session = models.session(MODEL)
    macaw, flying, castle = (
        classify(Image.open(PHOTOGRAPHS / name), session).embedding
        for name in ("birds/scarlet-macaw.jpg", "birds/macaw-flying.jpg", "castles/chambord.jpg")
    )
    assert macaw @ flying > macaw @ castle + 0.2


def test_the_model_is_asked_once_an_image(models: ModelStore) -> None:
    session = Counting(models.session(MODEL))
    image = Image.open(PHOTOGRAPHS / "mammals/koala.jpg")
    first = classify(image, session)
    assert classify(image, session) is first
    assert session.asked == 1
    classify(Image.open(PHOTOGRAPHS / "mammals/koala.jpg"), session)
    assert session.asked == 2


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (700, 3), (224, 224)])
def test_any_size_is_classified(models: ModelStore, size: tuple[int, int]) -> None:
    found = of_pixels(np.full((*size, 3), 255, dtype=np.uint8), models.session(MODEL))
    assert np.isfinite(found.probabilities).all()
    assert np.isfinite(found.embedding).all()
