"""An index on disk of perceptual hashes, which also knows images that were mirrored or turned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import merge
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.dedup.hash_pairs import HashPairs
from pixcrawler_core.dedup.turned import ORIENTATIONS, TurnedHashes
from pixcrawler_core.hamming.bits import Hashes, checked_radius
from pixcrawler_core.hamming.index import LAST_KEY, PENDING, HammingIndex
from pixcrawler_core.records import Match, Pair

PAGE = 10_000
"""Keys read at a time."""
ENTRY = np.dtype([("key", np.int64), ("hash", np.uint64)])


class HashIndex:
    """Keys by 64-bit hashes, in a folder; images are near whose hashes differ in at most `radius` bits.

    `hashes_of` takes the hashes out of a fingerprint: the image's own first, then, if any, those of up to
    seven mirrored or turned versions of it. The own hash of one image is compared with all of the other. A
    picture that shows nothing has no hashes: its key is known, and it is near to none.

    Any number of processes may use the folder at once: they take turns to write, and see what others added
    once that is flushed. Threads may share an index. What `flush` returned for survives kill -9: the turned
    hashes of a key are written before its own one and removed after it, so that `keys` tells of none that
    lacks some. All methods raise WorkspaceError when the folder fails them or is damaged, and ValueError for
    a key or radius (0 to 64) that is out of range, and for more than eight hashes.
    """

    def __init__(
        self, folder: Path, hashes_of: Callable[[Mapping[str, Any]], Sequence[int]], radius: int
    ) -> None:
        self._hashes_of = hashes_of
        self._radius = checked_radius(radius)
        self._lock = RLock()
        self._turned = TurnedHashes(folder)
        try:
            self._own = HammingIndex(folder)
        except BaseException:
            self._turned.close()
            raise
        self._waiting: dict[int, Hashes] = {}

    def add(self, key: int, fingerprint: Mapping[str, Any], /) -> None:
        """Remember the hashes of an image."""
        hashes = self._hashes(fingerprint)
        if not 0 <= key <= LAST_KEY:
            raise ValueError(f"the key is {key}; it must be from 0 to {LAST_KEY}")
        with self._lock:
            if len(self._waiting) >= PENDING:
                self.flush()
            held = self._turned_of(np.array([key])).get(key)
            other = held is not None and not (len(held) and np.array_equal(held, hashes[1:]))
            if other or not len(hashes):
                self.remove(key)
            self._waiting[key] = hashes

    def remove(self, key: int, /) -> None:
        """Forget a key, on disk too before returning."""
        with self._lock:
            self.flush()
            self._own.remove(key)
            self._turned.erase(key)

    def find(self, fingerprint: Mapping[str, Any], /) -> list[Match]:
        """The images whose own hash is near to any of these; the nearest first, then by key."""
        nearest: dict[int, int] = {}
        values = np.unique(self._hashes(fingerprint))
        if not len(values):
            return []
        with self._lock:
            for value in values.tolist():
                for key, distance in self._own.nearest(value, self._radius):
                    nearest[key] = min(distance, nearest.get(key, distance))
            keys, waiting = self._own_waiting()
        distances = np.bitwise_count(waiting[:, np.newaxis] ^ values).min(axis=1)
        nearest |= zip(keys, distances.tolist(), strict=True)
        found = [(distance, key) for key, distance in nearest.items() if distance <= self._radius]
        return [Match(key, float(distance)) for distance, key in sorted(found)]

    def pairs(self) -> Iterator[Pair]:
        """Every two near images of those that are there now, with their least distance.

        Takes 150 bytes of memory an image, or 40 MB for fewer than 250,000. Of more than 16 images with the
        same hashes, which are equal, it may pair only some with each that is near.
        """
        entries = np.fromiter(self._entries(), ENTRY)
        keys, own = entries["key"].copy(), entries["hash"].copy()
        del entries
        yield from HashPairs(keys, own, self._turned_of).within(self._radius)

    def keys(self) -> Iterator[int]:
        """All keys in ascending order."""
        own = (key for key, _ in self._entries())
        return merge(own, self._without_hashes())

    def flush(self) -> None:
        """Write what was added."""
        with self._lock:
            self._turned.write({key: hashes[1:] for key, hashes in self._waiting.items() if len(hashes) != 1})
            keys, own = self._own_waiting()
            self._own.add_many(np.array(keys, np.int64), own)
            self._waiting.clear()

    def close(self) -> None:
        """Flush, and let go of the files; harmless when closed already."""
        with self._lock:
            try:
                if self._waiting:
                    self.flush()
            finally:
                self._own.close()
                self._turned.close()

    def _hashes(self, fingerprint: Mapping[str, Any]) -> Hashes:
        hashes = np.array(self._hashes_of(fingerprint), np.uint64)
        if len(hashes) > ORIENTATIONS:
            raise ValueError(f"the fingerprint has {len(hashes)} hashes; give {ORIENTATIONS} at most")
        return hashes

    def _own_waiting(self) -> tuple[list[int], Hashes]:
        """The keys that wait and have hashes, with the own ones of these."""
        own = {key: hashes[0] for key, hashes in self._waiting.items() if len(hashes)}
        return list(own), np.array(list(own.values()), np.uint64)

    def _without_hashes(self) -> Iterator[int]:
        after = -1
        while page := self._page_without(after):
            yield from page
            after = page[-1]

    def _page_without(self, after: int) -> list[int]:
        with self._lock:
            return self._turned.empty(after, PAGE)

    def _turned_of(self, keys: NDArray[np.int64]) -> dict[int, Hashes]:
        with self._lock:
            return self._turned.of(keys)

    def _entries(self) -> Iterator[tuple[int, int]]:
        self.flush()
        return self._own.entries()


def least_distance(one: Sequence[int], other: Sequence[int]) -> int:
    """The bits between the own hash of either image and any hash of the other, at the nearest.

    Both must have hashes.
    """
    crossed = [one[0] ^ value for value in other] + [value ^ other[0] for value in one]
    return min(value.bit_count() for value in crossed)
