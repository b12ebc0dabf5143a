"""What a way to recognise duplicates is made of: fingerprints, and an index of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pixcrawler_core.image import Image
    from pixcrawler_core.records import Match, Pair


class Matcher(Protocol):
    """Recognises images that are the same or nearly so, by fingerprints."""

    def fingerprint(self, image: Image, /) -> Mapping[str, Any]:
        """What is to be known of an image to recognise it, as JSON values; kept by the digest of its bytes.

        Plain and synchronous: runs in a worker thread.
        """
        ...

    def open(self, folder: Path, /) -> Index:
        """The index that a folder holds; an empty one is made there if need be. Raises WorkspaceError."""
        ...

    def same(self, image: Image, other: Image, /) -> bool:
        """Whether a match that was not sure is one, told by looking at both images; runs in any thread."""
        ...


class Index(Protocol):
    """Fingerprints on disk, each under a key (0 to 2**63 - 1); memory does not grow with their number.

    What `flush` returned for survives the end of the process at any moment. Threads may share an index. The
    methods raise WorkspaceError when the folder fails them.
    """

    def add(self, key: int, fingerprint: Mapping[str, Any], /) -> None:
        """Remember a fingerprint, in the place of any other under this key; it is found at once."""
        ...

    def remove(self, key: int, /) -> None:
        """Forget a key; harmless for one that is not there."""
        ...

    def find(self, fingerprint: Mapping[str, Any], /) -> Sequence[Match]:
        """The images that one with this fingerprint duplicates, or may; the nearest first."""
        ...

    def pairs(self) -> Iterator[Pair]:
        """Every two images of which `find` would give one for the other, each pair once, in any order.

        Of those that are equal (`Pair.equal`), pairs of one suffice: with each other equal one, and with what
        is near.
        """
        ...

    def keys(self) -> Iterator[int]:
        """All keys in ascending order; the index may be changed meanwhile."""
        ...

    def flush(self) -> None:
        """Write what was added."""
        ...

    def close(self) -> None:
        """Flush, and release files and memory; harmless when closed already."""
        ...
