"""What an index of hashes has on disk: keys with their hashes, and the buckets that find the hashes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.hamming.bits import ALL, Hashes
from pixcrawler_core.hamming.buckets import Buckets
from pixcrawler_core.indexfile import IndexFile

SCHEMA = (
    "CREATE TABLE item (key INTEGER PRIMARY KEY, hash INTEGER NOT NULL)",
    "CREATE INDEX item_hash ON item (hash)",
    "CREATE TABLE bucket (id INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, hashes BLOB NOT NULL)",
)
PAGE = 10_000
"""Rows read at a time."""
PAGE_OF_ITEMS = "SELECT key, hash FROM item WHERE key > ? ORDER BY key LIMIT ?"
KEYS_OF = "SELECT hash, key FROM item WHERE hash IN"
HASHES_OF = "SELECT key, hash FROM item WHERE key IN"
HELD = "SELECT DISTINCT hash FROM item WHERE hash IN"
DISTINCT = "SELECT DISTINCT hash FROM item"
Keys = NDArray[np.int64]


class StoredHashes:
    """Every key has one hash; a hash is in the buckets once, whatever the number of its keys.

    SQLite has no unsigned integers: it holds the hashes as signed ones of the same bits. Each method is one
    transaction. They raise WorkspaceError.
    """

    def __init__(self, file: IndexFile, mirrored: int) -> None:
        self._file = file
        self._buckets = Buckets(file, mirrored)

    def write(self, keys: Keys, hashes: Hashes) -> None:
        """Give each key its hash instead of any other; the last one, if a key is there twice."""
        keys, last = np.unique(keys[::-1], return_index=True)
        values = hashes[::-1][last].view(np.int64)
        with self._changing():
            held = self._held(keys)
            if held:
                pairs = zip(keys.tolist(), values.tolist(), strict=True)
                other = np.fromiter((held.get(key) != value for key, value in pairs), bool, len(keys))
                keys, values = keys[other], values[other]
                held = {key: held[key] for key in keys.tolist() if key in held}
            come = self._unheld(values)
            order = np.argsort(values)
            self._file.change("INSERT OR REPLACE INTO item VALUES (?, ?)", _rows(keys[order], values[order]))
            self._buckets.insert(come)
            self._buckets.erase(self._unheld(_column(held.values())))

    def erase(self, key: int) -> bool:
        """Forget a key; says whether it was there."""
        with self._changing():
            held = self._held(np.array([key]))
            self._file.change("DELETE FROM item WHERE key = ?", [(key,)])
            self._buckets.erase(self._unheld(_column(held.values())))
        return bool(held)

    def near(self, value: int, radius: int) -> dict[int, int]:
        """The keys of all hashes within `radius` bits of one, with their distances."""
        with self._file.reading():
            distances = self._buckets.near(value, radius)
            hashes = np.fromiter(distances, np.uint64, len(distances)).view(np.int64)
            rows = [(own & ALL, key) for own, key in self._file.whole(self._file.rows_of(KEYS_OF, hashes))]
        if {own for own, _ in rows} != distances.keys():
            raise self._file.damaged("a bucket has a hash that no key has")
        return {key: distances[own] for own, key in rows}

    def entries(self, after: int) -> list[tuple[int, int]]:
        """Some keys greater than `after`, in order, with their hashes; none if there are none."""
        with self._file.reading():
            rows = self._file.whole(self._file.query(PAGE_OF_ITEMS, (after, PAGE)))
            return [(key, value & ALL) for key, value in rows]

    def check(self) -> None:
        """Read everything. Raises WorkspaceError if anything contradicts anything else."""
        with self._file.reading():
            for (told,) in self._file.query("PRAGMA integrity_check(1)"):
                if told != "ok":
                    raise self._file.damaged(str(told).splitlines()[0])
            rows = self._file.whole(self._file.query(DISTINCT))
            count, total = 0, 0
            while len(page := _column(value for (value,) in islice(rows, PAGE))):
                count += len(page)
                total += int(page.view(np.uint64).sum(dtype=np.uint64))
            for quarter in self._buckets.sums():
                if quarter != (count, total % 2**64):
                    raise self._file.damaged("buckets lack hashes that keys have, or have others")

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            with self._file.writing():
                yield
        except BaseException:
            self._buckets.forget()
            raise

    def _held(self, keys: Keys) -> dict[int, int]:
        return dict(self._file.whole(self._file.rows_of(HASHES_OF, keys)))

    def _unheld(self, values: Keys) -> Hashes:
        """Those hashes that no key has, each once."""
        values = np.unique(values)
        held = _column(value for (value,) in self._file.whole(self._file.rows_of(HELD, values)))
        return np.setdiff1d(values, held, assume_unique=True).view(np.uint64)


def _column(values: Iterable[Any]) -> Keys:
    return np.fromiter(values, np.int64)


def _rows(keys: Keys, values: Keys) -> Iterator[tuple[int, int]]:
    for begin in range(0, len(keys), PAGE):
        part = slice(begin, begin + PAGE)
        yield from zip(keys[part].tolist(), values[part].tolist(), strict=True)
