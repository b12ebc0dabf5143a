"""Recognises files that are the same byte for byte."""

from __future__ import annotations

from collections.abc import Iterator

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Deduper
from pixcrawler_core.image import Image


class Sha256Index:
    """Keys by SHA-256 digest, in memory: about 140 MB for a million images."""

    def __init__(self) -> None:
        self._keys: dict[bytes, int] = {}

    def add(self, key: int, image: Image, /) -> int | None:
        """Remember the digest; return the key of the image that had it first.

        An image added again under its own key is no duplicate, so that a run can be resumed.
        """
        first = self._keys.setdefault(bytes.fromhex(image.sha256), key)
        return None if first == key else first

    def close(self) -> None:
        """Forget all digests."""
        self._keys.clear()


def build(_: None) -> Sha256Index:
    """An empty index; it has no options."""
    return Sha256Index()


@hookimpl
def register_dedupers() -> Iterator[Deduper]:
    """The index `sha256`."""
    yield Deduper(name="sha256", summary="files that are the same byte for byte", build=build)
