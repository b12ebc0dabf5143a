"""The method `embedding`."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw
from pixcrawler_plugins.dedupers import embedding
from pydantic import ValidationError

from pixcrawler_core.dedup.protocols import Matcher
from pixcrawler_core.image import Image
from pixcrawler_core.models.store import ModelStore
from pixcrawler_core.testing.contracts import DeduperContract
from tests.conftest import PHOTOGRAPHS

NAMES = (
    "birds/scarlet-macaw",
    "castles/egeskov",
    "mammals/red-panda",
    "monuments/hawa-mahal",
    "ruins/pont-du-gard",
)


def changed(image: Image) -> Image:
    """Four fifths of the picture, with a word on it."""
    with Pillow.open(image.path) as picture:
        width, height = picture.size
        part = picture.convert("RGB").crop((width // 10, height // 10, width * 9 // 10, height * 9 // 10))
    ImageDraw.Draw(part).text((20, part.height // 2), "PREVIEW", font_size=part.width // 7, fill="white")
    path = image.path.with_name(f"changed-{image.path.stem}.jpg")
    part.save(path, quality=80)
    return Image.open(path, detailed=True)


class TestContract(DeduperContract):
    component = next(embedding.register_dedupers())

    @pytest.fixture
    def matcher(self, models: ModelStore) -> Matcher:
        return embedding.build(embedding.EmbeddingOptions(), models)

    def images(self, folder: Path) -> list[Image]:
        copies = []
        for name in NAMES:
            copy = folder / f"{Path(name).name}.jpg"
            copy.write_bytes((PHOTOGRAPHS / f"{name}.jpg").read_bytes())
            copies.append(Image.open(copy, detailed=True))
        return copies


def test_a_doubtful_match_is_looked_at(models: ModelStore, tmp_path: Path) -> None:
    matcher = embedding.build(embedding.EmbeddingOptions(), models)
    image = TestContract().images(tmp_path)[2]
    other = changed(image)
    index = matcher.open(tmp_path / "index")
    index.add(7, matcher.fingerprint(image))
    (match,) = index.find(matcher.fingerprint(other))
    assert (match.key, match.sure) == (7, False)
    assert 0.03 < match.distance < 0.4
    assert matcher.same(image, other)
    index.close()


@pytest.mark.parametrize("options", [{"sure": 0.5, "maybe": 0.6}, {"sure": 1.1}, {"most": -1}, {"other": 1}])
def test_options_that_mean_nothing_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        embedding.EmbeddingOptions(**options)  # type: ignore[arg-type]  # they are wrong on purpose
