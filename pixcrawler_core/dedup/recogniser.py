"""Tells what an image duplicates among those that are kept: the methods of a job, each with its index."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, repeat
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from pixcrawler_core.dedup.exact import ExactIndex
from pixcrawler_core.errors import DecodeError

if TYPE_CHECKING:
    from pixcrawler_core.dedup.methods import Fingerprints, Method
    from pixcrawler_core.dedup.protocols import Index
    from pixcrawler_core.image import Image
    from pixcrawler_core.records import Match

logger = logging.getLogger(__name__)

Rows = Callable[[], Iterable[tuple[int, str]]]
"""Keys of all images that are kept, in ascending order, with the digests of their bytes."""
IMAGES = "images"
"""Folder of the index of all digests, by which the images behind keys are found."""
LOOKED = 100_000
"""Looks at two images whose answers are remembered at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """An image that another one duplicates."""

    key: int
    method: str
    """Name of the method that recognised it."""
    distance: float
    """In the method's unit; 0 for no difference."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """What the methods know of an image."""

    prints: Fingerprints = field(default_factory=dict)
    fresh: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Fingerprints that were made now and are worth keeping, by key."""
    reference: str | None = None
    """What the image duplicates outside of the workspace, in words; None if nothing."""


class Recogniser:
    """The indexes of a job's methods below a folder. Threads may share it.

    `open_image` gives the image with a digest of bytes. All methods raise WorkspaceError.
    """

    def __init__(self, methods: Sequence[Method], folder: Path, open_image: Callable[[str], Image]) -> None:
        self.methods = methods
        self._open_image = open_image
        self._images = ExactIndex(folder / IMAGES, itemgetter("sha256"))
        self._indexes = {each.name: each.matcher.open(folder / each.folder) for each in methods}
        self._looked: dict[tuple[str, str, str], bool] = {}
        self._lock = Lock()

    def agree(
        self,
        rows: Rows,
        stays: Callable[[int], bool],
        known: Callable[[str], Mapping[str, Mapping[str, Any]]],
    ) -> None:
        """Make the indexes agree with what is kept, whatever happened to either meanwhile.

        `stays` tells of a key that is not among the rows whether it is left in the index all the same: an
        image that another process is about to keep. `known` gives the fingerprints that are kept of bytes.
        """
        for key, held, digest in _apart(self._images.digests(), rows()):
            if digest is None and stays(key):
                continue
            if held:
                self.remove(key)
            if digest is not None:
                self._images.add(key, {"sha256": digest})
        self._images.flush()
        for method in self.methods:

            def made(digest: str, method: Method = method) -> Mapping[str, Any]:
                return method.fingerprint(self._open_image(digest), known(digest))

            _agree(self._indexes[method.name], rows, stays, made)

    def study(self, image: Image, known: Mapping[str, Mapping[str, Any]]) -> Study:
        """Make the fingerprints of an image that are not known; looks at doubtful matches beforehand.

        For worker threads. Raises DecodeError for a picture that cannot be decoded or told apart.
        """
        prints = {each.name: each.fingerprint(image, known) for each in self.methods}
        new = (each for each in self.methods if each.keeps and each.key not in known)
        study = Study(prints=prints, fresh={each.key: prints[each.name] for each in new})
        if any(each.keeps for each in self.methods):
            self.find(image, study)
        return study

    def find(self, image: Image, study: Study, but: Collection[int] = ()) -> list[Original]:
        """The images that this one duplicates, by the first of the methods that knows some; nearest first.

        The keys `but` do not count.
        """
        for method in self.methods:
            matches = self._indexes[method.name].find(study.prints[method.name])
            others = (match for match in matches if match.key not in but)
            found = [match for match in others if match.sure or self._same(method, image, match)]
            if found:
                return [Original(key=m.key, method=method.name, distance=m.distance) for m in found]
        return []

    def add(self, key: int, image: Image, study: Study) -> None:
        """Know an image again from now on."""
        self._images.add(key, {"sha256": image.sha256})
        self._images.flush()  # no method has a key on disk of which it is not known there whose it is
        for method in self.methods:
            self._indexes[method.name].add(key, study.prints[method.name])

    def remove(self, key: int) -> None:
        """Know an image no more."""
        for index in (*self._indexes.values(), self._images):
            index.remove(key)

    def close(self) -> None:
        """Write what was added, and let go of the files."""
        for index in (self._images, *self._indexes.values()):
            index.close()

    def _same(self, method: Method, image: Image, match: Match) -> bool:
        """Look at both images, once for each two."""
        digest = self._images.digest(match.key)
        if digest is None:
            return False
        looked = (method.name, image.sha256, digest)
        with self._lock:
            known = self._looked.get(looked)
        if known is not None:
            return known
        try:
            same = method.matcher.same(image, self._open_image(digest))
        except DecodeError:
            same = False
        with self._lock:
            if len(self._looked) >= LOOKED:
                self._looked.clear()
            self._looked[looked] = same
        return same


def _agree(
    index: Index,
    rows: Rows,
    stays: Callable[[int], bool],
    made: Callable[[str], Mapping[str, Any]],
) -> None:
    for key, _, digest in _apart(zip(index.keys(), repeat(None)), rows()):
        if digest is None:
            if not stays(key):
                index.remove(key)
            continue
        try:
            index.add(key, made(digest))
        except DecodeError as error:
            logger.warning("image %d is kept, but its duplicates are not recognised: %s", key, error)
    index.flush()


def _apart(
    held: Iterable[tuple[int, str | None]], kept: Iterable[tuple[int, str]]
) -> Iterator[tuple[int, bool, str | None]]:
    """What differs between two ascending lists: the key, whether it is held, and its digest if it is kept.

    A digest None that is held agrees with any.
    """
    both = heapq.merge(
        ((key, True, digest) for key, digest in held),
        ((key, False, digest) for key, digest in kept),
        key=itemgetter(0),
    )
    for key, group in groupby(both, key=itemgetter(0)):
        digests = {own: digest for _, own, digest in group}
        if len(digests) == 1 or digests[True] not in (None, digests[False]):
            yield key, True in digests, digests.get(False)
