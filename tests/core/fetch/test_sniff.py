from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from pixcrawler_core.fetch.sniff import ENOUGH, image_format, looks_like

PILLOW = {
    "JPEG": "jpeg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "BMP": "bmp", "TIFF": "tiff", "ICO": "ico",
    "AVIF": "avif", "JPEG2000": "jpeg2000",
}  # fmt: skip
NEEDS = {"WEBP": "webp", "AVIF": "avif", "JPEG2000": "jpg_2000"}


@pytest.mark.parametrize("name", PILLOW)
def test_files_that_pillow_writes(name: str) -> None:
    if name in NEEDS and not features.check(NEEDS[name]):
        pytest.skip(f"this Pillow cannot write {name}")
    file = io.BytesIO()
    Image.effect_noise((64, 48), 80).convert("RGB").save(file, name)
    assert image_format(file.getvalue()[:ENOUGH]) == PILLOW[name]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\x0a\xfa\x1f", "jpegxl"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jpegxl"),
        (b"\xff\x4f\xff\x51\x00", "jpeg2000"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "heic"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf", "avif"),
        (b"II+\x00\x08\x00", "tiff"),
        (b"BM" + bytes(12) + b"\x7c\x00\x00\x00", "bmp"),
    ],
)
def test_rarer_formats(head: bytes, name: str) -> None:
    assert image_format(head) == name


@pytest.mark.parametrize(
    ("head", "looks"),
    [
        (b"\xef\xbb\xbf  <!DOCTYPE html>", "an HTML page"),
        (b"<script>alert(1)</script>", "an HTML page"),
        (b"<?xml version='1.0'?><rss>", "an XML document"),
        (b"<?xml version='1.0'?><!-- x --><svg>", "an SVG drawing"),
        (b"<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN'>", "an SVG drawing"),
        (b"BMW is a maker of cars and motorcycles", "plain text"),
        (b"[1, 2]", "JSON"),
        (b" \n\t ", "white space"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "a film"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "data of an unknown kind"),
        (b"\x1f\x8b\x08\x00", "gzip data"),
        (b"MZ\x90\x00", "a program"),
    ],
)
def test_what_is_no_image(head: bytes, looks: str) -> None:
    assert image_format(head) is None
    assert looks_like(head).startswith(looks)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=ENOUGH))
def test_any_bytes(head: bytes) -> None:
    assert image_format(head) is None or head
    assert looks_like(head)


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=ENOUGH))
def test_text_is_never_an_image_but_for_its_signature(text: str) -> None:
    assert image_format(text.encode()) is None or text.startswith(("GIF87a", "GIF89a"))
