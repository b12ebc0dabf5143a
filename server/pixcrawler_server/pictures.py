"""The bytes of images and their thumbnails, as clients get them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from pixcrawler_core.blobs.sealed import SealedBlob
from pixcrawler_core.errors import BlobDamaged, BlobLocked, DecodeError
from pixcrawler_core.machine import usable_cores
from pixcrawler_core.thumbnails import drawn
from pixcrawler_server.errors import NotAvailable, Unavailable
from pixcrawler_server.files import Content, bytes_content, file_content

if TYPE_CHECKING:
    from pixcrawler_core.catalog.models import Image
    from pixcrawler_core.workspace import Workspace

T = TypeVar("T")
MEDIA_TYPES = {
    "AVIF": "image/avif", "BMP": "image/bmp", "GIF": "image/gif", "ICO": "image/vnd.microsoft.icon",
    "JPEG": "image/jpeg", "JPEG2000": "image/jp2", "MPO": "image/jpeg", "PNG": "image/png",
    "TIFF": "image/tiff", "WEBP": "image/webp",
}  # fmt: skip
"""By the format that was decoded; what a server or a name said is not believed."""
UNKNOWN = "application/octet-stream"
WAITING = 64
"""Pictures that wait to be decoded at most; more are turned away, since each takes some milliseconds."""


class Painter:
    """Decodes pictures, a few at a time, and makes thumbnails of them."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._threads = ThreadPoolExecutor(usable_cores(), thread_name_prefix="thumbnail")
        self._waiting = 0

    async def thumbnail(self, image: Image, side: int) -> bytes:
        """The WebP file of an image's thumbnail.

        Raises NotAvailable, and Unavailable when there is too much to do.
        """
        try:
            return await self.run(partial(self._made, image, side))
        except DecodeError as error:
            raise NotAvailable(f"the image cannot be shown: {error.detail}") from None
        except BlobLocked as error:
            raise NotAvailable("the image is encrypted, and cannot be read by this server now") from error

    async def run(self, work: Callable[[], T]) -> T:
        """What work that decodes pictures finds. Raises Unavailable when there is too much to do."""
        if self._waiting >= WAITING:
            raise Unavailable(
                "there are too many pictures to look at; ask again in a second", headers={"Retry-After": "1"}
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Wait for those that are being made."""
        self._threads.shutdown(cancel_futures=True)

    def _made(self, image: Image, side: int) -> bytes:
        """What is encrypted leaves no thumbnail on the disk."""
        thumbnails, digest = self._workspace.thumbnails, image.hash or ""
        if (kept := thumbnails.read(digest, side)) is not None:
            return kept
        file = file_of(self._workspace, image)
        made = drawn(file, side)
        if isinstance(file, Path):
            thumbnails.keep(made, digest, side)
        return made


def file_of(workspace: Workspace, image: Image) -> Path | SealedBlob:
    """What an image's bytes are read from. Raises NotAvailable where they are not on this machine."""
    if image.hash and workspace.blobs.has(image.hash):
        return workspace.blobs.file(image.hash)
    path = workspace.dataset(image.dataset_id) / image.filename
    if image.filename and path.is_file() and not path.is_symlink():
        return path
    raise NotAvailable("the bytes of the image are not on this server now")


def content_of(workspace: Workspace, image: Image) -> Content:
    """An image's bytes as they are downloaded; those of an encrypted blob are decrypted in memory.

    Raises NotAvailable where they cannot be had.
    """
    file = file_of(workspace, image)
    tag, kind, name = image.hash or "", media_type(image), name_of(image)
    if isinstance(file, Path):
        return file_content(file, tag=tag, media_type=kind, name=name)
    try:
        data = file.read_bytes()
    except (BlobLocked, BlobDamaged) as error:
        raise NotAvailable("the image is encrypted, and cannot be read by this server now") from error
    return bytes_content(data, tag=tag, media_type=kind, name=name)


def media_type(image: Image) -> str:
    """The media type of an image's bytes."""
    return MEDIA_TYPES.get(image.format or "", UNKNOWN)


def name_of(image: Image) -> str:
    """The name of an image's file."""
    return PurePosixPath(image.filename).name or f"image_{image.id}"
