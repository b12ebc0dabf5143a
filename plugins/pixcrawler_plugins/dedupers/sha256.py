"""Recognises files that are the same byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Deduper
from pixcrawler_core.dedup.exact import ExactIndex
from pixcrawler_core.image import Image


class SameBytes:
    """The SHA-256 digest of the file."""

    def fingerprint(self, image: Image, /) -> Mapping[str, Any]:
        """`sha256` in hex digits."""
        return {"sha256": image.sha256}

    def open(self, folder: Path, /) -> ExactIndex:
        """The index of digests in a folder."""
        return ExactIndex(folder, lambda fingerprint: str(fingerprint["sha256"]))

    def same(self, image: Image, other: Image, /) -> bool:
        """Whether the digests are equal."""
        return image.sha256 == other.sha256


def build(_: None) -> SameBytes:
    """The method; it has no options."""
    return SameBytes()


@hookimpl
def register_dedupers() -> Iterator[Deduper]:
    """The method `sha256`."""
    yield Deduper(name="sha256", summary="files that are the same byte for byte", build=build, keeps=False)
