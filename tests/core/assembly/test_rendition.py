"""What is changed in exported pictures, whatever their mode."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from pixcrawler_core.assembly.rendition import Changed, EncodeError, Rendition
from pixcrawler_core.assembly.resizing import Mode, Resizing
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
    changed = Rendition(faces=models.session("centerface"))(folder / "face")
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


def drawn(data: Changed | None) -> Pillow.Image:
    """The picture of what was changed, checked against what is said of it."""
    assert data is not None
    picture = Pillow.open(io.BytesIO(data.data))
    picture.load()
    assert data.size == picture.size
    assert data.format in (None, picture.format)
    return picture


@pytest.mark.parametrize(
    ("mode", "size"),
    [("keep_ratio", (150, 100)), ("border", (100, 100)), ("center_crop", (100, 100))],
)
def test_pictures_get_the_size_that_is_asked(tmp_path: Path, mode: Mode, size: tuple[int, int]) -> None:
    path = tmp_path / "picture.png"
    Pillow.effect_mandelbrot((600, 400), (-2, -1.3, 1, 1.3), 60).convert("RGB").save(path)
    changed = Rendition(resizing=Resizing(mode=mode, size=100))(path)
    picture = drawn(changed)
    assert (picture.size, picture.format) == (size, "PNG")
    assert changed is not None
    assert changed.changes == ("resized", "metadata removed")
    border = picture.getpixel((50, 10))
    assert (border == (255, 255, 255)) == (mode == "border")


def test_a_resized_picture_is_the_one_that_was(tmp_path: Path) -> None:
    """Also one that is stored lying on its side, and that was decoded by a fraction of its size."""
    with Pillow.open(FACES) as picture:
        exif = picture.getexif()
        exif[0x0112] = 6
        picture.save(tmp_path / "turned.jpg", exif=exif, quality=95)
        shown = picture.convert("RGB").transpose(Pillow.Transpose.ROTATE_270)
    small = drawn(Rendition(resizing=Resizing(max_side=120))(tmp_path / "turned.jpg"))
    assert max(small.size) == 120
    assert small.height > small.width
    wanted = np.asarray(shown.resize(small.size, Pillow.Resampling.LANCZOS), int)
    assert np.abs(np.asarray(small.convert("RGB"), int) - wanted).mean() < 3


def test_what_fits_already_keeps_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded("RGB"))
    with Pillow.open(FACES) as picture:
        longest = max(picture.size)
    for fitting in (Rendition(format="JPEG"), Rendition(resizing=Resizing(max_side=longest))):
        assert fitting(tmp_path / "a.jpg") is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("mode", ["RGB", "LA", "L"])
def test_pictures_can_be_converted(tmp_path: Path, kind: str, mode: str) -> None:
    (tmp_path / "a").write_bytes(encoded(mode))
    changed = Rendition(format=kind, resizing=Resizing(max_side=64), quality=60)(tmp_path / "a")
    assert drawn(changed).format == kind


def test_a_lower_quality_takes_less_room(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(encoded("L"))
    large, small = (Rendition(format="JPEG", quality=quality)(tmp_path / "a") for quality in (90, 30))
    assert large is not None
    assert small is not None
    assert len(small.data) < len(large.data) / 2


def test_what_a_format_cannot_hold_is_an_error(tmp_path: Path) -> None:
    Pillow.new("L", (16_400, 1)).save(tmp_path / "a.png")
    with pytest.raises(EncodeError, match="16400 x 1 pixels cannot be written as WEBP: "):
        Rendition(format="WEBP")(tmp_path / "a.png")


def test_an_icon_becomes_a_png(tmp_path: Path) -> None:
    Pillow.new("RGB", (64, 64), "red").save(tmp_path / "a.ico")
    changed = Rendition(resizing=Resizing(mode="keep_ratio", size=300))(tmp_path / "a.ico")
    assert drawn(changed).format == "PNG"
