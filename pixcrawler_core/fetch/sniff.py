"""Tells from the first bytes of a body whether it is a raster image, and if not, what it looks like."""

from __future__ import annotations

import re

ENOUGH = 64
"""Bytes after which `looks_like` knows all that it can know, but for long leading white space."""

_IMAGES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"\x00\x00\x01\x00", "ico"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jpegxl"),
    (b"\xff\x0a", "jpegxl"),
)
"""Signatures: WHATWG MIME Sniffing (section 6.1) for JPEG, PNG, GIF and ICO; TIFF 6.0 and BigTIFF headers;
ISO/IEC 15444-1 annexes A and I for JPEG 2000; ISO/IEC 18181-2 for JPEG XL."""

_HEIF_BRANDS = frozenset(
    (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
)
"""Brands of ISO/IEC 23008-12 (HEIF) and of the AVIF specification (section 6)."""

_BMP_HEADER_SIZES = frozenset((12, 16, 40, 52, 56, 64, 108, 124))
"""Sizes of the DIB header that follows the 14 bytes of the file header."""

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM film"),
    (b"OggS", "an Ogg stream"),
    (b"ID3", "an MP3 sound"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)

_MARKUP = re.compile(rb"<(?:!doctype|\?xml|!--|/?[a-z][a-z0-9:]*)", re.IGNORECASE)
_SVG = re.compile(rb"<(?:!doctype\s+)?(?:[a-z]+:)?svg\b", re.IGNORECASE)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def image_format(head: bytes) -> str | None:
    """The raster format whose signature the bytes begin with, such as `jpeg`; None for anything else."""
    for signature, name in _IMAGES:
        if head.startswith(signature):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and _HEIF_BRANDS.intersection(_brands(head)):
        return "avif" if b"avi" in b"".join(_brands(head)) else "heic"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "bmp"
    return None


def looks_like(head: bytes) -> str:
    """In words, what bytes that are no image look like: the name of a format, or text, or unknown data."""
    for signature, name in _OTHERS:
        if head.startswith(signature):
            return name
    if head[4:8] == b"ftyp":
        return "a film"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return "white space"
    if _SVG.search(text[:2048]):
        return "an SVG drawing, which may hold scripts"
    if _MARKUP.match(text):
        return "an XML document" if text[:5].lower() == b"<?xml" else "an HTML page"
    if _BINARY.search(text):
        return "data of an unknown kind"
    return "JSON" if text[:1] in b"{[" else "plain text"


def _brands(head: bytes) -> tuple[bytes, ...]:
    """Major and compatible brands of an ISO base media file, as far as the bytes go."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return (head[8:12], *(head[start : start + 4] for start in range(16, end - 3, 4)))
