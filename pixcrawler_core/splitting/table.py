"""What splitting has to know of each image, in a few tens of bytes an image."""

from __future__ import annotations

import contextlib
import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.urls import canonical_url

NO_SPLIT = -1


class Fact(NamedTuple):
    """What is known of one image."""

    row: int
    """Its row in the ledger."""
    category: str
    sha256: str
    """64 hex digits."""
    phash: str | None
    """16 hex digits."""
    page: str | None
    """Address of the page that shows it."""
    split: str | None


@dataclass(frozen=True, kw_only=True)
class Images:
    """The images of a dataset, a column for each thing that is known of them, in their order."""

    rows: NDArray[np.int64]
    categories: NDArray[np.int64]
    """Numbers of the categories in `names`."""
    names: Sequence[str]
    """The categories, sorted."""
    digests: NDArray[np.uint64]
    """The first eight bytes of the SHA-256."""
    hashes: NDArray[np.uint64]
    """Perceptual hashes; 0 where there is none."""
    hashed: NDArray[np.bool_]
    """Whether there is a perceptual hash."""
    pages: NDArray[np.uint64]
    """Keys of the pages' addresses; 0 where there is none."""
    splits: NDArray[np.int8]
    """Numbers of the splits, `NO_SPLIT` where there is none or an unknown one."""

    def __len__(self) -> int:
        return len(self.rows)

    def counts(self, splits: Sequence[str], assigned: NDArray[np.int8]) -> dict[str, dict[str, int]]:
        """How many images of each category `assigned` puts into each split; nothing is told of none."""
        width = len(self.names)
        told: dict[str, dict[str, int]] = {}
        for number, name in enumerate(splits):
            found = np.bincount(self.categories[assigned == number], minlength=width).tolist()
            told[name] = {self.names[place]: count for place, count in enumerate(found) if count}
        return told


def collect(facts: Iterable[Fact], splits: Sequence[str]) -> Images:
    """Columns from what is known of each image. Raises ValueError for digests and hashes that are no hex."""
    rows, digests, hashes, pages = array("q"), array("Q"), array("Q"), array("Q")
    hashed, placed, categories = array("b"), array("b"), array("q")
    numbers = {name: number for number, name in enumerate(splits)}
    names: dict[str, int] = {}
    for fact in facts:
        rows.append(fact.row)
        categories.append(names.setdefault(fact.category, len(names)))
        digests.append(int(fact.sha256[:16], 16))
        hashes.append(int(fact.phash or "0", 16))
        hashed.append(fact.phash is not None)
        pages.append(page_key(fact.page))
        placed.append(numbers.get(fact.split or "", NO_SPLIT))
    ordered = sorted(names)
    places = {name: place for place, name in enumerate(ordered)}
    renumbered = np.array([places[name] for name in names], np.int64)
    return Images(
        rows=np.array(rows, np.int64),
        categories=renumbered[np.array(categories, np.int64)],
        names=ordered,
        digests=np.array(digests, np.uint64),
        hashes=np.array(hashes, np.uint64),
        hashed=np.array(hashed, bool),
        pages=np.array(pages, np.uint64),
        splits=np.array(placed, np.int8),
    )


def page_key(page: str | None) -> int:
    """A number for a page, 1 to 2**64 - 1, the same for all spellings of its address; 0 without one.

    64 bits of BLAKE2b (RFC 7693): if two pages shared a number, their images would only stay together.
    """
    # As the manifest has it, which no half of a surrogate pair can be written to.
    text = (page or "").encode("utf-8", "replace").decode().strip()
    if not text:
        return 0
    with contextlib.suppress(ValueError):  # what is no address is a page by its own words
        text = canonical_url(text)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) or 1
