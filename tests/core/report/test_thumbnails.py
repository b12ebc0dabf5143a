"""Thumbnails of real photographs and odd files."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixcrawler_core.report.thumbnails import BROKEN, LARGEST, MISSING, SIDE, small_picture, thumbnail
from tests.conftest import PHOTOGRAPHS

MACAW = PHOTOGRAPHS / "birds/scarlet-macaw.jpg"


def decoded(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(thumbnail(path).data)))


def likeness(one: Image.Image, other: Image.Image) -> float:
    """Peak signal to noise of two pictures, in decibels."""
    difference = np.asarray(one, float) - np.asarray(other, float)
    return float(10 * np.log10(255**2 / max(1e-9, np.mean(difference**2))))


def whole(path: Path) -> Image.Image:
    """A thumbnail made of all pixels."""
    with Image.open(path) as picture:
        found = picture.convert("RGB")
    found.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC)
    return found


@pytest.mark.parametrize("path", sorted(PHOTOGRAPHS.glob("birds/*.jpg"))[:6], ids=lambda path: path.stem)
def test_a_progressive_photograph(path: Path) -> None:
    with Image.open(path) as picture:
        assert picture.info.get("progressive")
    assert likeness(small_picture(path, SIDE), whole(path)) > 28
    assert decoded(path).size == whole(path).size


def test_refinements_are_not_read(tmp_path: Path) -> None:
    data = MACAW.read_bytes()
    last = data.rindex(b"\xff\xda")
    spoilt = tmp_path / "spoilt.jpg"
    spoilt.write_bytes(data[: last + 20] + bytes(len(data) - last - 22) + b"\xff\xd9")
    assert small_picture(spoilt, SIDE).tobytes() == small_picture(MACAW, SIDE).tobytes()


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "gif", "tif"])
def test_other_formats(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"macaw.{ending}"
    with Image.open(MACAW) as picture:
        picture.save(path)
    assert decoded(path).size == (SIDE, 149)
    assert likeness(small_picture(path, SIDE), whole(path)) > 28


def test_a_turned_photograph_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(MACAW) as picture:
        picture.save(tmp_path / "turned.jpg", exif=exif)
    assert decoded(tmp_path / "turned.jpg").size == (149, SIDE)


def test_noise_is_small_all_the_same(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (600, 600, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    assert len(base64.b64decode(thumbnail(tmp_path / "noise.png").data)) < LARGEST


def test_a_line_keeps_a_pixel(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 2)).save(tmp_path / "line.jpg")
    assert decoded(tmp_path / "line.jpg").size == (SIDE, 1)


def test_what_cannot_be_shown(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "cut.jpg").write_bytes(MACAW.read_bytes()[:700])
    assert thumbnail(tmp_path / "text.jpg").problem == BROKEN
    assert thumbnail(tmp_path / "cut.jpg").problem == BROKEN
    assert thumbnail(tmp_path / "none.jpg").problem == MISSING
    assert thumbnail(tmp_path).problem == MISSING


def test_colours() -> None:
    assert thumbnail(MACAW).colours == {}
    found = thumbnail(MACAW, colours=True).colours
    assert {"white", "red"} <= set(found)
    assert all(0 < share <= 1 for share in found.values())
