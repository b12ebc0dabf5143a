"""Names what is wrong with bytes that failed to decode: a bomb, a missing end, or something else."""

from __future__ import annotations

import struct

from PIL import Image as Pillow

from pixcrawler_core.errors import DecodeError

_BOMB = ("too large", "too much memory", "decompression bomb", "exceeds limit")
_TRUNCATED = ("truncated", "not enough", "requires a buffer", "no more images")


def decode_error(error: Exception, kind: str | None, data: bytes) -> DecodeError:
    """What a decoder raised, as a DecodeError: its words give the reason, and else the file's structure."""
    text = " ".join(str(error).split())[:200] or type(error).__name__
    return DecodeError(_reason(error, text.lower(), kind, data), f"{kind} cannot be decoded: {text}")


def _reason(error: Exception, text: str, kind: str | None, data: bytes) -> str:
    if isinstance(error, MemoryError | Pillow.DecompressionBombError | Pillow.DecompressionBombWarning):
        return "decompression-bomb"
    if any(words in text for words in _BOMB):
        return "decompression-bomb"
    if any(words in text for words in _TRUNCATED) or _cut(kind, data):
        return "truncated"
    return "corrupt"


def _cut(kind: str | None, data: bytes) -> bool:
    """Whether the file is shorter than its own container says."""
    match kind:
        case "PNG":
            return b"IEND" not in data[-1024:]
        case "JPEG" | "JPEG2000":
            return b"\xff\xd9" not in data
        case "WEBP":
            return len(data) < int.from_bytes(data[4:8], "little") + 8
        case "AVIF":
            return _boxes_cut(data)
        case "TIFF":
            return _directory_cut(data)
    return False


def _boxes_cut(data: bytes) -> bool:
    """Whether a box of an ISO base media file (ISO/IEC 14496-12, section 4.2) goes beyond its end."""
    place = 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4])
        if size == 1:
            size = int.from_bytes(data[place + 8 : place + 16])
        if size < 8:  # 0 means "to the end", smaller is senseless
            return False
        place += size
    return place > len(data)


def _directory_cut(data: bytes) -> bool:
    """Whether the first directory of a TIFF (TIFF 6.0, section 2) lies beyond its end."""
    order = "<" if data.startswith(b"II") else ">"
    try:
        (place,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, place)
    except struct.error:
        return True
    return bool(place + 2 + 12 * count > len(data))
