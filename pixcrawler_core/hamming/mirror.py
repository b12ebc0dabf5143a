"""A copy in memory of all hashes of a small index, in which a search is one sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from pixcrawler_core.hamming.bits import Hashes

MOST = 1 << 17
"""Hashes above which buckets on disk are searched sooner than all in memory; they take a megabyte."""
ROOM = 1024


class Mirror:
    """The distinct hashes of an index, as long as they are at most `most`.

    It knows what state of the file it shows: `version` is asked for each search, and `load` for all hashes
    when it tells another number than before, which it does when another process has changed the file.
    """

    def __init__(
        self, version: Callable[[], int], load: Callable[[], Iterable[Hashes]], most: int = MOST
    ) -> None:
        self._most = most
        self._version = version
        self._load = load
        self._shown: int | None = None
        self._large = False
        self._hashes = np.empty(0, np.uint64)
        self._count = 0

    def near(self, value: int, radius: int) -> tuple[Hashes, Hashes] | None:
        """The hashes within `radius` bits of one, and their distances; None if the index is too large."""
        if self._large:
            return None
        version = self._version()
        if version != self._shown:
            self._refill()
            self._shown = version
        if self._large:
            return None
        hashes = self._hashes[: self._count]
        distance = np.bitwise_count(hashes ^ np.uint64(value))
        hits = np.flatnonzero(distance <= radius)
        return hashes[hits], distance[hits]

    def add(self, hashes: Hashes) -> None:
        """Show distinct hashes that were written and were not there before."""
        if self._shown is None or self._large:
            return
        end = self._count + len(hashes)
        self._large = end > self._most
        if self._large:
            self._hashes = np.empty(0, np.uint64)
            return
        if end > len(self._hashes):
            self._hashes = np.concatenate([self._hashes[: self._count], np.empty(end + ROOM, np.uint64)])
        self._hashes[self._count : end] = hashes
        self._count = end

    def drop(self, hashes: Hashes) -> None:
        """Show hashes no more."""
        if self._shown is None or self._large or not len(hashes):
            return
        held = self._hashes[: self._count]
        kept = held[~np.isin(held, hashes)]
        self._hashes, self._count = kept, len(kept)

    def forget(self) -> None:
        """Load all hashes at the next search: what was shown may not have been written."""
        self._shown = None

    def _refill(self) -> None:
        self._hashes, self._count, self._shown = np.empty(0, np.uint64), 0, 0
        for hashes in self._load():
            self.add(hashes)
            if self._large:
                return
