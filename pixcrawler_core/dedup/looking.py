"""Looks at files: whether they are what they were, and where a match is not sure, whether it is one."""

from __future__ import annotations

from enum import Enum, auto
from pathlib import Path
from threading import local

from pixcrawler_core.dedup.files import File
from pixcrawler_core.dedup.methods import Method
from pixcrawler_core.dedup.reading import CHANGED, Failure, stamp_of, unreadable
from pixcrawler_core.errors import DecodeError, WorkspaceError, told
from pixcrawler_core.image import Image

FAILED = "comparison-failed"
OTHER_BYTES = "it was changed after it was read"


class Now(Enum):
    """What is under the path of a file that was read before."""

    SAME = auto()
    """The same bytes."""
    OTHER = auto()
    """Other bytes."""
    GONE = auto()
    """No file, or none that can be read."""


class Looker:
    """Asks methods whether two files are the same. Threads may share it."""

    def __init__(self) -> None:
        self.failures: dict[Path, Failure] = {}
        """Why files could not be looked at; they match nothing then."""
        self._last = local()

    def same(self, kept: File, other: File, method: Method) -> bool:
        """Whether a method says so, and both files have the bytes that they had when they were read.

        The first one is held for the next call of the same thread, since it is compared with several.
        """
        image = self._held(kept)
        return image is not None and self.like(image, other, method)

    def like(self, image: Image, other: File, method: Method) -> bool:
        """Whether a method says that a file, which has the bytes that it had, is the same as an image."""
        beside = self._opened(other)
        if beside is None:
            return False
        try:
            return method.matcher.same(image, beside)
        except (DecodeError, WorkspaceError) as error:
            return self._failed(other.path, getattr(error, "reason", FAILED), str(error))
        except Exception as error:  # noqa: BLE001  # the code of a plugin: recorded with the file
            return self._failed(other.path, FAILED, f"method {method.name!r} failed: {told(error)}")

    def now(self, file: File) -> Now:
        """What became of a file, which is read only if its size or time is another one.

        Other bytes are a failure.
        """
        try:
            if stamp_of(file.path) == file.stamp or Image.open(file.path).sha256 == file.sha256:
                return Now.SAME
        except OSError:
            return Now.GONE
        self._failed(file.path, CHANGED, OTHER_BYTES)
        return Now.OTHER

    def _held(self, file: File) -> Image | None:
        if getattr(self._last, "file", None) != file:
            self._last.file, self._last.image = file, self._opened(file)
        image: Image | None = self._last.image
        return image

    def _opened(self, file: File) -> Image | None:
        try:
            stamp_of(file.path)
            image = Image.open(file.path, detailed=True)
            if image.sha256 == file.sha256:
                return image
            self._failed(file.path, CHANGED, OTHER_BYTES)
        except OSError as error:
            self.failures[file.path] = unreadable(file.path, error)
        return None

    def _failed(self, path: Path, reason: str, detail: str) -> bool:
        self.failures[path] = Failure(path, reason, detail)
        return False
