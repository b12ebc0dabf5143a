"""An index on disk of digests, for images that are the same in every bit of something."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import RLock
from typing import Any

from pixcrawler_core.indexfile import IndexFile
from pixcrawler_core.records import Match, Pair

SCHEMA = (
    "CREATE TABLE item (key INTEGER PRIMARY KEY, digest BLOB NOT NULL)",
    "CREATE INDEX item_digest ON item (digest, key)",
)
PENDING = 1000
"""Digests that wait in memory at most; they share the cost of a transaction."""
PAGE = 10_000
"""Rows read at a time."""
FIND = "SELECT key FROM item WHERE digest = ? ORDER BY key"
DIGEST = "SELECT digest FROM item WHERE key = ?"
ITEMS = "SELECT key, digest FROM item WHERE key > ? ORDER BY key LIMIT ?"
PAIRS = (
    "SELECT a.key, b.key FROM item AS a JOIN item AS b ON a.digest = b.digest AND a.key < b.key "
    "WHERE a.key = (SELECT MIN(key) FROM item WHERE digest = a.digest)"
)


class ExactIndex:
    """Keys by digest, in a folder; `digest_of` takes the digest out of a fingerprint, in hex digits.

    Of many images with one digest, `pairs` gives the first with each of the others.
    """

    def __init__(self, folder: Path, digest_of: Callable[[Mapping[str, Any]], str]) -> None:
        self._digest_of = digest_of
        self._file = IndexFile(folder / "digests.db", SCHEMA)
        self._lock = RLock()
        self._waiting: dict[int, bytes] = {}
        self._waiting_keys: dict[bytes, set[int]] = {}

    def add(self, key: int, fingerprint: Mapping[str, Any], /) -> None:
        """Remember a digest."""
        digest = bytes.fromhex(self._digest_of(fingerprint))
        with self._lock:
            if len(self._waiting) >= PENDING or key in self._waiting:
                self.flush()
            self._waiting[key] = digest
            self._waiting_keys.setdefault(digest, set()).add(key)

    def remove(self, key: int, /) -> None:
        """Forget a key."""
        with self._lock:
            self.flush()
            self._file.change("DELETE FROM item WHERE key = ?", [(key,)])

    def find(self, fingerprint: Mapping[str, Any], /) -> list[Match]:
        """The images with this digest, in the order of their keys."""
        digest = bytes.fromhex(self._digest_of(fingerprint))
        with self._lock:
            written = {key for (key,) in self._file.query(FIND, (digest,)) if key not in self._waiting}
            return [Match(key, 0.0) for key in sorted(written | self._waiting_keys.get(digest, set()))]

    def digest(self, key: int, /) -> str | None:
        """The digest under a key, in hex digits; None for a key that is not there."""
        with self._lock:
            found = self._waiting.get(key) or next(iter(self._file.query(DIGEST, (key,))), (None,))[0]
        return found.hex() if found else None

    def pairs(self) -> Iterator[Pair]:
        """The first image of each digest with each other one."""
        self.flush()
        for first, second in self._file.query(PAIRS):
            yield Pair(first, second, 0.0, equal=True)

    def keys(self) -> Iterator[int]:
        """All keys in ascending order."""
        return (key for key, _ in self.digests())

    def digests(self) -> Iterator[tuple[int, str]]:
        """All keys in ascending order, with their digests in hex digits; it may be changed meanwhile."""
        self.flush()
        after = -1
        while page := self._page(after):
            yield from page
            after = page[-1][0]

    def flush(self) -> None:
        """Write what was added."""
        with self._lock:
            if not self._waiting:
                return
            with self._file.writing():
                self._file.change("INSERT OR REPLACE INTO item VALUES (?, ?)", self._waiting.items())
            self._waiting.clear()
            self._waiting_keys.clear()

    def close(self) -> None:
        """Flush and close; harmless when closed already."""
        with self._lock:
            self.flush()
            self._file.close()

    def _page(self, after: int) -> list[tuple[int, str]]:
        with self._lock:
            rows = list(self._file.query(ITEMS, (after, PAGE)))
        if not all(isinstance(digest, bytes) for _, digest in rows):
            raise self._file.damaged("it has something else in the place of digests")
        return [(key, digest.hex()) for key, digest in rows]
