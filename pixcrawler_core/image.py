"""An image on disk: what its header says, the one decoded view that all checks share, its hashes."""

from __future__ import annotations

import hashlib
import io
import os
import weakref
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from pixcrawler_core.blobs.sealed import SealedBlob
from pixcrawler_core.decoding import colour, grey, opened, reusable
from pixcrawler_core.flattening import VIEW_SIDE, has_alpha, reduced
from pixcrawler_core.orientation import orientation, upright
from pixcrawler_core.phash import phash
from pixcrawler_core.records import Candidate

MAX_PIXELS = 100_000_000
"""Pixels above which an image is called a decompression bomb and is not decoded."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What an image's header says; no pixel is decoded for it."""

    format: str
    """Pillow's name: JPEG (also for the first picture of an MPO file), PNG, WEBP, GIF, AVIF, …"""
    width: int
    """Pixels as stored, before the EXIF orientation is applied."""
    height: int
    """Pixels as stored."""
    mode: str
    """Pillow's mode: `L`, `RGB`, `CMYK`, `I;16`, …"""
    animated: bool
    """Whether there is more than one frame or page."""
    has_alpha: bool
    orientation: int = 1
    """EXIF orientation, 1 (upright) to 8."""

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height as a viewer shows them: exchanged for the orientations 5 to 8."""
        size = self.width, self.height
        return size[::-1] if self.orientation >= 5 else size


@dataclass(frozen=True, eq=False)
class Image:
    """An image file. Whatever is asked for is computed once, and kept.

    One thread at a time may use an image; any number of images may be used in parallel. The properties
    raise DecodeError with the reason `empty`, `unknown-format`, `truncated`, `corrupt` or
    `decompression-bomb`, and WorkspaceError when the file cannot be read.
    """

    file: Path | SealedBlob
    """What its bytes are read from."""
    sha256: str
    """Hex digest of the bytes."""
    size: int
    """Bytes."""
    candidate: Candidate | None = None
    max_pixels: int = MAX_PIXELS
    detailed: bool = False
    """Whether the picture is decoded in colour at once, since something will want its `pixels`."""

    @classmethod
    def open(
        cls,
        path: Path,
        candidate: Candidate | None = None,
        max_pixels: int = MAX_PIXELS,
        *,
        detailed: bool = False,
    ) -> Image:
        """An image of a file on disk; reads it once to compute the digest. Raises OSError.

        A file of no size is empty, and not read: what the system makes up, such as /proc/kmsg, may not end.
        """
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            digest = hashlib.file_digest(file if size else io.BytesIO(), "sha256").hexdigest()
            return cls(path, digest, file.tell(), candidate, max_pixels, detailed)

    @cached_property
    def path(self) -> Path:
        """A file with the bytes, for libraries that want one.

        That of an encrypted blob is in memory and goes with the image; child processes can read it, too.
        Raises WorkspaceError where the system has no such files: Linux has.
        """
        if isinstance(self.file, Path):
            return self.file
        descriptor = self.file.memory_file()
        weakref.finalize(self, os.close, descriptor)
        return Path(f"/proc/{os.getpid()}/fd/{descriptor}")

    @cached_property
    def header(self) -> Header:
        """Format, size, mode, animation, transparency and orientation."""
        with opened(self.file, self.max_pixels) as (picture, file):
            vars(self)["_opened"] = reusable(picture, file)
            return Header(
                format=str(picture.format),
                width=picture.width,
                height=picture.height,
                mode=picture.mode,
                animated=bool(getattr(picture, "is_animated", False)),
                has_alpha=has_alpha(picture),
                orientation=orientation(picture),
            )

    @cached_property
    def view(self) -> Pillow.Image:
        """The first frame in grey (mode `L`) as stored, shorter side 128 to 255 pixels where it has them.

        Decoding it reads the whole image, so that it finds what is truncated or corrupt. Of a `detailed`
        image it is made from the colours: pixels differ by a step or two, the hashes of 15 % of photographs
        by 2 bits and of 1 % by 4 (236 photographs measured).
        """
        if self.detailed or "analysis" in vars(self):
            return reduced(Pillow.fromarray(self._stored_grey), VIEW_SIDE)
        return self.plain_view

    @cached_property
    def plain_view(self) -> Pillow.Image:
        """`view` as it is of an image that is not `detailed`: of the same bytes always the same pixels.

        It is what fingerprints are made of. If colours were decoded already, this decodes once more.
        """
        with opened(self.file, self.max_pixels, vars(self).pop("_opened", None)) as (picture, file):
            return grey(picture, file)

    @cached_property
    def analysis(self) -> Pillow.Image:
        """The first frame in colour (mode `RGB`) as stored, on white, for checks that look closer.

        The shorter side has 384 to 767 pixels where the picture has them.
        """
        with opened(self.file, self.max_pixels, vars(self).pop("_opened", None)) as (picture, file):
            return colour(picture, file)

    @cached_property
    def pixels(self) -> Pixels:
        """`analysis` as a viewer shows it: shape (height, width, 3), RGB, 0 to 255, read-only."""
        return _upright(self._stored, self.header.orientation)

    @cached_property
    def grey(self) -> Pixels:
        """Luma of `pixels` (ITU-R BT.601): shape (height, width), 0 to 255, read-only."""
        return _upright(self._stored_grey, self.header.orientation)

    @cached_property
    def _stored(self) -> Pixels:
        return np.asarray(self.analysis)

    @cached_property
    def _stored_grey(self) -> Pixels:
        import cv2

        return np.asarray(cv2.cvtColor(self._stored, cv2.COLOR_RGB2GRAY), np.uint8)

    @cached_property
    def levels(self) -> npt.NDArray[np.float64]:
        """How many pixels of `grey` have each of the 256 levels, counted in every second row; read-only."""
        import cv2

        counts = cv2.calcHist([self.grey[::2]], [0], None, [256], [0, 256])
        found = np.asarray(counts, np.float64).ravel()
        found.flags.writeable = False
        return found

    @property
    def scale(self) -> float:
        """Stored pixels in the width of one of `pixels`: 1.0 for a picture that was not reduced."""
        return self.header.width / self.analysis.width

    @cached_property
    def phash(self) -> str:
        """Perceptual hash of the view: 16 hex digits, those of `imagehash.phash(view)`."""
        return phash(self.view)


def _upright(stored: Pixels, turn: int) -> Pixels:
    """Pixels as a viewer shows them, read-only."""
    found = stored if turn == 1 else np.asarray(upright(Pillow.fromarray(stored), turn))
    found.flags.writeable = False
    return found
