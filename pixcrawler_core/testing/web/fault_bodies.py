"""Broken, hostile and unwanted image files, made from a photograph where that is of use."""

from __future__ import annotations

import functools
import gzip
import io
import random
import struct
import zipfile
import zlib

from PIL import Image, ImageEnhance

from pixcrawler_core.testing.web.photographs import Photograph

GIBIBYTE = 1 << 30
HTML = (
    b"<!doctype html><html><head><title>Not found</title></head><body><h1>Photograph gone</h1></body></html>"
)
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="640" height="480">'
    b"<script>fetch('http://10.0.0.1/')</script><rect width='640' height='480' fill='teal'/></svg>"
)
EMPTY = b""


def cut(photograph: Photograph) -> bytes:
    """The first half of the file."""
    return photograph.body[: len(photograph.body) // 2]


def corrupt(photograph: Photograph) -> bytes:
    """The file with noise and an impossible Huffman table (DHT marker, ITU-T T.81 B.2.4.2) in the middle."""
    body = photograph.body
    middle = len(body) // 2
    noise = random.Random(photograph.key).randbytes(64).replace(b"\xff", b"\xfe")
    garbage = b"\xff\xc4\x00\x14\x00" + b"\xfe" * 17 + noise
    return body[:middle] + garbage + body[middle + len(garbage) :]


def bomb(_: Photograph) -> bytes:
    """A PNG of two kilobytes that declares 60,000 x 60,000 pixels (3.6 gigapixels)."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1 << 16), 9)
    padding = b"Comment\0" + b"." * 2_000
    chunks = ((b"IHDR", header), (b"tEXt", padding), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(name, data) for name, data in chunks)


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def animated(photograph: Photograph) -> bytes:
    """A GIF of three frames that grow brighter."""
    small = _open(photograph, (480, 480))
    frames = [ImageEnhance.Brightness(small).enhance(factor) for factor in (0.7, 1.0, 1.3)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0)
    return out.getvalue()


def tiny(photograph: Photograph) -> bytes:
    """A JPEG of 96 x 96 pixels."""
    return _jpeg(_open(photograph, (256, 256)).resize((96, 96)), 90)


def recompressed(photograph: Photograph) -> bytes:
    """The same picture saved again with a lower quality: other bytes, no visible difference."""
    return _jpeg(_open(photograph), 60)


def thumbnail(photograph: Photograph, width: int) -> bytes:
    """A JPEG at most `width` pixels wide."""
    return _jpeg(_open(photograph, (width, photograph.height)), 80)


def archive(photograph: Photograph) -> bytes:
    """A ZIP archive that holds the photograph."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("photograph.jpg", photograph.body)
    return out.getvalue()


def polyglot(_: Photograph) -> bytes:
    """HTML with a script behind the header of a GIF."""
    return b"GIF89a/*\x01\x00\x80\x00\x00*/=1;<html><script>fetch('http://10.0.0.1/')</script></html>"


@functools.cache
def gzip_bomb() -> bytes:
    """One gibibyte of zeros in about one mebibyte of gzip (RFC 1952).

    A full flush makes a compressed block independent of those before it, so one block is repeated.
    """
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = bytes(1 << 20)
    packed = deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)
    count = GIBIBYTE // len(block)
    checksum = functools.reduce(lambda crc, _: zlib.crc32(block, crc), range(count), 0)
    end = deflate.flush() + struct.pack("<II", checksum, GIBIBYTE & 0xFFFFFFFF)
    return gzip.compress(b"")[:10] + packed * count + end


def _open(photograph: Photograph, limit: tuple[int, int] | None = None) -> Image.Image:
    with Image.open(io.BytesIO(photograph.body)) as image:
        if limit:
            image.thumbnail(limit)
        return image.convert("RGB")


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
