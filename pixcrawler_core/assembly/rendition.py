"""What an exported picture is like: its size and format, and nothing in it that is nobody's business."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image as Pillow

from pixcrawler_core.assembly.resizing import Fit, Resizing, fitted
from pixcrawler_core.blurring import blurred
from pixcrawler_core.decoding import opened, whole
from pixcrawler_core.detectors.centerface import MODEL, find_faces
from pixcrawler_core.detectors.found import Box, Session
from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.image import Image
from pixcrawler_core.orientation import upright
from pixcrawler_core.privacy import strip_metadata
from pixcrawler_core.privacy_location import strip_location

Metadata = Literal["keep", "no-location", "none"]
QUALITY = 95
"""Of a JPEG, WebP or AVIF that had to be encoded again, unless another one is asked."""
FACES = MODEL
"""The model that finds faces."""
LEAST = 0.4
"""How sure it must be, less than what counts as a face elsewhere: a miss is worse than a false alarm. Of 110
photographs without people, 8 are then blurred somewhere; two show faces of stone, two show apes."""
LOSSY = frozenset({"JPEG", "WEBP", "AVIF"})
"""Formats whose pictures have a quality."""
LARGER = {"ICO": "PNG"}
"""What stands in for a format that cannot hold all sizes."""
OVER = 2
"""How many times larger than wanted a JPEG is decoded at least before it is resized."""

_STRIPPED: dict[Metadata, tuple[Callable[[bytes], bytes], str]] = {
    "no-location": (strip_location, "location removed"),
    "none": (strip_metadata, "metadata removed"),
}


class EncodeError(PixCrawlerError):
    """A picture cannot be written in the format that is asked."""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """The bytes that are exported in the place of an image's own."""

    data: bytes
    changes: tuple[str, ...]
    """What was done, in a few words each."""
    size: tuple[int, int] | None = None
    """Width and height as stored, where they are others than before."""
    format: str | None = None
    """Pillow's name of the format, where it is another one than before."""
    fit: Fit | None = None
    """How the picture was resized."""


@dataclass(frozen=True, kw_only=True)
class Rendition:
    """Changes an image for an export, if there is something to be changed. Threads may share it."""

    metadata: Metadata = "no-location"
    faces: Session | None = None
    """The model that finds the faces to be blurred; None leaves them as they are."""
    resizing: Resizing = field(default_factory=Resizing)
    format: str | None = None
    """Pillow's name of the format that all pictures get; None leaves each its own."""
    quality: int = QUALITY
    """1 to 100, for formats that have it."""

    def __call__(self, path: Path) -> Changed | None:
        """The bytes to be exported; None for the file as it is.

        Raises MetadataError for a file whose metadata cannot be taken out, DecodeError and OSError.
        """
        if self._draws and (changed := self._drawn(path)):
            return changed
        if self.metadata == "keep":
            return None
        strip, told = _STRIPPED[self.metadata]
        data = path.read_bytes()
        stripped = strip(data)
        return None if stripped == data else Changed(data=stripped, changes=(told,))

    @property
    def _draws(self) -> bool:
        return bool(self.faces or self.format or self.resizing != Resizing())

    def _drawn(self, path: Path) -> Changed | None:
        """The picture encoded again; None if it need not be."""
        image = Image(path, sha256="", size=0, detailed=bool(self.faces))
        faces = find_faces(image, self.faces) if self.faces else []
        boxes = [face.box for face in faces if face.score >= LEAST]
        header = image.header
        fit = self.resizing.fit(*header.display_size)
        if not boxes and fit is None and self.format in (None, header.format):
            return None
        kind = self.format or LARGER.get(header.format, header.format)
        shown, profile = _shown(image, fit)
        if boxes:
            shown = Pillow.fromarray(blurred(np.asarray(shown), boxes))
        if fit:
            shown = fitted(shown, fit)
        changes = _changes(boxes, fit, kind if kind != header.format else None)
        return Changed(
            data=encoded(shown, kind, self.quality, profile),
            changes=(*changes, "first frame only") if header.animated else changes,
            size=shown.size,
            format=kind if kind != header.format else None,
            fit=fit,
        )


def encoded(picture: Pillow.Image, kind: str, quality: int, profile: bytes | None) -> bytes:
    """A picture in `L`, `RGB` or `RGBA` as a file of a format; what is transparent becomes white in a JPEG.

    Raises EncodeError for a picture that the format cannot hold.
    """
    if kind == "JPEG" and picture.mode == "RGBA":
        picture = Pillow.alpha_composite(Pillow.new("RGBA", picture.size, "white"), picture).convert("RGB")
    options: dict[str, Any] = {"quality": quality} if kind in LOSSY else {}
    if profile:
        options["icc_profile"] = profile
    data = io.BytesIO()
    try:
        picture.save(data, kind, **options)
    except (OSError, ValueError) as error:
        size = f"{picture.width} x {picture.height} pixels"
        raise EncodeError(f"a picture of {size} cannot be written as {kind}: {error}") from error
    return data.getvalue()


def _shown(image: Image, fit: Fit | None) -> tuple[Pillow.Image, bytes | None]:
    """The picture as it is displayed, at least as large as it must be; and its colour profile."""
    with opened(image.file, image.max_pixels) as (picture, file):
        mode, profile = picture.mode, picture.info.get("icc_profile")
        side = OVER * min(fit.scaled) if fit else None
        shown = upright(whole(picture, file, side), image.header.orientation)
    return shown, profile if mode in ("L", "P", "RGB", "RGBA") else None  # of others colours were converted


def _changes(boxes: Sequence[Box], fit: Fit | None, kind: str | None) -> tuple[str, ...]:
    done = {"faces blurred": boxes, "resized": fit, f"converted to {kind}": kind, "metadata removed": True}
    return tuple(told for told, was in done.items() if was)
