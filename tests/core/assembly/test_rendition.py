"""What is changed in exported pictures, whatever their mode."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from pixcrawler_core.assembly.exporting import Changed
from pixcrawler_core.assembly.redaction import Redaction
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS

FACES = PHOTOGRAPHS / "monuments/mount-rushmore.jpg"


def encoded(mode: str, **options: object) -> bytes:
    """The stone faces in another mode, as JPEG or PNG."""
    with Pillow.open(FACES) as picture:
        grey = picture.convert("L")
        if mode == "I;16":
            shown = Pillow.fromarray(np.asarray(grey).astype(np.uint16) * 257)
        elif mode == "LA":
            shown = Pillow.merge("LA", (grey, Pillow.new("L", grey.size, 200)))
        else:
            shown = picture.convert(mode)
    data = io.BytesIO()
    shown.save(data, "JPEG" if mode in ("RGB", "CMYK") else "PNG", **options)
    return data.getvalue()


def redacted(folder: Path, data: bytes, models: ModelStore) -> Pillow.Image:
    (folder / "face").write_bytes(data)
    changed = Redaction(faces=models.session("centerface"))(folder / "face")
    assert isinstance(changed, Changed)
    assert changed.changes[0] == "faces blurred"
    return Pillow.open(io.BytesIO(changed.data))


@pytest.mark.parametrize(
    ("mode", "after"), [("RGB", "RGB"), ("CMYK", "RGB"), ("I;16", "L"), ("LA", "RGBA"), ("L", "L")]
)
def test_faces_are_blurred_in_every_mode(tmp_path: Path, models: ModelStore, mode: str, after: str) -> None:
    with Pillow.open(FACES) as picture:
        light = np.asarray(picture.convert("L")).mean()
    blurred = redacted(tmp_path, encoded(mode), models)
    assert blurred.mode == after
    assert abs(np.asarray(blurred.convert("RGBA").convert("L")).mean() - light) < 6


def test_a_profile_stays_only_where_the_colours_do(tmp_path: Path, models: ModelStore) -> None:
    profile = bytes(200)
    assert redacted(tmp_path, encoded("RGB", icc_profile=profile), models).info["icc_profile"] == profile
    assert "icc_profile" not in redacted(tmp_path, encoded("CMYK", icc_profile=profile), models).info


def test_a_jpeg_that_lacks_its_end_marker_is_no_obstacle(tmp_path: Path, models: ModelStore) -> None:
    assert redacted(tmp_path, encoded("RGB")[:-2], models).mode == "RGB"
