"""Reads which side of a picture is up, without Pillow's reading of all EXIF: slow, and full of warnings."""

from __future__ import annotations

import struct

from PIL import TiffImagePlugin
from PIL.ImageFile import ImageFile


def orientation(picture: ImageFile) -> int:
    """EXIF tag 0x0112 (1 to 8) of IFD 0; 1, upright, where it is missing, damaged or senseless."""
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        value = picture.tag_v2.get(0x0112)
    else:
        exif = picture.info.get("exif")
        value = _ifd_short(exif.removeprefix(b"Exif\0\0"), 0x0112) if isinstance(exif, bytes) else None
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _ifd_short(tiff: bytes, wanted: int) -> int | None:
    """A number of the first directory of a TIFF structure (TIFF 6.0, section 2)."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (offset,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, offset)
        for entry in range(offset + 2, offset + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if tag == wanted:
                return int(value)
    except struct.error:
        return None
    return None
