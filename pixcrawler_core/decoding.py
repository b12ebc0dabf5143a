"""Decodes hostile bytes with Pillow: an allow-list of formats, a pixel cap, and one error with a reason.

`pixcrawler_core.image.Image` is the way in for everything else. Pillow's global limits are left alone.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import IO

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL import Image as Pillow
from PIL.ImageFile import ImageFile

from pixcrawler_core.blobs.sealed import SealedBlob
from pixcrawler_core.damage import decode_error
from pixcrawler_core.errors import BlobDamaged, DecodeError, WorkspaceError
from pixcrawler_core.flattening import ANALYSIS_SIDE, VIEW_SIDE, flat, plain

Opened = tuple[ImageFile, IO[bytes]]
BIG = 25_000_000
"""Pixels above which pictures that cannot be scaled while decoding are taken one at a time: memory."""
MID_GREY = (127, 128, (127,) * 3, (128,) * 3, (127,) * 4, (128,) * 4)
_BIG = Lock()
IN_MEMORY = 4 * 2**20
"""Bytes; larger files are read from the disk as they are decoded."""

_EOI = b"\xff\xd9"
_RESTARTS = b"\xff\xdd\x00\x04"
_OTHER_BITS = bytes(range(0, 250, 7)) * 8
"""Stuff for a decoder that wants more; begins with 0, so that it also stuffs a last byte of 255."""

warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.\w+ImagePlugin$")
# Damaged tags and animation tables say nothing about pixels, which are decoded and judged; one filter at
# import, because warnings.catch_warnings is not safe in threads.
warnings.filterwarnings("ignore", category=Pillow.DecompressionBombWarning, module=r"PIL\.Image$")
# Judged by `max_pixels` instead; Pillow's own error, at twice its limit, still stands.


class _JpegFile(JpegImagePlugin.JpegImageFile):
    """A JPEG without Pillow's reading of EXIF for the resolution: slow, and a source of warnings.

    Opened directly, so that the several pictures of an MPO file count as their first one.
    """

    def _read_dpi_from_exif(self) -> None:
        return


FORMATS: dict[str, type[ImageFile]] = {
    "JPEG": _JpegFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "ICO": IcoImagePlugin.IcoImageFile,
    "JPEG2000": Jpeg2KImagePlugin.Jpeg2KImageFile,
}
"""The only decoders that meet bytes from the web, by Pillow's names."""


def sniff(prefix: bytes) -> str | None:
    """The format that the first 16 bytes announce, or None if it is not one of `FORMATS`."""
    for name in FORMATS:
        accept = Pillow.OPEN[name][1]
        if accept is not None and accept(prefix) is True:
            return name
    return None


@contextmanager
def opened(given: Path | SealedBlob, max_pixels: int, kept: Opened | None = None) -> Iterator[Opened]:
    """The picture with its header read and its size judged, and the file behind it; or what is `kept`.

    Whatever a decoder raises, here or in the `with` block, becomes a DecodeError, and so does the damage of
    an encrypted blob; a file that cannot be read is a WorkspaceError.
    """
    try:
        if kept is not None:
            yield kept
            return
        with _file(given) as file:
            yield _open(file, max_pixels), file
    except BlobDamaged as error:
        raise DecodeError("corrupt", str(error)) from error
    except (DecodeError, WorkspaceError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise WorkspaceError(f"cannot read {given}: {error.strerror}") from error
        data = given.read_bytes()
        raise decode_error(error, sniff(data[:16]), data) from error


def reusable(picture: ImageFile, file: IO[bytes]) -> Opened | None:
    """What a later `opened` may take as `kept`: a JPEG in memory, whose header is dear to read twice."""
    return (picture, file) if isinstance(picture, _JpegFile) and isinstance(file, io.BytesIO) else None


def _file(path: Path | SealedBlob) -> AbstractContextManager[IO[bytes]]:
    """The file, in memory if it is small: with few calls, since after each a thread waits for its turn."""
    if isinstance(path, SealedBlob):
        return nullcontext(io.BytesIO(path.read_bytes()))
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        return path.open("rb") if size > IN_MEMORY else nullcontext(io.BytesIO(file.read(size)))


def _open(file: IO[bytes], max_pixels: int) -> ImageFile:
    prefix = file.read(16)
    if not prefix:
        raise DecodeError("empty", "the file has no bytes")
    kind = sniff(prefix)
    if kind is None:
        start = ascii(prefix[:12]).removeprefix("b")
        raise DecodeError("unknown-format", f"no allowed image format starts with {start}")
    file.seek(0)
    picture = FORMATS[kind](file)
    _limit(picture, max_pixels)
    return picture


def grey(picture: ImageFile, file: IO[bytes]) -> Pillow.Image:
    """Decode the first frame in grey (mode `L`), its shorter side `VIEW_SIDE` to twice that.

    A JPEG is scaled by its DCT (`draft`), anything else by averaging whole pixels. Transparent parts count
    as white. Raises what Pillow raises; call it within `opened`.
    """
    with _loaded(picture, file, "L", VIEW_SIDE) as loaded:
        return flat(loaded, "L", VIEW_SIDE)


def colour(picture: ImageFile, file: IO[bytes]) -> Pillow.Image:
    """As `grey`, in colour (mode `RGB`), the shorter side `ANALYSIS_SIDE` to twice that."""
    with _loaded(picture, file, "RGB", ANALYSIS_SIDE) as loaded:
        return flat(loaded, "RGB", ANALYSIS_SIDE)


def whole(picture: ImageFile, file: IO[bytes], side: int | None = None) -> Pillow.Image:
    """The first frame as stored, in mode `L`, `RGB` or `RGBA`; call it within `opened`.

    In full size, or with a `side` so large that no side is shorter: a JPEG is then scaled by its DCT.
    """
    with _loaded(picture, file, "RGB", side or max(picture.size)) as loaded:
        return plain(loaded)


@contextmanager
def _loaded(picture: ImageFile, file: IO[bytes], mode: str, side: int) -> Iterator[Pillow.Image]:
    """The decoded picture; big ones that cannot be scaled while decoding are taken one at a time."""
    if isinstance(picture, _JpegFile):
        yield _loaded_jpeg(picture, file, mode, side)
        return
    with _BIG if picture.width * picture.height > BIG else nullcontext():
        picture.load()
        if isinstance(picture, Jpeg2KImagePlugin.Jpeg2KImageFile) and _EOI not in _everything(file):
            raise DecodeError("truncated", "the code stream has no end marker")  # OpenJPEG leaves it blank
        yield picture


def _loaded_jpeg(picture: _JpegFile, file: IO[bytes], mode: str, side: int) -> Pillow.Image:
    """Decode a JPEG; raise for one that ends early, but not for one that only lacks its end marker.

    Where data stop before an end marker, libjpeg fills the missing blocks with mid-grey and only warns
    (`JWRN_HIT_MARKER`), which Pillow does not report; so a mid-grey last pixel is looked into. What escapes:
    a cut just before a restart marker, and a progressive JPEG cut after its first scan, which is whole but
    less sharp.
    """
    start = file.tell()
    draft = _draft(picture, mode, side)
    try:
        draft.load()
    except OSError:
        data = _everything(file)
        several_parts = "progressive" in picture.info or _RESTARTS in data[:start]
        if several_parts or _EOI in data[start:] or not _complete(data):
            raise
        return _jpeg(data + _EOI, mode, side)
    if draft.getpixel((draft.width - 1, draft.height - 1)) in MID_GREY:
        data = _everything(file)
        end = data.find(_EOI, start)
        if end >= 0 and not _complete(data[:end]):
            raise DecodeError(
                "truncated", "the data of the JPEG end early; its last part is filled with grey"
            )
    return draft


def _complete(data: bytes) -> bool:
    """Whether the last scan of a JPEG, which goes to the end of `data`, lacks nothing.

    A decoder that has all its blocks never sees the bits that follow; other bits then change nothing.
    """
    return _jpeg(data + _EOI, None).tobytes() == _jpeg(data + _OTHER_BITS + _EOI, None).tobytes()


def _jpeg(data: bytes, mode: str | None, side: int = VIEW_SIDE) -> Pillow.Image:
    picture = _draft(_JpegFile(io.BytesIO(data)), mode, side)
    picture.load()
    return picture


def _draft(picture: _JpegFile, mode: str | None, side: int) -> _JpegFile:
    picture.draft(mode, (side, side))
    return picture


def _everything(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _limit(picture: Pillow.Image, max_pixels: int) -> None:
    if picture.width * picture.height > max_pixels:
        size = f"{picture.width} x {picture.height} pixels"
        raise DecodeError("decompression-bomb", f"{size} are more than the allowed {max_pixels}")
