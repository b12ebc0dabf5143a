"""The check `embedding`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from pixcrawler_validators import embedding

from pixcrawler_core.classifier import MODEL, classify
from pixcrawler_core.embeddings import decode_embedding
from pixcrawler_core.image import Image
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS
from tests.validators.modelled import ModelContract


class TestContract(ModelContract):
    component = next(embedding.register_validators())


def test_the_embedding_can_be_read(models: ModelStore) -> None:
    check, image = embedding.build(None, models), Image.open(PHOTOGRAPHS / "birds/scarlet-macaw.jpg")
    measures = check.measure(image)
    assert len(measures["embedding"]) == 3416
    read = decode_embedding(measures["embedding"])
    assert read.shape == (1280,)
    assert float(read @ classify(image, models.session(MODEL)).embedding) == pytest.approx(1, abs=1e-4)
    assert check.judge(measures).reason is None


def test_alike_images_are_near(models: ModelStore, tmp_path: Path) -> None:
    check, path = embedding.build(None, models), PHOTOGRAPHS / "birds/scarlet-macaw.jpg"
    with Pillow.open(path) as picture:
        half = picture.convert("RGB").resize((picture.width // 2, picture.height // 2))
        half.save(tmp_path / "half.jpg", quality=70)
    images = path, tmp_path / "half.jpg", PHOTOGRAPHS / "ruins/petra-monastery.jpg"
    one, same, other = (decode_embedding(check.measure(Image.open(each))["embedding"]) for each in images)
    assert np.dot(one, same) > 0.9
    assert np.dot(one, other) < 0.6
