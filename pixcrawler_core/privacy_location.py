"""Takes out of an image file where it was taken, and leaves the rest: camera, date, author, rights."""

from __future__ import annotations

import io
import re
import struct

from pixcrawler_core.decoding import FORMATS, sniff
from pixcrawler_core.privacy import segments, strip_metadata
from pixcrawler_core.tags import GPS, ORIENTATION, read_tags

_EXIF = b"Exif\0\0"
_APP1, _APP2 = 0xE1, 0xE2
_MOST_ENTRIES = 1_000
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""Bytes of a value of each type (TIFF 6.0, section 2)."""
_POSITION = re.compile(rb"g\0?p\0?s\0?\s*\0?l", re.IGNORECASE)
"""GPSLatitude and GPSLongitude, as any program writes them, also in UTF-16."""
_BIG_TIFF = (b"II+\0", b"MM\0+")


def strip_location(data: bytes) -> bytes:
    """The file without the position of the camera; the very same bytes where it tells none.

    In a JPEG, the GPS directories of its EXIF are emptied; packets of XMP that tell a position are left
    out, and so is what follows the end and might tell one, since further pictures have EXIF of their own.

    A file of another format that tells a position, or may do so where nobody looks for it, loses all its
    metadata, by `strip_metadata`. Raises MetadataError where that cannot be done. Names of places are no
    positions.
    """
    kind = sniff(data[:16])
    if kind is None:
        return data
    if kind != "JPEG":
        return strip_metadata(data) if _may_tell(data, kind) else data
    try:
        return _jpeg(data)
    except (ValueError, IndexError, struct.error):
        return strip_metadata(data)


def _jpeg(data: bytes) -> bytes:
    found = list(segments(data))
    seen = b"".join(segment for _, segment in found)
    kept = b"".join(_without_position(*segment) for segment in found)
    beyond = data.count(_EXIF) > seen.count(_EXIF) or (_POSITION.search(data) and not _POSITION.search(seen))
    if kept == seen and not beyond:
        return data
    return data[:2] + b"".join(
        b"" if _is_index(*segment) else _without_position(*segment) for segment in found
    )


def _is_index(code: int, segment: bytes) -> bool:
    """Whether a segment tells where further pictures lie (CIPA DC-007); those are cut off."""
    return code == _APP2 and segment[4:8] == b"MPF\0"


def _may_tell(data: bytes, kind: str) -> bool:
    """Whether a position is told, or may be told where a look would not find it."""
    if _POSITION.search(data) or data[:4] in _BIG_TIFF:
        return True
    if kind == "PNG" and (b"zTXt" in data or b"iTXt" in data or b"Raw profile" in data):
        return True
    if kind == "PNG" and data.find(b"eXIf") > data.find(b"IDAT") > 0:
        return True
    try:
        picture = FORMATS[kind](io.BytesIO(data))
        exif = picture.info.get("exif")
        tiff = data if kind == "TIFF" else exif.removeprefix(_EXIF) if isinstance(exif, bytes) else b""
        several = kind == "TIFF" and getattr(picture, "n_frames", 1) > 1
        return several or GPS in read_tags(io.BytesIO(tiff), (GPS,))
    except Exception:  # noqa: BLE001  # the decoders of hostile bytes raise anything
        return True


def _without_position(code: int, segment: bytes) -> bytes:
    content = segment[4:]
    if code != _APP1:
        return segment
    if content.startswith(_EXIF):
        return segment[:4] + _EXIF + _blanked(content[len(_EXIF) :])
    return b"" if _POSITION.search(content) else segment


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
