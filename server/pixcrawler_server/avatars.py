"""Makes pictures of users of what they upload: decoded as images from the web are, cut, written anew."""

from __future__ import annotations

import asyncio
import io
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageOps

from pixcrawler_core.decoding import opened, whole
from pixcrawler_core.errors import DecodeError
from pixcrawler_core.orientation import orientation, upright
from pixcrawler_server.errors import Invalid

SIDE = 256
"""Pixels of a picture's side."""
MAX_BYTES = 8 * 2**20
MAX_PIXELS = 40_000_000
"""As many as phones make; decoded, they take 160 MB."""
QUALITY = 88


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept."""

    media_type: str
    data: bytes


class Avatars:
    """Makes pictures, one at a time: that bounds the memory they take."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="avatars")

    async def make(self, data: bytes) -> Picture:
        """A small square picture of an uploaded one, without anything else that was in the file.

        Raises Invalid for bytes that are no image that can be decoded; SVG is none.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, picture_of, data)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()


def picture_of(data: bytes) -> Picture:
    """See `Avatars.make`."""
    with tempfile.NamedTemporaryFile(prefix="pixcrawler-avatar-") as file:
        file.write(data)
        file.flush()
        try:
            return _encoded(_decoded(Path(file.name)))
        except DecodeError as error:
            raise Invalid(
                f"the image cannot be read: {error}", details={"field": "body", "reason": error.reason}
            ) from error


def _decoded(path: Path) -> Pillow.Image:
    with opened(path, MAX_PIXELS) as (picture, file):
        turn = orientation(picture)
        small = ImageOps.fit(whole(picture, file, SIDE), (SIDE, SIDE), Pillow.Resampling.LANCZOS)
    return small if turn == 1 else upright(small, turn)


def _encoded(picture: Pillow.Image) -> Picture:
    out = io.BytesIO()
    clean = Pillow.frombytes(picture.mode, picture.size, picture.tobytes())  # pixels, and nothing else
    if clean.mode == "RGBA":
        clean.save(out, "PNG", optimize=True)
        return Picture("image/png", out.getvalue())
    clean.save(out, "JPEG", quality=QUALITY)
    return Picture("image/jpeg", out.getvalue())
