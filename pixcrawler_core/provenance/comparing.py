"""Compares two datasets by their manifests or locks: which images came, went, moved or changed."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.errors import DatasetError
from pixcrawler_core.provenance.reading import Document, checked_digest, checked_path, sound

FACTS = ("split", "licence", "labels")
"""What is compared of an image that is on both sides; a lock has no labels."""
KINDS = ("added", "removed", "changed", "moved", *FACTS)
UNTOLD = "?"
"""Stands for a fact that one side does not tell."""


class Image(NamedTuple):
    """What is compared of an image."""

    sha256: bytes
    category: str
    facts: tuple[Any, ...]
    """In the order of `FACTS`; of the labels a digest."""


class Change(NamedTuple):
    """One difference: its kind, the image's path, and what was before and after, where that is to be told."""

    kind: str
    path: str
    category: str
    before: str | None = None
    after: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """The change as a JSON object, without its kind."""
        told = {key: value for key, value in self._asdict().items() if value is not None}
        del told["kind"]
        return told


@dataclass(kw_only=True)
class Side:
    """One of the two: the images of a manifest or lock, by path. 100,000 of them take about 50 MB."""

    path: Path
    head: Mapping[str, Any]
    images: dict[str, Image] = field(default_factory=dict)


def read_side(path: Path) -> Side:
    """The images of a manifest or a lock, or of the manifest in a folder. Raises DatasetError."""
    document = Document(path / MANIFEST if path.is_dir() else path)
    side = Side(path=path, head=document.head)
    lock = "lock" in document.head
    for row in document.rows():
        if row.section != "images":
            continue
        try:
            told = sound(row)
            side.images[checked_path(told.get("path"))] = _image(told, lock=lock)
        except ValueError as error:
            raise DatasetError(
                f"{document.path}, line {row.line}: {error}; look with pixcrawler verify"
            ) from error
    return side


def compare(before: Side, after: Side) -> Iterator[Change]:
    """The differences, in the order of the second side; what is gone comes last.

    An image with the same bytes under another path has moved; other bytes under the same path are a change.
    """
    origins = _origins(before, after)
    gone = set(origins.values())
    for path, image in after.images.items():
        origin = origins.get(path, path)
        known = before.images.get(origin) if path in origins or path not in gone else None
        if path in origins:
            yield Change("moved", path, image.category, origin, path)
        elif known is None:
            yield Change("added", path, image.category)
        elif known.sha256 != image.sha256:
            yield Change("changed", path, image.category, known.sha256.hex(), image.sha256.hex())
        if known is not None:
            yield from _facts(path, known, image)
    for path, image in before.images.items():
        if path not in gone and (path not in after.images or path in origins):
            yield Change("removed", path, image.category)


def counts(changes: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    """Numbers of changes by category and kind, in order."""
    return {
        name: {kind: found[kind] for kind in KINDS if found[kind]} for name, found in sorted(changes.items())
    }


def _origins(before: Side, after: Side) -> dict[str, str]:
    """The paths that images have come to, by bytes that were under another one, and that one."""
    places: defaultdict[bytes, list[str]] = defaultdict(list)
    for path, image in reversed(before.images.items()):
        if not _has(after, path, image):
            places[image.sha256].append(path)
    return {
        path: places[image.sha256].pop()
        for path, image in after.images.items()
        if not _has(before, path, image) and places.get(image.sha256)
    }


def _has(side: Side, path: str, image: Image) -> bool:
    """Whether a side has the same bytes under the same path."""
    there = side.images.get(path)
    return there is not None and there.sha256 == image.sha256


def _facts(path: str, known: Image, image: Image) -> Iterator[Change]:
    for name, before, after in zip(FACTS, known.facts, image.facts, strict=True):
        if before != after and UNTOLD not in (before, after):
            told = (None, None) if name == "labels" else (str(before), str(after))
            yield Change(name, path, image.category, *told)


def _image(entry: Mapping[str, Any], *, lock: bool) -> Image:
    digest = bytes.fromhex(checked_digest(entry.get("sha256")))
    split, category = _word(entry.get("split")), _word(entry.get("category"))
    if lock:
        licence = _word(entry["licence"]) if "licence" in entry else UNTOLD
        return Image(digest, category, (split, licence, UNTOLD))
    labels = hashlib.blake2b(ascii(entry.get("labels")).encode(), digest_size=8).digest()
    return Image(digest, category, (split, _word(entry.get("licence")), labels))


def _word(value: object) -> str:
    """A short text that many images share, once in memory."""
    return sys.intern("none" if value is None else str(value)[:200])
