"""Tells what an image duplicates among those that are kept: the methods of a job, each with its index."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import groupby, repeat
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from pixcrawler_core.dedup.exact import ExactIndex
from pixcrawler_core.errors import DecodeError

if TYPE_CHECKING:
    from pixcrawler_core.catalog.measures import Kept
    from pixcrawler_core.dedup.methods import Fingerprints, Method
    from pixcrawler_core.image import Image
    from pixcrawler_core.records import Match

logger = logging.getLogger(__name__)

Rows = Callable[[], Iterable[tuple[int, str]]]
"""Keys of all images that are kept, in ascending order, with the digests of their bytes."""
IMAGES = "images"
"""Folder of the digests of what the methods' indexes have, a folder for each method. By these the images
behind keys are found, and keys whose bytes became others while a method was not asked."""
LOOKED = 100_000
"""Looks at two images whose answers are remembered at most."""
AT_ONCE = 50
"""Fingerprints that are kept in one transaction."""
Lacking = Iterable[tuple[int, str]]
"""Keys of kept images that an index does not know, with the digests of their bytes."""
Watch = Callable[[Lacking, int], Lacking]
"""Gives the same ones, of which there are so many, and shows how far it is."""


class Store(Protocol):
    """Where fingerprints are kept by the digest of the bytes: the `MeasureStore` of the catalog."""

    def of(self, sha256: str, /) -> Mapping[str, Mapping[str, Any]]:
        """What is kept of the bytes with this digest, by the method's key."""

    def keep(self, rows: Sequence[Kept], /) -> None:
        """Keep more."""


class Place(Enum):
    """Where a key is."""

    INDEX = auto()
    DIGESTS = auto()
    """Of what the index has, or is about to have."""
    KEPT = auto()
    """Among the images that are to be recognised."""


def unwatched(lacking: Lacking, _: int) -> Lacking:
    """The same ones, and nothing is shown."""
    return lacking


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognised:
    """A kept image that another one duplicates."""

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
        self._indexes = {each.name: each.matcher.open(folder / each.folder) for each in methods}
        self._digests = {
            each.name: ExactIndex(folder / IMAGES / each.folder, itemgetter("sha256")) for each in methods
        }
        self._looked: dict[tuple[str, str, str], bool] = {}
        self._lock = Lock()

    def agree(self, rows: Rows, stays: Callable[[int], bool], store: Store, watch: Watch = unwatched) -> None:
        """Make the indexes agree with what is kept, whatever happened to either meanwhile.

        `stays` tells of a key that is not among the rows whether it is left in the index all the same: an
        image that another process is about to keep. Fingerprints that are lacking are taken from the
        `store`, or made, and kept there; `watch` sees those of one method after the other.
        """
        for method in self.methods:
            lacking = self._without(method, rows, stays)
            if lacking:
                self._fill(method, watch(self._lacking(method, rows), lacking), store)

    def study(self, image: Image, known: Mapping[str, Mapping[str, Any]]) -> Study:
        """Make the fingerprints of an image that are not known.

        For worker threads. Raises DecodeError for a picture that cannot be decoded or told apart.
        """
        prints = {each.name: each.fingerprint(image, known) for each in self.methods}
        new = (each for each in self.methods if each.keeps and each.key not in known)
        return Study(prints=prints, fresh={each.key: prints[each.name] for each in new})

    def find(self, image: Image, study: Study, but: Collection[int] = ()) -> list[Recognised]:
        """The images that this one duplicates, by the first of the methods that knows some; nearest first.

        The keys `but` do not count.
        """
        return next(self.answers(image, study, but), [])

    def answers(self, image: Image, study: Study, but: Collection[int] = ()) -> Iterator[list[Recognised]]:
        """What `find` gives, for each of the methods that know some; a method is asked when it is its turn.

        Matches that are not sure are looked at, which is remembered: worker threads may do it beforehand.
        """
        for method in self.methods:
            matches = self._indexes[method.name].find(study.prints[method.name])
            others = (match for match in matches if match.key not in but)
            found = [match for match in others if match.sure or self._same(method, image, match)]
            if found:
                yield [Recognised(key=m.key, method=method.name, distance=m.distance) for m in found]

    def add(self, key: int, image: Image, study: Study) -> None:
        """Know an image again from now on."""
        for method in self.methods:
            digests, index = self._digests[method.name], self._indexes[method.name]
            if digests.digest(key) not in (None, image.sha256):
                index.remove(key)
            digests.add(key, {"sha256": image.sha256})
            digests.flush()  # no index has a key on disk of which it is not known there whose it is
            index.add(key, study.prints[method.name])

    def remove(self, key: int) -> None:
        """Know an image no more."""
        for method in self.methods:
            self._forget(method, key)

    def close(self) -> None:
        """Write what was added, and let go of the files."""
        for index in (*self._digests.values(), *self._indexes.values()):
            index.close()

    def _without(self, method: Method, rows: Rows, stays: Callable[[int], bool]) -> int:
        """Take out of a method's index what is not kept, or has other bytes; how many images it lacks then.

        Of these the digests are noted, which does no harm if the process ends: the index lacks them still.
        """
        digests, index, lacking = self._digests[method.name], self._indexes[method.name], 0
        for key, held, digest in self._differing(method, rows):
            if digest is None:
                if not stays(key):
                    self._forget(method, key)
                continue
            if held:
                index.remove(key)  # before its digest is another one
            digests.add(key, {"sha256": digest})
            lacking += 1
        digests.flush()
        return lacking

    def _lacking(self, method: Method, rows: Rows) -> Lacking:
        differing = self._differing(method, rows)
        return ((key, digest) for key, _, digest in differing if digest is not None)

    def _differing(self, method: Method, rows: Rows) -> Iterator[tuple[int, bool, str | None]]:
        """The keys that are not in all places with the same digest: whether the index has them, and the
        digest of those that are kept."""
        places = heapq.merge(
            zip(self._indexes[method.name].keys(), repeat(Place.INDEX), repeat(None)),
            ((key, Place.DIGESTS, digest) for key, digest in self._digests[method.name].digests()),
            ((key, Place.KEPT, digest) for key, digest in rows()),
            key=itemgetter(0),
        )
        for key, group in groupby(places, key=itemgetter(0)):
            found = {place: digest for _, place, digest in group}
            if len(found) < len(Place) or found[Place.DIGESTS] != found[Place.KEPT]:
                yield key, Place.INDEX in found, found.get(Place.KEPT)

    def _forget(self, method: Method, key: int) -> None:
        self._indexes[method.name].remove(key)
        self._digests[method.name].remove(key)

    def _fill(self, method: Method, lacking: Lacking, store: Store) -> None:
        index = self._indexes[method.name]
        fresh: list[Kept] = []
        for key, digest in lacking:
            known = store.of(digest) if method.keeps else {}
            try:
                told = method.fingerprint(self._open_image(digest), known)
            except DecodeError as error:
                logger.warning("image %d is kept, but its duplicates are not recognised: %s", key, error)
                continue
            index.add(key, told)
            if method.keeps and method.key not in known:
                fresh.append((digest, {method.key: told}))
            if len(fresh) >= AT_ONCE:
                store.keep(fresh)
                fresh.clear()
        if fresh:
            store.keep(fresh)
        index.flush()

    def _same(self, method: Method, image: Image, match: Match) -> bool:
        """Look at both images, once for each two."""
        digest = self._digests[method.name].digest(match.key)
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
