"""Which side of a picture is up: read without Pillow's reading of all EXIF, which is slow and warns a lot."""

from __future__ import annotations

import struct

from PIL import Image as Pillow
from PIL import TiffImagePlugin
from PIL.ImageFile import ImageFile

TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
"""What makes a picture of each EXIF orientation upright (Exif 2.32, tag 0x0112)."""


def upright(picture: Pillow.Image, orientation: int) -> Pillow.Image:
    """The picture as a viewer shows it."""
    return picture.transpose(TURNS[orientation]) if orientation in TURNS else picture


def orientation(picture: ImageFile) -> int:
    """EXIF tag 0x0112 (1 to 8) of IFD 0; 1, upright, where it is missing, damaged or senseless.

    Also 1 for a TIFF: Pillow exchanges its sides as it opens it, and turns its pixels as it loads them.
    """
    exif = None if isinstance(picture, TiffImagePlugin.TiffImageFile) else picture.info.get("exif")
    value = _ifd_short(exif.removeprefix(b"Exif\0\0"), 0x0112) if isinstance(exif, bytes) else None
    return value if value is not None and 1 <= value <= 8 else 1


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
