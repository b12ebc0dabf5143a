"""Taking metadata out of files part by part, and files whose parts are not what they should be."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from pixcrawler_core.privacy import MetadataError, strip_metadata
from pixcrawler_core.testing.images import encode
from tests.core.telling import KINDS, PICTURE, SECRET, shown, telling


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
def test_what_follows_the_end_goes(kind: str) -> None:
    data = telling(kind) + SECRET
    assert SECRET not in strip_metadata(data)


def test_further_pictures_of_a_jpeg_go() -> None:
    data = encode(PICTURE, "MPO", save_all=True, append_images=[PICTURE.rotate(90)])
    stripped = strip_metadata(data)
    assert len(stripped) < 0.6 * len(data)
    assert Pillow.open(io.BytesIO(stripped)).format == "JPEG"
    assert shown(stripped)[0][2] == shown(data)[0][2]


def segment(code: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(content) + 2) + content


def jpeg_with(*segments: bytes) -> bytes:
    """The picture with more behind its first segment."""
    data = encode(PICTURE, "JPEG")
    return data[:20] + b"".join(segments) + data[20:]


@pytest.mark.parametrize(
    "part",
    [
        segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x40" + SECRET),
        segment(0xFE, SECRET),
        segment(0xE2, b"MPF\0" + SECRET),
        segment(0xE2, b"FPXR\0" + SECRET),
        segment(0xEB, b"JP\0\1 C2PA " + SECRET),
        segment(0xEE, b"Adobe\0d\0\0\0\0\1" + SECRET),
        segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\7" + SECRET[:21]),
        segment(0xE0, b"JFXX\0\x10" + SECRET),
        segment(0xE1, b"Exif\0\0" + SECRET),
        b"stray " + SECRET + b" bytes",
        b"\xff\xff\xff" + segment(0xFE, SECRET)[1:],
    ],
)
def test_parts_of_a_jpeg_that_no_pixel_needs_go(part: bytes) -> None:
    stripped = strip_metadata(jpeg_with(part))
    assert SECRET[:21] not in stripped
    assert shown(stripped) == shown(encode(PICTURE, "JPEG"))


def test_a_jpeg_without_an_end_keeps_its_data() -> None:
    data = jpeg_with(segment(0xFE, SECRET))[:-2]
    assert strip_metadata(data) == strip_metadata(encode(PICTURE, "JPEG"))[:-2]


def test_a_png_with_a_broken_end_keeps_its_pixels() -> None:
    whole = encode(PICTURE, "PNG")
    secret = struct.pack(">I", 1 << 30) + b"tEXt" + SECRET
    assert strip_metadata(whole[:-12] + secret) == whole


def test_a_gif_keeps_its_loops_and_loses_other_applications() -> None:
    data = encode(PICTURE.quantize(8), "GIF", save_all=True, append_images=[PICTURE.quantize(4)], loop=0)
    secret = b"\x21\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\0"
    stripped = strip_metadata(data[:-1] + secret + b"\0;")
    assert stripped == strip_metadata(data)
    assert b"NETSCAPE2.0" in stripped


def test_frames_of_a_webp_hold_pixels_only() -> None:
    data = encode(PICTURE, "WEBP", save_all=True, append_images=[PICTURE.rotate(90)])
    place = data.index(b"ANMF")
    (size,) = struct.unpack_from("<I", data, place + 4)
    frame = data[place + 8 : place + 8 + size] + b"SECR" + struct.pack("<I", len(SECRET)) + SECRET
    body = (
        data[8:place] + b"ANMF" + struct.pack("<I", len(frame)) + frame + data[place + 8 + size + size % 2 :]
    )
    stripped = strip_metadata(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert stripped == strip_metadata(data)


@pytest.mark.parametrize(("orientation", "flags"), [(1, 0), (6, 8)])
def test_a_webp_announces_no_more_than_it_has(orientation: int, flags: int) -> None:
    stripped = strip_metadata(telling("WEBP", orientation))
    assert stripped[12:16] == b"VP8X"
    assert stripped[20] & 12 == flags
    assert int.from_bytes(stripped[4:8], "little") == len(stripped) - 8


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "unknown format"),
        (b"<svg/>", "unknown format"),
        (encode(PICTURE, "JPEG2000"), "JPEG2000"),
        (encode(PICTURE, "ICO"), "ICO"),
        (b"\xff\xd8\xff\xe1\xff\xff", "65535 bytes"),
        (b"\xff\xd8\xff\xe1\0\0", "0 bytes"),
        (b"\xff\xd8\xff\xd9", "no scan"),
        (encode(PICTURE, "PNG")[:40], "no pixels"),
        (encode(PICTURE, "WEBP")[:40], "bytes"),
        (encode(PICTURE.quantize(8), "GIF")[:-20], "index"),
        (encode(PICTURE, "TIFF", big_tiff=True), "BigTIFF"),
        (encode(PICTURE, "AVIF", save_all=True, append_images=[PICTURE]), "sequence"),
    ],
)
def test_what_cannot_be_stripped_is_said(data: bytes, words: str) -> None:
    with pytest.raises(MetadataError, match=words):
        strip_metadata(data)


def test_strips_that_reach_beyond_a_tiff_are_refused() -> None:
    data = bytearray(encode(PICTURE, "TIFF"))
    entry = bytes(data).index(struct.pack("<HHI", 279, 4, 1))
    data[entry + 8 : entry + 12] = struct.pack("<I", len(data))
    with pytest.raises(MetadataError, match="strip"):
        strip_metadata(bytes(data))


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    place=st.floats(0, 1),
    change=st.binary(min_size=1, max_size=8),
    cut=st.floats(0.1, 1),
)
@example(kind="JPEG", place=0.0, change=b"\xff\xd8\xff\xda\0\x02", cut=1.0)
def test_damage_is_an_error_or_does_no_harm(kind: str, place: float, change: bytes, cut: float) -> None:
    data = bytearray(telling(kind))
    start = round(place * (len(data) - len(change)))
    data[start : start + len(change)] = change
    stripped = b""
    with suppress(MetadataError):
        stripped = strip_metadata(bytes(data[: round(cut * len(data))]))
    assert len(stripped) <= 2 * len(data) + 100


@given(
    start=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"RIFF\0\1\0\0WEBP"]),
    data=st.binary(max_size=300),
)
def test_no_bytes_do_harm(start: bytes, data: bytes) -> None:
    stripped = b""
    with suppress(MetadataError):
        stripped = strip_metadata(start + data)
    assert len(stripped) <= 2 * len(data) + 100


def test_a_loop_of_pages_ends() -> None:
    data = bytearray(encode(PICTURE, "TIFF"))
    (directory,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, directory)
    struct.pack_into("<I", data, directory + 2 + 12 * count, directory)
    with pytest.raises(MetadataError, match=r"overlap|pages"):
        strip_metadata(bytes(data))


def test_a_checksum_of_what_is_added_is_right() -> None:
    stripped = strip_metadata(telling("PNG"))
    place = stripped.index(b"eXIf")
    (size,) = struct.unpack_from(">I", stripped, place - 4)
    assert struct.unpack_from(">I", stripped, place + 4 + size) == (
        zlib.crc32(stripped[place : place + 4 + size]),
    )
