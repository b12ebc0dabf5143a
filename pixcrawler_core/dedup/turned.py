"""The hashes of turned and mirrored images on disk, beside an index of the images' own hashes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.hamming.bits import Hashes
from pixcrawler_core.indexfile import IndexFile

ORIENTATIONS = 8
"""A picture as it is, and the seven that it becomes when it is mirrored and turned."""
SCHEMA = ("CREATE TABLE turned (key INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, hashes BLOB NOT NULL)",)
INSERT = "INSERT OR REPLACE INTO turned VALUES (?, ?, ?)"
DELETE = "DELETE FROM turned WHERE key = ?"
SELECT = "SELECT key, checksum, hashes FROM turned WHERE key IN"
EMPTY = "SELECT key FROM turned WHERE key > ? AND length(hashes) = 0 ORDER BY key LIMIT ?"
LITTLE = np.dtype("<u8")


class TurnedHashes:
    """Up to seven hashes a key, 8 bytes each, with a CRC-32 of them, begun with the key. A key may have none.

    One thread at a time may use it. All methods raise WorkspaceError.
    """

    def __init__(self, folder: Path) -> None:
        self._file = IndexFile(folder / "turned.db", SCHEMA)

    def write(self, hashes: Mapping[int, Hashes]) -> None:
        """Give each key its hashes instead of any others; all of them are written, or none."""
        if not hashes:
            return
        with self._file.writing():
            rows = ((key, own.astype(LITTLE).tobytes()) for key, own in hashes.items())
            self._file.change(INSERT, ((key, _checksum(key, data), data) for key, data in rows))

    def erase(self, key: int) -> None:
        """Forget a key; harmless for one that is not there."""
        self._file.change(DELETE, [(key,)])

    def of(self, keys: NDArray[np.int64]) -> dict[int, Hashes]:
        """The hashes of those keys that have any."""
        return {key: self._checked(key, *row) for key, *row in self._file.rows_of(SELECT, keys)}

    def empty(self, after: int, most: int) -> list[int]:
        """Up to `most` keys greater than `after` that were given no hashes, in order."""
        return [key for (key,) in self._file.whole(self._file.query(EMPTY, (after, most)))]

    def close(self) -> None:
        """Let go of the file; harmless when closed already."""
        self._file.close()

    def _checked(self, key: int, checksum: object, data: object) -> Hashes:
        if not isinstance(data, bytes) or checksum != _checksum(key, data):
            raise self._file.damaged(f"the checksum of key {key} is wrong")
        if len(data) % LITTLE.itemsize or len(data) >= ORIENTATIONS * LITTLE.itemsize:
            raise self._file.damaged(f"key {key} has {len(data)} bytes of hashes")
        return np.frombuffer(data, LITTLE)


def _checksum(key: int, data: bytes) -> int:
    return zlib.crc32(data, key & 0xFFFFFFFF)
