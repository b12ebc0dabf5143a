"""Keeps small pictures of images, each made once: files that can be removed at any time."""

from __future__ import annotations

import io
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.errors import WorkspaceError

if TYPE_CHECKING:
    from pixcrawler_core.blobs.sealed import SealedBlob

SIDES = (128, 256, 512)
"""Pixels of the longer side."""
QUALITY = 80
"""Of the WebP file."""
METHOD = 1
"""WebP's effort, 0 to 6: a fifth less time than with 2, for files that are 11 % larger."""


def drawn(file: Path | SealedBlob, side: int) -> bytes:
    """The thumbnail of an image, a WebP file.

    Raises DecodeError for one that cannot be decoded, BlobLocked and WorkspaceError.
    """
    from pixcrawler_core.report.thumbnails import small_picture

    into = io.BytesIO()
    small_picture(file, side).save(into, "WEBP", quality=QUALITY, method=METHOD)
    return into.getvalue()


class Thumbnails:
    """WebP files at `ab/<sha256>-<side>.webp` in a folder. Any number of threads and processes may use it.

    Disk errors are raised as WorkspaceError.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, sha256: str, side: int) -> bytes | None:
        """The thumbnail of an image; None if it was not made yet."""
        try:
            return self._path(sha256, side).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(error) from error

    def keep(self, data: bytes, sha256: str, side: int) -> None:
        """Keep the thumbnail of an image."""
        path = self._path(sha256, side)
        temporary = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise self._failed(error) from error

    def remove(self, sha256: str) -> None:
        """Remove the thumbnails of an image; harmless where there are none."""
        try:
            for side in SIDES:
                self._path(sha256, side).unlink(missing_ok=True)
        except OSError as error:
            raise self._failed(error) from error

    def _path(self, sha256: str, side: int) -> Path:
        return self.root / sha256[:2] / f"{sha256}-{side}.webp"

    def _failed(self, error: OSError) -> WorkspaceError:
        return WorkspaceError(f"cannot use {self.root}: {error.strerror or error}")
