"""The check `exif`."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo
from pixcrawler_validators import exif

from pixcrawler_core.image import Image
from pixcrawler_core.records import Verdict
from pixcrawler_core.testing.contracts import ValidatorContract
from pixcrawler_core.testing.images import encode
from tests.conftest import PHOTOGRAPHS

PICTURE = Pillow.new("RGB", (64, 48), "teal")
SHAPED = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
CAMERA: dict[int, Any] = {0x010F: "Canon", 0x0110: "EOS 5D Mark III", 0x0112: 6}
DETAIL: dict[int, Any] = {0x9003: "2019:07:04 12:33:11", 0x9011: "+02:00"}
PLACE: dict[int, Any] = {1: "S", 2: (33.0, 51.0, 24.48), 3: "E", 4: (151.0, 12.0, 54.0)}


class TestContract(ValidatorContract):
    component = next(exif.register_validators())


def written(
    camera: dict[int, Any] | None = None,
    detail: dict[int, Any] | None = None,
    place: dict[int, Any] | None = None,
) -> bytes:
    """EXIF with the tags of a camera, of a picture and of a place."""
    found = Pillow.Exif()
    found.update(camera or {})
    for tag, tags in ((0x8769, detail), (0x8825, place)):
        if tags:
            found[tag] = tags
    return found.tobytes()


def measured(folder: Path, data: bytes, **options: Any) -> dict[str, Any]:
    path = folder / "image"
    path.write_bytes(data)
    check = exif.build(exif.ExifOptions(**options))
    found = check.measure(Image.open(path))
    assert check.judge(found) == Verdict()
    return dict(found)


def of(folder: Path, told: bytes, kind: str = "JPEG", **options: Any) -> dict[str, Any]:
    return measured(folder, encode(PICTURE, kind, exif=told), **options)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_camera_writes_is_told(tmp_path: Path, kind: str) -> None:
    found = of(tmp_path, written(CAMERA, DETAIL, PLACE), kind)
    assert found == {
        "make": "Canon",
        "model": "EOS 5D Mark III",
        "orientation": 6,
        "taken": "2019-07-04T12:33:11+02:00",
        "gps": True,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_place_is_told_only_if_asked_for(tmp_path: Path, kind: str) -> None:
    found = of(tmp_path, written(place=PLACE), kind, gps="keep")
    assert (found["latitude"], found["longitude"]) == (-33.8568, 151.215)
    assert set(of(tmp_path, written(place=PLACE), kind)) == {"orientation", "gps"}
    assert next(exif.register_validators()).measured_by == ("gps",)


def test_west_and_north_have_their_signs(tmp_path: Path) -> None:
    found = of(tmp_path, written(place=PLACE | {1: "N", 3: "W"}), gps="keep")
    assert (found["latitude"], found["longitude"]) == (33.8568, -151.215)


def test_without_exif_little_is_told(tmp_path: Path) -> None:
    assert measured(tmp_path, encode(PICTURE, "JPEG")) == {"orientation": 1, "gps": False}
    path = PHOTOGRAPHS / "mammals/red-panda.jpg"
    assert measured(tmp_path, path.read_bytes()) == {"orientation": 1, "gps": False}


@pytest.mark.parametrize(
    ("detail", "taken"),
    [
        ({0x9003: "2019:07:04 12:33:11"}, "2019-07-04T12:33:11"),
        ({0x9004: "2001-02-03T04:05:06"}, "2001-02-03T04:05:06"),
        ({0x9003: "0000:00:00 00:00:00", 0x9004: "2001:02:03 04:05:06"}, "2001-02-03T04:05:06"),
        ({0x9003: "2019:07:04 12:33:11", 0x9011: "yesterday"}, "2019-07-04T12:33:11"),
        ({0x9003: "2019:13:04 12:33:11"}, None),
        ({0x9003: "    :  :     :  :  "}, None),
        ({0x9003: "last summer"}, None),
        ({0x9003: 7}, None),
    ],
)
def test_only_a_real_date_is_told(tmp_path: Path, detail: dict[int, Any], taken: str | None) -> None:
    assert of(tmp_path, written(detail=detail)).get("taken") == taken


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  NIKON\tCORPORATION \0\0rest", "NIKON CORPORATION"),
        ("a\x1b[31m\x07\u202egnp.exe", "a [31m gnp.exe"),
        ("\u00c9clair", "\u00c9clair"),
        ("x" * 5000, "x" * 100),
        ("\x01\x02", None),
    ],
)
def test_texts_are_cleaned(tmp_path: Path, text: str, told: str | None) -> None:
    data = text.encode()
    tiff = struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 0x010F, 2, len(data), 26, 0) + data.ljust(5, b"\0")
    if len(data) <= 4:
        tiff = struct.pack("<2sHIHHHI4sI", b"II", 42, 8, 1, 0x010F, 2, len(data), data.ljust(4, b"\0"), 0)
    assert measured(tmp_path, encode(PICTURE, "JPEG", exif=b"Exif\0\0" + tiff)).get("make") == told


@pytest.mark.parametrize(
    "place",
    [
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
        {1: "N", 2: (1.0, 0.0, 0.0)},
        {1: "N", 2: (89.0, 80.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)},
        {0: b"\2\2\0\0"},
    ],
)
def test_a_place_that_is_none_is_not_told(tmp_path: Path, place: dict[int, Any]) -> None:
    assert "latitude" not in of(tmp_path, written(place=place), gps="keep")


def test_a_place_in_xmp_counts(tmp_path: Path) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" exif:GPSLatitude="33,51.4S"/>'
    assert measured(tmp_path, encode(PICTURE, "JPEG", xmp=xmp))["gps"] is True
    assert measured(tmp_path, encode(PICTURE, "WEBP", xmp=xmp))["gps"] is True


def test_older_png_files_are_read(tmp_path: Path) -> None:
    data = written(CAMERA)
    info = PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n{len(data):8}\n{data.hex()}\n")
    assert measured(tmp_path, encode(PICTURE, "PNG", pnginfo=info))["model"] == "EOS 5D Mark III"
    broken = PngInfo()
    broken.add_text("Raw profile type exif", "\nexif\n 4\nnothing of the kind")
    assert measured(tmp_path, encode(PICTURE, "PNG", pnginfo=broken)) == {"orientation": 1, "gps": False}


def test_a_directory_that_points_to_itself_ends(tmp_path: Path) -> None:
    tiff = struct.pack("<2sHIHHHIIHHIII", b"II", 42, 8, 2, 0x8769, 4, 1, 8, 0x8825, 4, 1, 8, 8)
    assert measured(tmp_path, encode(PICTURE, "JPEG", exif=b"Exif\0\0" + tiff))["gps"] is False


@SHAPED
@given(tail=st.binary(max_size=120), order=st.sampled_from([b"II*\0", b"MM\0*"]))
def test_no_exif_does_harm(tmp_path: Path, tail: bytes, order: bytes) -> None:
    found = measured(tmp_path, encode(PICTURE, "JPEG", exif=b"Exif\0\0" + order + tail), gps="keep")
    assert set(found) <= {"orientation", "gps", "make", "model", "taken", "latitude", "longitude"}
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@SHAPED
@given(place=st.integers(8, 250), byte=st.integers(0, 255))
def test_no_changed_byte_does_harm(tmp_path: Path, place: int, byte: int) -> None:
    data = bytearray(written(CAMERA, DETAIL, PLACE))
    data[place % len(data)] = byte
    found = measured(tmp_path, encode(PICTURE, "JPEG", exif=bytes(data)), gps="keep")
    assert all(len(str(value)) <= 100 for value in found.values())
