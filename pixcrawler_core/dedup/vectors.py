"""An index on disk of vectors that finds exactly those in nearly the same direction."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt

from pixcrawler_core.dedup.nearest import Floats, Limits, Nearest
from pixcrawler_core.dedup.rowfile import SCALE, Rows
from pixcrawler_core.dedup.samerows import leaders_of
from pixcrawler_core.dedup.slots import Slots
from pixcrawler_core.dedup.slottable import Keys
from pixcrawler_core.records import Match, Pair

MEMORY = 64 * 1024 * 1024
LEAST_MEMORY = 16 * 1024 * 1024
PENDING = 128
"""Vectors that wait in memory at most; they share the cost of a transaction."""
BLOCK = 1024
"""Vectors read at a time."""
FOUND = 2048
"""Bytes of what is found near one vector, as a rule."""
PAGE = 10_000
"""Keys read at a time."""
STEPS = 10_000
"""Distances are whole numbers of such parts of 1, rounded up: only equal vectors have the distance 0."""

NONE: Keys = np.empty(0, np.int64)
Block = tuple[Rows, Floats, Callable[[Keys], Keys]]
Last = npt.NDArray[np.void]


class VectorIndex:
    """Keys (0 to 2**63 - 1) and vectors of `width` numbers, in a folder of its own.

    `vector_of` takes the vector out of a fingerprint. Only its direction counts; one of length 0 is near to
    none. Two are near from the cosine `limits.maybe` on, and surely from `limits.sure` on. Distances are 1
    less the cosine, with four decimals.

    Every vector is compared, so that the time of `find` grows with their number n, and that of `pairs` with
    its square (2 n² width operations). Each call of either holds `memory` bytes at most (at least 16 MiB),
    whatever n is, and `pairs` 40 bytes more for each vector.

    Any number of processes may use the folder at once: they take turns to write, and see what others added
    once that is flushed. Threads may share an index, and do not wait for each other's searches. What is added
    or removed during a search may be left out of it, and is told once at most. What `flush` returned for
    survives kill -9. All methods raise WorkspaceError when the folder fails them or is damaged, and
    ValueError for a vector of another width or with numbers that are not finite.
    """

    def __init__(
        self,
        folder: Path,
        width: int,
        vector_of: Callable[[Mapping[str, Any]], npt.NDArray[np.floating]],
        limits: Limits,
        memory: int = MEMORY,
    ) -> None:
        if memory < LEAST_MEMORY:
            raise ValueError(f"the index may use {memory} bytes of memory; let it use {LEAST_MEMORY} or more")
        self._width = width
        self._vector_of = vector_of
        self._limits = limits
        self._at_once = max(1, (memory - 6 * BLOCK * width) // (12 * width + 6 * BLOCK + FOUND))
        self._slots = Slots(folder, width)
        self._lock = RLock()
        self._waiting: dict[int, Rows] = {}

    def add(self, key: int, fingerprint: Mapping[str, Any], /) -> None:
        """Remember a vector."""
        row = self._row(fingerprint)
        with self._lock:
            if len(self._waiting) >= PENDING:
                self.flush()
            self._waiting[key] = row

    def remove(self, key: int, /) -> None:
        """Forget a key, on disk too before returning."""
        with self._lock:
            self.flush()
            self._slots.erase(key)

    def find(self, fingerprint: Mapping[str, Any], /) -> list[Match]:
        """All that are surely near, and the nearest of those that may be; the nearest first."""
        nearest = Nearest(self._row(fingerprint)[np.newaxis], self._limits)
        with self._lock:
            waiting, used = dict(self._waiting), self._slots.used()
        found = [
            Match(key, _rounded(distance))
            for block in chain(_pending(waiting), self._stored(used, waiting))
            for _, key, distance in nearest.compare(*block)
        ]
        found += [Match(key, _rounded(distance), sure=False) for distance, key in nearest.unsure[0]]
        return sorted(found, key=lambda match: (match.distance, match.key))

    def pairs(self) -> Iterator[Pair]:
        """Every two of which `find` gives one for the other, of those that are there now.

        Of equal ones the first is paired with each other one, and it alone with what is near.
        """
        with self._lock:
            self.flush()
            used = self._slots.used()
        leaders = leaders_of(used, self._width, self._read, self._keys_of)
        again = np.flatnonzero(leaders != np.arange(used))
        first, second = self._keys_of(leaders[again]), self._keys_of(again)
        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            if one >= 0 and other >= 0:
                yield Pair(min(one, other), max(one, other), 0.0, equal=True)
        last = np.zeros(used, [("distance", np.float64), ("key", np.int64)])
        for begin in range(0, used, self._at_once):
            yield from self._pairs_of(np.arange(begin, min(begin + self._at_once, used)), last, again)

    def keys(self) -> Iterator[int]:
        """All keys in ascending order."""
        self.flush()
        after = -1
        while page := self._page(after):
            yield from page
            after = page[-1]

    def flush(self) -> None:
        """Write what was added."""
        with self._lock:
            if self._waiting:
                self._slots.write(list(self._waiting), np.stack(list(self._waiting.values())))
                self._waiting.clear()

    def close(self) -> None:
        """Flush, and let go of the files; harmless when closed already."""
        with self._lock:
            try:
                self.flush()
            finally:
                self._slots.close()

    def _row(self, fingerprint: Mapping[str, Any]) -> Rows:
        """The vector as it is stored: made as long as 1, or 0, and rounded."""
        vector = np.asarray(self._vector_of(fingerprint), np.float64)
        length = float(np.linalg.norm(vector))
        if vector.shape != (self._width,) or not np.isfinite(length):
            raise ValueError(f"the vector is not {self._width} finite numbers: {vector!r}")
        return np.rint(vector * (SCALE / length if length else 0.0)).astype(np.int16)

    def _stored(self, used: int, hidden: Mapping[int, Rows], again: Keys = NONE) -> Iterator[Block]:
        """The vectors on disk, in the same arrays again and again; keys that are hidden do not count, nor
        those in the slots `again`."""
        rows = np.empty((min(BLOCK, used), self._width), np.int16)
        floats = np.empty(rows.shape, np.float32)
        for begin in range(0, used, BLOCK):
            count = min(BLOCK, used - begin)
            self._read(begin, rows[:count])
            np.copyto(floats[:count], rows[:count])

            def keys_at(numbers: Keys, begin: int = begin) -> Keys:
                keys = self._keys_of(begin + numbers)
                left_out = np.isin(keys, list(hidden)) | np.isin(begin + numbers, again)
                return np.where(left_out, -1, keys)

            yield rows[:count], floats[:count], keys_at

    def _pairs_of(self, slots: Keys, last: Last, again: Keys) -> Iterator[Pair]:
        """The pairs of some vectors with any others, but for those in the slots `again`."""
        asked = np.empty((len(slots), self._width), np.int16)
        with self._lock:
            self._slots.read(int(slots[0]), asked)
            keys = self._slots.keys_of(slots)
        own = (keys >= 0) & ~np.isin(slots, again)
        nearest = Nearest(asked[own], self._limits)
        numbered = keys[own].tolist()
        for block in self._stored(len(last), {}, again):
            for number, key, distance in nearest.compare(*block):
                if numbered[number] < key:
                    yield Pair(numbered[number], key, _rounded(distance))
        yield from self._unsure_pairs(slots[own].tolist(), numbered, nearest, last)

    def _unsure_pairs(
        self, slots: list[int], keys: list[int], nearest: Nearest, last: Last
    ) -> Iterator[Pair]:
        """The pairs that are not sure, but for those that an earlier slot gave.

        `last` has for each earlier slot the last of its nearest, beyond which its pairs are left to others.
        """
        named = {key for held in nearest.unsure for _, key in held}
        with self._lock:
            slot_of = self._slots.slots_of(np.fromiter(named, np.int64))
        for slot, key, held in zip(slots, keys, nearest.unsure, strict=True):
            full = len(held) == self._limits.most
            last[slot] = (held[-1] if held else (-1.0, 0)) if full else (np.inf, 0)
            for distance, other in held:
                place = slot_of.get(other, len(last))
                if place < slot and (distance, key) <= tuple(last[place].tolist()):
                    continue
                if place < len(last):
                    first, second = sorted((key, other))
                    yield Pair(first, second, _rounded(distance), sure=False)

    def _read(self, begin: int, into: Rows) -> None:
        with self._lock:
            self._slots.read(begin, into)

    def _keys_of(self, slots: Keys) -> Keys:
        """The keys of slots in any order; -1 for none."""
        ascending, places = np.unique(slots, return_inverse=True)
        with self._lock:
            return self._slots.keys_of(ascending)[places]

    def _page(self, after: int) -> list[int]:
        with self._lock:
            return self._slots.keys(after, PAGE)


def _pending(waiting: Mapping[int, Rows]) -> Iterator[Block]:
    """The vectors that wait to be written."""
    if waiting:
        keys, rows = np.fromiter(waiting, np.int64), np.stack(list(waiting.values()))
        yield rows, rows.astype(np.float32), keys.__getitem__


def _rounded(distance: float) -> float:
    return math.ceil(distance * STEPS) / STEPS
