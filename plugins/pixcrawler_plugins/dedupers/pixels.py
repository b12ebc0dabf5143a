"""Recognises pictures that are the same pixel for pixel, whatever file they are in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL.ImageFile import ImageFile

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Deduper
from pixcrawler_core.decoding import BIG, opened, whole
from pixcrawler_core.dedup.exact import ExactIndex
from pixcrawler_core.errors import DecodeError
from pixcrawler_core.image import Image
from pixcrawler_core.orientation import upright

Pixels = npt.NDArray[np.uint8]
STRIP = 1_000_000
"""Pixels that are looked at at a time, or a row of them if it has more."""
FRAMES = 1000
"""Frames or pages of one file that are looked at."""
OPAQUE = 255
BACKWARDS = {3, 4, 7, 8}
"""EXIF orientations in which the first row that a viewer shows is the last row or column as stored."""
_BIG = Lock()


class SamePixels:
    """The SHA-256 digest of the pixels."""

    def fingerprint(self, image: Image, /) -> Mapping[str, Any]:
        """`pixels`: a digest in hex digits of all frames or pages, upright and in full size.

        It does not matter how the same picture is written: as grey or as RGB without colours, with opaque
        alpha or none, with other colours where it is transparent, turned by EXIF or in its pixels. Pictures
        with more than 8 bits a channel count by the upper 8, those of whole numbers of 32 bits or of
        floating-point numbers by their range. Pictures of more than 25 megapixels are taken one at a time.

        Where there are more than `FRAMES` frames, they have more than `Image.max_pixels` pixels together, or
        one but the first cannot be decoded, the bytes of the file count besides the first frame. How long
        frames are shown does not count, and of a JPEG (also in MPO) or an icon there is only one.
        """
        header = image.header
        with opened(image.file, image.max_pixels) as (picture, file):
            first = _of_frame(picture, file, header.orientation)
        if not header.animated:
            return {"pixels": first}
        try:
            with opened(image.file, image.max_pixels) as (picture, file):
                others = _further(picture, file, header.orientation, image.max_pixels)
        except DecodeError:
            others = None
        return {"pixels": _joined([first, *([image.sha256] if others is None else others)])}

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


def _of_frame(picture: ImageFile, file: IO[bytes], turn: int) -> str:
    with _BIG if picture.width * picture.height > BIG else nullcontext():
        return digest(whole(picture, file), turn)


def _further(picture: ImageFile, file: IO[bytes], turn: int, most: int) -> list[str] | None:
    """The digests of all frames but the first; None if there are too many of them, or of their pixels."""
    found: list[str] = []
    left = most - picture.width * picture.height
    for number in range(1, FRAMES + 1):
        picture.load()  # what the next frame is drawn upon
        try:
            picture.seek(number)
        except EOFError:
            return found
        left -= picture.width * picture.height
        if left < 0:
            return None
        found.append(_of_frame(picture, file, turn))
    return None


def _joined(digests: list[str]) -> str:
    """The digest of several; of one it is that."""
    return digests[0] if len(digests) == 1 else hashlib.sha256(" ".join(digests).encode()).hexdigest()


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
    yield Deduper(
        name="pixels", summary="pictures that are the same pixel for pixel", build=build, version="2"
    )
