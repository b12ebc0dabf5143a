"""What leaves out of exported pictures what is nobody's business: positions, metadata, faces."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image as Pillow

from pixcrawler_core.assembly.exporting import Changed
from pixcrawler_core.blurring import blurred
from pixcrawler_core.decoding import opened, whole
from pixcrawler_core.detectors.centerface import MODEL, find_faces
from pixcrawler_core.detectors.found import Session
from pixcrawler_core.image import Image
from pixcrawler_core.orientation import upright
from pixcrawler_core.privacy import strip_metadata
from pixcrawler_core.privacy_location import strip_location

Metadata = Literal["keep", "no-location", "none"]
QUALITY = 95
"""Of a JPEG, WebP or AVIF whose faces were blurred, so that it had to be encoded again."""
FACES = MODEL
"""The model that finds faces."""
LEAST = 0.4
"""How sure it must be, less than what counts as a face elsewhere: a miss is worse than a false alarm. Of 110
photographs without people, 8 are then blurred somewhere; two show faces of stone, two show apes."""

_STRIPPED: dict[Metadata, tuple[Callable[[bytes], bytes], str]] = {
    "no-location": (strip_location, "location removed"),
    "none": (strip_metadata, "metadata removed"),
}


@dataclass(frozen=True, kw_only=True)
class Redaction:
    """Changes an image for an export, if there is something to be changed."""

    metadata: Metadata = "no-location"
    faces: Session | None = None
    """The model that finds the faces to be blurred; None leaves them as they are."""

    def __call__(self, path: Path) -> Changed | None:
        """The bytes to be exported; None for the file as it is.

        Raises MetadataError for a file whose metadata cannot be taken out, DecodeError and OSError.
        """
        if self.faces and (changed := _without_faces(path, self.faces)):
            return changed
        if self.metadata == "keep":
            return None
        strip, told = _STRIPPED[self.metadata]
        data = path.read_bytes()
        stripped = strip(data)
        return None if stripped == data else Changed(data=stripped, changes=(told,))


def _without_faces(path: Path, session: Session) -> Changed | None:
    """The picture encoded again with its faces blurred; None if it has none."""
    image = Image.open(path, detailed=True)
    boxes = [face.box for face in find_faces(image, session) if face.score >= LEAST]
    if not boxes:
        return None
    with opened(path, image.max_pixels) as (picture, file):
        kind, mode, profile = str(picture.format), picture.mode, picture.info.get("icc_profile")
        shown = upright(whole(picture, file), image.header.orientation)
    hidden = Pillow.fromarray(blurred(np.asarray(shown), boxes))
    options: dict[str, Any] = {"quality": QUALITY} if kind in ("JPEG", "WEBP", "AVIF") else {}
    if profile and mode in ("L", "P", "RGB", "RGBA"):  # of others the colours were converted
        options["icc_profile"] = profile
    data = io.BytesIO()
    hidden.save(data, kind, **options)
    changes = ["faces blurred", "metadata removed"]
    changes += ["first frame only"] if image.header.animated else []
    return Changed(data=data.getvalue(), changes=tuple(changes), size=hidden.size)
