"""What a file says beside its pixels, for the checks `exif` and `profile`; anything may stand there."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from pixcrawler_core.decoding import opened
from pixcrawler_core.image import Image

LONGEST = 100
"""Characters of a text that are kept."""
_RAW_PROFILES = ("Raw profile type exif", "Raw profile type APP1")
"""Where ImageMagick and older programs put the EXIF of a PNG."""


@contextmanager
def described(image: Image) -> Iterator[tuple[dict[Any, Any], IO[bytes]]]:
    """What Pillow finds before the pixels, and the TIFF structure with the EXIF; empty where there is none.

    The header is read again; no pixel is decoded. Raises DecodeError and WorkspaceError.
    """
    with opened(image.file, image.max_pixels) as (picture, file):
        yield picture.info, file if picture.format == "TIFF" else io.BytesIO(_exif(picture.info))


def _exif(info: dict[Any, Any]) -> bytes:
    exif = info.get("exif")
    if not isinstance(exif, bytes):
        told = next((text for name in _RAW_PROFILES if isinstance(text := info.get(name), str)), "")
        exif = _from_hex("".join(told.split("\n")[3:]))
    return exif.removeprefix(b"Exif\0\0")


def _from_hex(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


def short(text: str) -> str:
    """A text from outside on one line, without what cannot be seen or turns its direction."""
    told = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * LONGEST])
    return " ".join(told.split())[:LONGEST].rstrip()
