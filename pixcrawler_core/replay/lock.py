"""A lock that is to be replayed: read once from beginning to end before anything else is done with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.errors import DatasetError
from pixcrawler_core.provenance.lock import FORMAT, LOCK
from pixcrawler_core.provenance.reading import Document, Row, sound
from pixcrawler_core.replay.rows import Locked, locked_image


class Lock:
    """A lock, or that in a dataset's folder, and the manifest beside it if the lock was made with it.

    The constructor looks at every line. It raises DatasetError for a lock that cannot be read, is none, or
    has a line that is wrong: nothing of it is done then.
    """

    def __init__(self, path: Path) -> None:
        self.path = (path / LOCK if path.is_dir() else path).absolute()
        self.counts: Counter[str] = Counter()
        """Images by category."""
        self.largest = 0
        """Bytes of the largest image."""
        self.manifest: Path | None = None
        self.warning: str | None = None
        """Why what lies beside it is not the manifest."""
        with closing(Document(self.path)) as lock:
            self.head = lock.head
            _check_form(lock)
            self._count(_image(self.path, row) for row in _rows(lock))
        self.digest = lock.digest
        """SHA-256 of the whole lock."""
        self._find_manifest(lock)
        for _ in self.images():
            pass

    def images(self) -> Iterator[Locked]:
        """The images in the order of the lock. Raises DatasetError."""
        if self.manifest is None:
            with closing(Document(self.path)) as lock:
                yield from (_image(self.path, row) for row in _rows(lock))
            return
        with closing(Document(self.path)) as lock, closing(Document(self.manifest)) as manifest:
            for row, other in zip_longest(_rows(lock), _rows(manifest)):
                told = other and {key: other.told.get(key) for key in row.told} if row else None
                if not row or not other or told != row.told:
                    raise DatasetError(
                        f"{self.manifest} and {self.path} prove each other and tell different images; "
                        "look with pixcrawler verify"
                    )
                yield _image(self.path, row, other.told)

    def of(self) -> dict[str, Any]:
        """What is told of it in the report of a replay."""
        about = {name: self.head.get(name) for name in ("dataset", "version", "pixcrawler")}
        return {**about, "lock": self.digest, "manifest": self.manifest is not None}

    def _count(self, images: Iterator[Locked]) -> None:
        """Take note of all images, of which no two may have one place, nor two categories one folder."""
        numbers: defaultdict[str, set[int]] = defaultdict(set)
        folders: dict[str, str] = {}
        for image in images:
            category = image.candidate.category
            if image.number in numbers[image.folder]:
                raise DatasetError(f"{self.path}: {image.folder} has two images with number {image.number}")
            known = (folders.setdefault(category, image.folder), self.counts[category] == 0)
            if known[0] != image.folder or (known[1] and numbers[image.folder]):
                raise DatasetError(
                    f"{self.path}: two categories share a folder, or one has two: {image.path}"
                )
            numbers[image.folder].add(image.number)
            self.counts[category] += 1
            self.largest = max(self.largest, image.size)

    def _find_manifest(self, lock: Document) -> None:
        places = [self.path.parent / MANIFEST]
        if self.path.parent.name == Path(LOCK).parent.name:
            places.insert(0, self.path.parent.parent / MANIFEST)
        for place in filter(Path.is_file, places):
            if (why := _why_not(place, lock)) is None:
                self.manifest = place
                return
            self.warning = f"{place} is left out: {why}"


def _check_form(lock: Document) -> None:
    form = lock.head.get("lock")
    if form is None:
        raise DatasetError(f"{lock.path} is a manifest; name the lock beside it, {LOCK}")
    if form != FORMAT:
        raise DatasetError(f"{lock.path} has the form {ascii(form)[:20]}, and this PixCrawler reads {FORMAT}")


def _why_not(place: Path, lock: Document) -> str | None:
    """Why a manifest is not the one that a lock, which was read to its end, was made with."""
    try:
        with closing(Document(place)) as manifest:
            for _ in manifest.rows():
                pass
    except DatasetError as error:
        return str(error)
    if lock.tail.get("manifest") != manifest.digest or manifest.tail.get("lock") != lock.body:
        return "it and the lock were not made with each other"
    return None


def _rows(document: Document) -> Iterator[Row]:
    return (row for row in document.rows() if row.section == "images")


def _image(path: Path, row: Row, manifest: dict[str, Any] | None = None) -> Locked:
    try:
        return locked_image(sound(row), manifest)
    except ValueError as error:
        raise DatasetError(f"{path}, line {row.line}: {error}") from error
