"""Takes out of an image file where it was taken, and leaves the rest: camera, date, author, rights."""

from __future__ import annotations

import io
import re
import struct

from pixcrawler_core.decoding import FORMATS, sniff
from pixcrawler_core.privacy import segments, strip_metadata
from pixcrawler_core.tags import GPS, ORIENTATION, read_tags

_EXIF = b"Exif\0\0"
_XMP = (b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0")
_APP1, _APP2 = 0xE1, 0xE2
_MOST_ENTRIES = 1_000
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""Bytes of a value of each type (TIFF 6.0, section 2)."""
_POSITION = re.compile(
    rb"""\bexif:GPS\w+\s*=\s*(?:"[^"]*"|'[^']*')|<exif:(GPS\w+)\b[^>]*(?:/>|>[^<]*</exif:\1\s*>)"""
)
"""Attributes and elements of an XMP packet that tell a position (XMP specification, part 2)."""


def strip_location(data: bytes) -> bytes:
    """The file without the position of the camera; the very same bytes where it tells none.

    In a JPEG, the GPS directory of its EXIF and the positions in its XMP are blanked, and further pictures
    behind the first, which have EXIF of their own, are cut off with them. A file of another format that tells
    a position loses all its metadata, by `strip_metadata`. Raises MetadataError where that cannot be done.
    """
    kind = sniff(data[:16])
    if kind is None or not _tells(data, kind):
        return data
    if kind != "JPEG":
        return strip_metadata(data)
    try:
        return data[:2] + b"".join(_without_position(*segment) for segment in segments(data))
    except (ValueError, IndexError, struct.error):
        return strip_metadata(data)


def _tells(data: bytes, kind: str) -> bool:
    """Whether a position is told anywhere; what cannot be read might tell one."""
    try:
        info = FORMATS[kind](io.BytesIO(data)).info
    except Exception:  # noqa: BLE001  # the decoders of hostile bytes raise anything
        return True
    exif = info.get("exif")
    tiff = data if kind == "TIFF" else exif.removeprefix(_EXIF) if isinstance(exif, bytes) else b""
    try:
        if GPS in read_tags(io.BytesIO(tiff), (GPS,)):
            return True
    except (OSError, ValueError, struct.error):
        return True
    return b"GPSL" in data


def _without_position(code: int, segment: bytes) -> bytes:
    content = segment[4:]
    if code == _APP2 and content.startswith(b"MPF\0"):
        return b""  # tells of the further pictures that are cut off
    if code != _APP1:
        return segment
    if content.startswith(_EXIF):
        return segment[:4] + _EXIF + _blanked(content[len(_EXIF) :])
    if content.startswith(_XMP):
        packet = _POSITION.sub(lambda found: b" " * len(found[0]), segment)
        return b"" if b"GPSL" in packet else packet
    return segment


def _blanked(tiff: bytes) -> bytes:
    """The same structure with an empty GPS directory; ValueError where that costs the orientation."""
    pointer = read_tags(io.BytesIO(tiff), (GPS,)).get(GPS)
    if not isinstance(pointer, tuple):
        return tiff
    blank = bytearray(tiff)
    order = "<" if tiff.startswith(b"II") else ">"
    place = int(pointer[0])
    (count,) = struct.unpack_from(f"{order}H", tiff, place)
    for entry in range(place + 2, place + 2 + 12 * min(count, _MOST_ENTRIES), 12):
        _, kind, number, value = struct.unpack_from(f"{order}HHII", tiff, entry)
        size = _WIDTHS.get(kind, 1) * number
        if size > 4:
            _zero(blank, value, size)
        _zero(blank, entry, 12)
    _zero(blank, place, 2)
    if _orientation(bytes(blank)) != _orientation(tiff):
        raise ValueError("the GPS directory shares its bytes with the orientation")
    return bytes(blank)


def _zero(data: bytearray, place: int, size: int) -> None:
    size = max(0, min(size, len(data) - place))
    data[place : place + size] = bytes(size)


def _orientation(tiff: bytes) -> object:
    return read_tags(io.BytesIO(tiff), (ORIENTATION,)).get(ORIENTATION)
