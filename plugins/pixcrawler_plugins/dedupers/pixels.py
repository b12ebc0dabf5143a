"""Recognises pictures that are the same pixel for pixel, whatever file they are in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Deduper
from pixcrawler_core.decoding import BIG, opened, whole
from pixcrawler_core.dedup.exact import ExactIndex
from pixcrawler_core.image import Image
from pixcrawler_core.orientation import upright

Pixels = npt.NDArray[np.uint8]
STRIP = 1_000_000
"""Pixels that are looked at at a time, or a row of them if it has more."""
OPAQUE = 255
BACKWARDS = {3, 4, 7, 8}
"""EXIF orientations in which the first row that a viewer shows is the last row or column as stored."""
_BIG = Lock()


class SamePixels:
    """The SHA-256 digest of the pixels."""

    def fingerprint(self, image: Image, /) -> Mapping[str, Any]:
        """`pixels`: a digest in hex digits of the first frame, upright and in full size.

        It does not matter how the same picture is written: as grey or as RGB without colours, with opaque
        alpha or none, with other colours where it is transparent, turned by EXIF or in its pixels. Pictures
        with more than 8 bits a channel count by the upper 8, those of whole numbers of 32 bits or of
        floating-point numbers by their range. Pictures of more than 25 megapixels are taken one at a time.
        """
        header = image.header
        alone = _BIG if header.width * header.height > BIG else nullcontext()
        with alone, opened(image.path, image.max_pixels) as (picture, file):
            return {"pixels": digest(whole(picture, file), header.orientation)}

    def open(self, folder: Path, /) -> ExactIndex:
        """The index of digests in a folder."""
        return ExactIndex(folder, lambda fingerprint: str(fingerprint["pixels"]))

    def same(self, image: Image, other: Image, /) -> bool:
        """Whether the digests are equal."""
        return self.fingerprint(image) == self.fingerprint(other)


def digest(picture: Pillow.Image, turn: int) -> str:
    """SHA-256 of a picture in `L`, `RGB` or `RGBA`, turned by an EXIF orientation: kind, size and pixels."""
    kind = _kind(picture)
    width, height = picture.size[::-1] if turn >= 5 else picture.size
    sha256 = hashlib.sha256(f"{kind} {width} {height} ".encode())
    for strip in _strips(picture, turn):
        sha256.update(_plain(strip, kind).tobytes())
    return sha256.hexdigest()


def _kind(picture: Pillow.Image) -> str:
    """The least mode that loses nothing of the picture."""
    if picture.mode == "RGBA" and not all((strip[..., 3] == OPAQUE).all() for strip in _strips(picture, 1)):
        return "RGBA"
    if picture.mode == "L" or all(_colourless(strip) for strip in _strips(picture, 1)):
        return "L"
    return "RGB"


def _colourless(strip: Pixels) -> bool:
    red, green, blue = (strip[..., channel] for channel in range(3))
    return bool((red == green).all() and (green == blue).all())


def _plain(strip: Pixels, kind: str) -> Pixels:
    if strip.ndim == 2:
        return strip
    if kind == "RGBA":
        return np.where(strip[..., 3:] == 0, np.uint8(0), strip)
    return strip[..., 0] if kind == "L" else strip[..., :3]


def _strips(picture: Pillow.Image, turn: int) -> Iterator[Pixels]:
    """The rows of the turned picture, from its top, some at a time."""
    of_columns = turn >= 5
    length, across = picture.size if of_columns else picture.size[::-1]
    step = max(1, STRIP // across)
    for begin in range(0, length, step):
        end = min(begin + step, length)
        first, last = (length - end, length - begin) if turn in BACKWARDS else (begin, end)
        box = (first, 0, last, across) if of_columns else (0, first, across, last)
        yield np.asarray(upright(picture.crop(box), turn))


def build(_: None) -> SamePixels:
    """The method; it has no options."""
    return SamePixels()


@hookimpl
def register_dedupers() -> Iterator[Deduper]:
    """The method `pixels`."""
    yield Deduper(name="pixels", summary="pictures that are the same pixel for pixel", build=build)
