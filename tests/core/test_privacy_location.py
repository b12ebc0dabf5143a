"""Taking the position out of a file, and nothing else."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.privacy_location import strip_location
from pixcrawler_core.testing.drawings import draw
from pixcrawler_core.testing.images import encode

PICTURE = draw("location", (64, 48))
SECRET = (52.0, 30.0, 59.25)
XMP = (
    b'<x:xmpmeta><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" dc:rights="(c) Ada" '
    b"exif:GPSLatitude=\"52,30.98N\" exif:GPSLongitude='13,22.6E'>"
    b"<exif:GPSAltitude>34/1</exif:GPSAltitude></rdf:Description></x:xmpmeta>"
)


def exif(*, gps: bool = True, orientation: int = 6) -> bytes:
    data = Pillow.Exif()
    data[0x010F], data[0x8298], data[0x0112] = "Maker", "(c) Ada", orientation
    data.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    if gps:
        data.get_ifd(0x8825).update({1: "N", 2: SECRET, 3: "E", 4: (13.0, 22.0, 33.5)})
    return data.tobytes()


def read(data: bytes) -> Pillow.Exif:
    with Pillow.open(io.BytesIO(data)) as picture:
        return picture.getexif()


def pixels(data: bytes) -> bytes:
    with Pillow.open(io.BytesIO(data)) as picture:
        return picture.convert("RGBA").tobytes()


def test_a_jpeg_loses_its_position_and_nothing_else() -> None:
    data = encode(PICTURE, "JPEG", exif=exif())
    stripped = strip_location(data)
    assert read(data).get_ifd(0x8825)[2] == SECRET
    after = read(stripped)
    assert dict(after.get_ifd(0x8825)) == {}
    assert (after[0x010F], after[0x8298], after[0x0112]) == ("Maker", "(c) Ada", 6)
    assert after.get_ifd(0x8769)[0x9003] == "2024:05:06 07:08:09"
    assert (len(stripped), pixels(stripped)) == (len(data), pixels(data))
    assert strip_location(stripped) == stripped


def test_packets_with_positions_go() -> None:
    data = encode(PICTURE, "JPEG", xmp=XMP)
    stripped = strip_location(data)
    assert b"52,30.98N" in data
    for told in (b"52,30.98N", b"13,22.6E", b"34/1"):
        assert told not in stripped
    assert pixels(stripped) == pixels(data)


@pytest.mark.parametrize(
    "told",
    [
        b'<x drone-dji:GpsLatitude="52,30.98N"/>',
        XMP.decode().encode("utf-16"),
    ],
)
def test_positions_are_found_however_they_are_written(told: bytes) -> None:
    for kind in ("JPEG", "WEBP", "AVIF"):
        data = encode(PICTURE, kind, xmp=told)
        assert told in data
        assert told not in strip_location(data), kind


def test_positions_are_found_wherever_they_lie() -> None:
    plain, told = encode(PICTURE, "JPEG"), encode(PICTURE, "JPEG", exif=exif())
    secret = struct.pack(">II", 237, 4)
    assert secret in told
    start = told.index(b"\xff\xe1")
    segment = told[start : start + 2 + int.from_bytes(told[start + 2 : start + 4])]
    empty = b"\xff\xe1" + (8).to_bytes(2) + b"Exif\0\0"
    second = plain[:2] + empty + segment + plain[2:]
    block = exif().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(block)) + b"eXIf" + block + struct.pack(">I", zlib.crc32(b"eXIf" + block))
    png = encode(PICTURE, "PNG")
    for data in (plain + told, second, png[:-12] + chunk + png[-12:]):
        assert secret in data
        stripped = strip_location(data)
        assert secret not in stripped
        assert pixels(stripped) == pixels(data)


def test_pictures_behind_the_first_go_with_their_positions() -> None:
    second = PICTURE.rotate(90, expand=True)
    data = encode(PICTURE, "MPO", save_all=True, append_images=[second], exif=exif())
    stripped = strip_location(data)
    with Pillow.open(io.BytesIO(stripped)) as picture:
        assert getattr(picture, "n_frames", 1) == 1
    assert len(stripped) < len(data)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_other_formats_lose_all_metadata_but_keep_orientation(kind: str) -> None:
    data = encode(PICTURE, kind, exif=exif())
    stripped = strip_location(data)
    assert dict(read(stripped).get_ifd(0x8825)) == {}
    assert 0x010F not in read(stripped)
    assert read(stripped).get(0x0112, 1) == read(data).get(0x0112, 1)
    assert pixels(stripped) == pixels(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"])
def test_a_file_without_a_position_is_left_alone(kind: str) -> None:
    options = {} if kind in ("GIF", "BMP") else {"exif": exif(gps=False)}
    data = encode(PICTURE, kind, **options)
    assert strip_location(data) == data


@settings(deadline=None, max_examples=200)
@given(place=st.integers(0, 400), noise=st.binary(min_size=1, max_size=40))
def test_damaged_metadata_neither_fails_nor_costs_pixels(place: int, noise: bytes) -> None:
    good = encode(PICTURE, "JPEG", exif=exif(), xmp=XMP)
    block = good.index(b"Exif\0\0") + 6
    data = bytearray(good)
    data[block + place % 250 : block + place % 250 + len(noise)] = noise
    try:
        stripped = strip_location(bytes(data))
    except PixCrawlerError:
        return
    try:
        expected = pixels(bytes(data))
    except Exception:  # noqa: BLE001  # hostile metadata stops Pillow itself
        return
    assert pixels(stripped) == expected
