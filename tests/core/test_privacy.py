"""Taking out of files what they say about people and places: what goes and what stays."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from pixcrawler_core.privacy import strip_metadata
from pixcrawler_core.testing.images import encode
from tests.conftest import PHOTOGRAPHS
from tests.core.telling import ICC, KINDS, PICTURE, SECRET, shown, telling, told


@pytest.mark.parametrize("kind", KINDS)
def test_the_pixels_stay_and_the_secrets_go(kind: str) -> None:
    data = telling(kind)
    assert SECRET in data
    assert kind == "GIF" or {2, 4, 0x9003, 0x010F} <= told(data).keys()
    stripped = strip_metadata(data)
    assert shown(stripped) == shown(data)
    assert SECRET not in stripped
    assert b"GPSLatitude" not in stripped
    assert not {2, 4, 0x9003, 0x010F, 0x013B, 0x8298} & told(stripped).keys()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_stripped_stays_as_it_is(kind: str) -> None:
    stripped = strip_metadata(telling(kind))
    assert strip_metadata(stripped) == stripped


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_orientation_stays(kind: str, orientation: int) -> None:
    stripped = strip_metadata(telling(kind, orientation))
    assert told(stripped).get(0x0112, 1) == orientation
    if kind in ("JPEG", "PNG", "WEBP"):
        assert set(told(stripped)) == ({0x0112} if orientation > 1 else set())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_colour_profile_stays(kind: str) -> None:
    assert Pillow.open(io.BytesIO(strip_metadata(telling(kind)))).info["icc_profile"] == ICC


@pytest.mark.parametrize("path", sorted(PHOTOGRAPHS.glob("*/*.jpg"))[::10], ids=lambda path: path.stem)
def test_a_photograph_stays(path: Path) -> None:
    data = path.read_bytes()
    assert shown(strip_metadata(data)) == shown(data)


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "L", {}),
        ("JPEG", "CMYK", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "RGB", {"restart_marker_rows": 1}),
        ("JPEG", "RGB", {"keep_rgb": True}),
        ("PNG", "1", {}),
        ("PNG", "P", {"transparency": 3}),
        ("PNG", "I;16", {}),
        ("PNG", "RGBA", {}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("WEBP", "RGBA", {}),
        ("GIF", "P", {"transparency": 3}),
        ("TIFF", "RGBA", {"compression": "tiff_lzw"}),
        ("TIFF", "RGB", {"compression": "jpeg"}),
        ("TIFF", "1", {"compression": "group4"}),
        ("TIFF", "1", {"compression": "group4", "tiffinfo": {266: 2}}),
        ("TIFF", "P", {}),
        ("TIFF", "F", {"big_endian": True}),
        ("AVIF", "RGBA", {"speed": 10}),
        ("BMP", "RGB", {}),
    ],
)
def test_any_form_of_a_format_stays(kind: str, mode: str, options: dict[str, Any]) -> None:
    picture = PICTURE.quantize(16) if mode == "P" else PICTURE.convert(mode)
    data = encode(picture, kind, **options)
    assert shown(strip_metadata(data)) == shown(data)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_animations_and_pages_stay(kind: str) -> None:
    frames = [PICTURE.rotate(angle) for angle in (0, 90, 180)]
    options = {} if kind == "TIFF" else {"duration": [100, 200, 300], "loop": 4}
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    stripped = strip_metadata(data)
    assert shown(stripped) == shown(data)
    assert len(shown(stripped)) == 3
    before, after = (Pillow.open(io.BytesIO(each)).info for each in (data, stripped))
    assert {key: after.get(key) for key in ("duration", "loop")} == {
        key: before.get(key) for key in ("duration", "loop")
    }
