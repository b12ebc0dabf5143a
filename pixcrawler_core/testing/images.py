"""Makes a folder of difficult image files, each with what a decoder should say to it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from pixcrawler_core.testing.drawings import draw


@dataclass(frozen=True, kw_only=True)
class NastyImage:
    """A file, and what is to be found out about it."""

    path: Path
    reason: str | None
    """The reason of the DecodeError; None for a file that decodes."""
    animated: bool = False


def nasty_images(folder: Path) -> list[NastyImage]:
    """Write the files to `folder`, the same every time, and tell what to expect of each."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = draw("nasty", (300, 240))
    made = []
    for name, data, reason, animated in (
        *_sound(picture),
        *_animated(picture),
        *_damaged(picture),
        *_bombs(),
    ):
        path = folder / name
        path.write_bytes(data)
        made.append(NastyImage(path=path, reason=reason, animated=animated))
    return made


_Row = tuple[str, bytes, str | None, bool]


def encode(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file of Pillow's format `kind`."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _sound(picture: Image.Image) -> Iterator[_Row]:
    jpeg = encode(picture, "JPEG")
    clear = picture.convert("RGBA")
    clear.putalpha(ImageOps.invert(picture.convert("L")))
    exif = Image.Exif()
    exif[0x0112] = 6
    files: dict[str, bytes] = {
        "plain.jpg": jpeg,
        "progressive.jpg": encode(picture, "JPEG", progressive=True),
        "cmyk.jpg": encode(picture.convert("CMYK"), "JPEG"),
        "grey.jpg": encode(picture.convert("L"), "JPEG"),
        "rotated.jpg": encode(picture, "JPEG", exif=exif),
        "damaged-exif.jpg": encode(picture, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f"),
        "two-pictures.mpo": encode(picture, "MPO", save_all=True, append_images=[picture.rotate(9)]),
        "trailing-garbage.jpg": jpeg + b"<html>" * 500,
        "zip-behind.jpg": jpeg + b"PK\x05\x06" + bytes(18),
        "no-end-marker.jpg": jpeg[:-2],
        "mid-grey.jpg": encode(Image.new("RGB", (400, 300), (128, 128, 128)), "JPEG"),
        "alpha.png": encode(clear, "PNG"),
        "palette.png": encode(picture.quantize(64), "PNG", transparency=3),
        "16-bit.png": encode(picture.convert("I;16"), "PNG"),
        "1-bit.png": encode(picture.convert("1"), "PNG"),
        "one-pixel.png": encode(picture.resize((1, 1)), "PNG"),
        "long.png": encode(picture.resize((3000, 2)), "PNG"),
        "float.tif": encode(picture.convert("F"), "TIFF"),
        "lab.tif": encode(Image.merge("LAB", picture.split()), "TIFF"),
        "alpha.webp": encode(clear, "WEBP"),
        "plain.avif": encode(picture, "AVIF", speed=10),
        "plain.jp2": encode(picture, "JPEG2000"),
        "plain.bmp": encode(picture, "BMP"),
        "plain.ico": encode(picture.resize((64, 64)), "ICO"),
        "html-within.gif": encode(picture.quantize(64), "GIF", comment=b"<script>alert(1)</script>"),
        "wrong-suffix.png": jpeg,
    }
    return ((name, data, None, False) for name, data in files.items())


def _animated(picture: Image.Image) -> Iterator[_Row]:
    few = picture.quantize(16)
    more = {"save_all": True, "append_images": [few.rotate(90), few.rotate(180)]}
    for name, kind in (("a.gif", "GIF"), ("a.webp", "WEBP"), ("a.png", "PNG"), ("pages.tif", "TIFF")):
        yield f"animated-{name}", encode(few, kind, **more), None, True


def _damaged(picture: Image.Image) -> Iterator[_Row]:
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF", "JPEG2000"):
        options = {"speed": 10} if kind == "AVIF" else {}
        yield f"half.{kind.lower()}", _half(encode(picture, kind, **options)), "truncated", False
    jpeg, png = encode(picture, "JPEG"), encode(picture, "PNG")
    files: dict[str, tuple[bytes, str]] = {
        "half-with-end.jpg": (_half(jpeg) + b"\xff\xd9", "truncated"),
        "half-progressive.jpg": (_half(encode(picture, "JPEG", progressive=True)), "truncated"),
        "only-magic.jpg": (jpeg[:4], "truncated"),
        "only-magic.png": (png[:8], "truncated"),
        "wrong-checksum.png": (png[:29] + b"\0\0\0\0" + png[33:], "corrupt"),
        "scrambled.png": (png[:200] + bytes(reversed(png[200:400])) + png[400:], "corrupt"),
        "no-size.gif": (b"GIF89a" + bytes(20) + b";", "corrupt"),
        "empty.jpg": (b"", "empty"),
        "one-byte.jpg": (b"\xff", "unknown-format"),
        "text.jpg": (b"404 Not Found\n" * 100, "unknown-format"),
        "page.jpg": (b"<!doctype html><html><body>hello</body></html>", "unknown-format"),
        "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "unknown-format"),
        "program.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "unknown-format"),
        "layers.psd": (b"8BPS\0\x01" + bytes(200), "unknown-format"),
    }
    for name, (data, reason) in files.items():
        yield name, data, reason, False


def _bombs() -> Iterator[_Row]:
    rows: dict[str, Callable[[], bytes]] = {
        "bomb.png": lambda: _png_header(50_000, 50_000),
        "bomb-just-above.png": lambda: _png_header(10_001, 10_000),
        "bomb-text.png": _text_bomb,
        "bomb.gif": lambda: b"GIF89a" + struct.pack("<HH", 65_000, 65_000) + _gif_tail(),
        "bomb.jpg": lambda: _with_jpeg_size(encode(draw("bomb", (64, 64)), "JPEG"), 65_000, 65_000),
        "bomb.bmp": lambda: _with_bmp_size(encode(draw("bomb", (64, 64)), "BMP"), 60_000, 60_000),
    }
    for name, make in rows.items():
        yield name, make(), "decompression-bomb", False


def _gif_tail() -> bytes:
    """The rest of a GIF after its size: no palette, a frame of one pixel, the end."""
    return b"\0\0\0" + b",\0\0\0\0\x01\0\x01\0\0" + b"\x02\x02D\x01\0" + b";"


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(1000))) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _text_bomb() -> bytes:
    info = PngInfo()
    info.add_text("comment", "a" * 8_000_000, zip=True)
    return encode(Image.new("L", (64, 64)), "PNG", pnginfo=info)


def _with_jpeg_size(data: bytes, width: int, height: int) -> bytes:
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + struct.pack(">HH", height, width) + data[place + 4 :]


def _with_bmp_size(data: bytes, width: int, height: int) -> bytes:
    return data[:18] + struct.pack("<ii", width, height) + data[26:]
