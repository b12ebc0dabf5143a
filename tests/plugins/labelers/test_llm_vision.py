from __future__ import annotations

import base64
import io
import shutil
from pathlib import Path

import pytest
from PIL import Image as Pillow
from pixcrawler_plugins.labelers.llm_vision import LlmVisionOptions, build, register_labelers

from pixcrawler_core.image import Image
from pixcrawler_core.records import Label
from pixcrawler_core.testing.contracts import LabelerContract
from tests.conftest import PHOTOGRAPHS
from tests.plugins.talking import Model

ANSWER = {
    "labels": [
        {"name": "tower", "score": 0.5},
        {"name": "\0castle\n", "score": 0.9},
        {"name": " ", "score": 1},
    ],
    "caption": "A castle on a hill.",
}
CASTLE = min((PHOTOGRAPHS / "castles").glob("*.jpg"))


class TestLlmVision(LabelerContract):
    component = next(register_labelers())

    @pytest.fixture(autouse=True)
    def _asked(self, model: Model) -> None:
        model.says(ANSWER)
        self.__class__.options = model.options


def test_labels_and_caption(model: Model, tmp_path: Path) -> None:
    model.says(ANSWER)
    with Pillow.open(shutil.copy(CASTLE, tmp_path / "castle.jpg")) as picture:
        exif = picture.getexif()
        exif[0x010F] = "Somebody's camera"
        picture.save(tmp_path / "turned.jpg", exif=exif)
    labels = list(build(LlmVisionOptions(**model.options, side=200))(Image.open(tmp_path / "turned.jpg")))
    assert labels == [
        Label(name="castle", score=0.9, model="small-talk"),
        Label(name="tower", score=0.5, model="small-talk"),
        Label(name="A castle on a hill.", model="small-talk", attributes={"kind": "caption"}),
    ]
    (part,) = model.asked[0]["messages"][1]["content"]
    kind, _, data = part["image_url"]["url"].partition(",")
    sent = base64.b64decode(data)
    assert kind == "data:image/jpeg;base64"
    assert b"Somebody" not in sent
    with Pillow.open(io.BytesIO(sent)) as small:
        assert max(small.size) == 200


def test_no_more_than_asked_for(model: Model) -> None:
    model.says(ANSWER)
    labels = build(LlmVisionOptions(**model.options, count=2, caption=False))(Image.open(CASTLE))
    assert [label.name for label in labels] == ["castle"]
