"""An index of 64-bit hashes on disk that finds all those within a few bits of a given one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.hamming.bits import ALL, Hashes, checked_hashes, checked_radius
from pixcrawler_core.hamming.mirror import MOST
from pixcrawler_core.hamming.stored import SCHEMA, StoredHashes
from pixcrawler_core.indexfile import BUSY_SECONDS, IndexFile

MEMORY = 64 * 1024 * 1024
LEAST_MEMORY = 4 * 1024 * 1024
PENDING = 128
"""Entries that wait in memory at most; they share the cost of a transaction."""
BYTES_AN_ENTRY = 128
"""What it takes to write one entry of many at a time: arrays in several orders."""
LAST_KEY = (1 << 63) - 1


class HammingIndex:
    """Keys (integers from 0 to 2**63 - 1) and their hashes (0 to 2**64 - 1), in a folder of its own.

    Any number of processes may use the folder at once: they take turns to write, and see what others added
    once that is flushed. Threads may share an index. It holds about `memory` bytes (at least 4 MiB), however
    many entries there are, and up to `mirrored` hashes in memory besides, in which a search is one sweep; the
    operating system caches the file as it sees fit. What `flush` returned for is
    there after the process is killed at any moment; a power cut may cost the last flushes, never more.

    All methods raise WorkspaceError when the folder cannot be used, when the file is found damaged (buckets
    have checksums) and when another process writes for longer than `busy_seconds`, and ValueError for numbers
    out of range.
    """

    def __init__(
        self, folder: Path, memory: int = MEMORY, busy_seconds: float = BUSY_SECONDS, mirrored: int = MOST
    ) -> None:
        if memory < LEAST_MEMORY:
            raise ValueError(f"the index may use {memory} bytes of memory; let it use {LEAST_MEMORY} or more")
        self._at_once = memory // 2 // BYTES_AN_ENTRY
        self._file = IndexFile(folder / "hashes.db", SCHEMA, memory // 2, busy_seconds)
        self._stored = StoredHashes(self._file, mirrored)
        self._lock = RLock()
        self._waiting: dict[int, int] = {}

    def add(self, key: int, value: int) -> None:
        """Add a hash under a key, or give the key this hash instead of its own.

        It is found at once, and written with the next `flush`, or sooner.
        """
        _check_hash(value)
        _check_key(key)
        with self._lock:
            if len(self._waiting) == PENDING:
                self.flush()
            self._waiting[key] = value

    def add_many(self, keys: NDArray[np.int64], hashes: Hashes) -> None:
        """Add hashes under as many keys, as `add` would in this order, and write them before returning.

        Killed on the way, it has written a part of them. A transaction takes as many as `memory` allows: give
        it much for millions.
        """
        if keys.dtype != np.int64 or keys.shape != checked_hashes(hashes).shape:
            shape = f"{keys.dtype}{list(keys.shape)}"
            raise ValueError(f"the keys are {shape}; give int64[{len(hashes)}], one for each hash")
        _check_key(int(keys.min(initial=0)))
        with self._lock:
            self.flush()
            for begin in range(0, len(keys), self._at_once):
                end = begin + self._at_once
                self._stored.write(keys[begin:end], hashes[begin:end])

    def flush(self) -> None:
        """Write what was added; the end of the process cannot undo it after this has returned."""
        with self._lock:
            if self._waiting:
                count = len(self._waiting)
                keys = np.fromiter(self._waiting, np.int64, count)
                self._stored.write(keys, np.fromiter(self._waiting.values(), np.uint64, count))
                self._waiting.clear()

    def remove(self, key: int) -> bool:
        """Forget a key, on disk too before returning; says whether it was there."""
        _check_key(key)
        with self._lock:
            self.flush()
            return self._stored.erase(key)

    def nearest(self, value: int, radius: int) -> list[tuple[int, int]]:
        """Keys whose hashes differ from `value` in at most `radius` bits, and in how many, the nearest first.

        All of them, however many; equally near ones are in the order of their keys. The time grows with the
        radius (0 to 64): to 7 bits 68 buckets are read, to 11 bits 548, to 15 bits 2,788, to 64 all.
        """
        _check_hash(value)
        with self._lock:
            found = self._stored.near(value, checked_radius(radius))
            for key, own in self._waiting.items():
                found.pop(key, None)
                if (distance := (own ^ value).bit_count()) <= radius:
                    found[key] = distance
        return sorted(found.items(), key=lambda entry: (entry[1], entry[0]))

    def entries(self) -> Iterator[tuple[int, int]]:
        """Keys and hashes, in the order of the keys, after a `flush`; the index may be changed meanwhile."""
        self.flush()
        after = -1
        while page := self._page(after):
            yield from page
            after = page[-1][0]

    def check(self) -> None:
        """Flush, read everything, and raise WorkspaceError if the file is damaged anywhere.

        Searching finds damage in the buckets that it reads, but takes a bucket that is gone for an empty one.
        This takes half a minute for 10 million entries.
        """
        with self._lock:
            self.flush()
            self._stored.check()

    def close(self) -> None:
        """Flush, and let go of the file; harmless when closed already."""
        with self._lock:
            try:
                self.flush()
            finally:
                self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _page(self, after: int) -> list[tuple[int, int]]:
        with self._lock:
            return self._stored.entries(after)


def _check_key(key: int) -> None:
    if not 0 <= key <= LAST_KEY:
        raise ValueError(f"the key is {key}; it must be from 0 to {LAST_KEY}")


def _check_hash(value: int) -> None:
    if not 0 <= value <= ALL:
        raise ValueError(f"the hash is {value}; it must be from 0 to {ALL}")
