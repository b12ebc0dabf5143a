"""The buckets of an index of hashes: which hashes have which 16 bits, four times over."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from operator import add

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.hamming.bits import Hashes, bit_order, masks_within, radii
from pixcrawler_core.hamming.mirror import Mirror
from pixcrawler_core.indexfile import AT_ONCE, IndexFile

QUARTERS, WIDTH = 4, 16
"""Four chunks of 16 bits: for a radius of 7, 68 of the 262,144 buckets are read, with 0.1 % of the hashes."""
EVERY = "SELECT id, checksum, hashes FROM bucket"
FIRST = f"{EVERY} WHERE id < {1 << WIDTH}"
SELECT = "SELECT id, checksum, hashes FROM bucket WHERE id IN"
UPDATE = "INSERT OR REPLACE INTO bucket VALUES (?, ?, ?)"
LITTLE = np.dtype("<u8")


class Buckets:
    """Four rows of a table for each hash, one for each of its quarters, in spread order of its bits.

    A row has the distinct hashes of its bucket, 8 bytes each, and a CRC-32 of them, begun with its id.
    """

    def __init__(self, file: IndexFile, mirrored: int) -> None:
        self._file = file
        self._mirror = Mirror(file.version, self._first_quarter, mirrored)

    def near(self, value: int, radius: int) -> dict[int, int]:
        """The distinct hashes within `radius` bits of a hash, with their distances."""
        mirrored = self._mirror.near(value, radius)
        if mirrored is not None:
            hashes, distance = mirrored
            return dict(zip(hashes.tolist(), distance.tolist(), strict=True))
        wanted = np.array([value], np.uint64)
        allowed = zip(_ids(wanted)[0], radii(radius, QUARTERS), strict=True)
        ids = np.concatenate([own ^ masks_within(WIDTH, bits) for own, bits in allowed if bits >= 0])
        found: dict[int, int] = {}
        for begin in range(0, len(ids), AT_ONCE):
            rows = self._rows(ids[begin : begin + AT_ONCE])
            hashes = np.frombuffer(b"".join(hashes for _, hashes in rows), LITTLE)
            distance = np.bitwise_count(hashes ^ wanted)
            hits = np.flatnonzero(distance <= radius)
            found.update(zip(hashes[hits].tolist(), distance[hits].tolist(), strict=True))
        return found

    def insert(self, hashes: Hashes) -> None:
        """Add distinct hashes that are not there yet."""
        self._rewrite(hashes, add)
        self._mirror.add(hashes)

    def erase(self, hashes: Hashes) -> None:
        """Take out distinct hashes that are there."""
        self._rewrite(hashes, self._without)
        self._mirror.drop(hashes)

    def forget(self) -> None:
        """Changes that were made were undone."""
        self._mirror.forget()

    def sums(self) -> list[tuple[int, int]]:
        """For each quarter, how many hashes it has and their sum, modulo 2**64. Reads every bucket."""
        counts, totals = [0] * QUARTERS, [0] * QUARTERS
        for identity, data in self._verified(self._file.query(EVERY)):
            quarter, hashes = identity >> WIDTH, np.frombuffer(data, LITTLE)
            if not 0 <= quarter < QUARTERS or (_ids(hashes)[:, quarter] != identity).any():
                raise self._file.damaged(f"bucket {identity} has hashes of another one")
            counts[quarter] += len(hashes)
            totals[quarter] += int(hashes.sum(dtype=np.uint64))
        return [(count, total % 2**64) for count, total in zip(counts, totals, strict=True)]

    def _first_quarter(self) -> Iterator[Hashes]:
        """All hashes, by their buckets in the first quarter."""
        for _, hashes in self._verified(self._file.query(FIRST)):
            yield np.frombuffer(hashes, LITTLE).astype(np.uint64, copy=False)

    def _rows(self, ids: NDArray[np.int64]) -> Iterator[tuple[int, bytes]]:
        return self._verified(self._file.rows_of(SELECT, ids))

    def _verified(self, rows: Iterator[tuple[int, int, object]]) -> Iterator[tuple[int, bytes]]:
        for identity, checksum, hashes in rows:
            if not isinstance(hashes, bytes):
                raise self._file.damaged(f"bucket {identity} has something else than hashes")
            if zlib.crc32(hashes, identity) != checksum:
                raise self._file.damaged(f"the checksum of bucket {identity} is wrong")
            yield identity, hashes

    def _rewrite(self, hashes: Hashes, combine: Callable[[bytes, bytes], bytes]) -> None:
        for ids in _ids(hashes).T:
            order = np.argsort(ids, kind="stable")
            data = hashes.take(order).astype(LITTLE, copy=False).tobytes()
            touched, starts = np.unique(ids.take(order), return_index=True)
            ends = 8 * np.append(starts, len(order))
            for begin in range(0, len(touched), AT_ONCE):
                part = touched[begin : begin + AT_ONCE]
                held = dict(self._rows(part))
                bounds = ends[begin : begin + len(part) + 1].tolist()
                spans = zip(part.tolist(), bounds, bounds[1:], strict=False)
                rows = ((own, combine(held.get(own, b""), data[start:end])) for own, start, end in spans)
                self._file.change(UPDATE, ((own, zlib.crc32(new, own), new) for own, new in rows))

    def _without(self, held: bytes, gone: bytes) -> bytes:
        hashes = np.frombuffer(held, LITTLE)
        kept = hashes[~np.isin(hashes, np.frombuffer(gone, LITTLE))]
        if len(held) - kept.nbytes != len(gone):
            raise self._file.damaged("a hash is not in its bucket")
        return kept.tobytes()


def _ids(hashes: Hashes) -> NDArray[np.int64]:
    """The four buckets of each hash: the number of the quarter above its bits."""
    spread = bit_order()(hashes)[:, None] >> np.arange(0, QUARTERS * WIDTH, WIDTH, dtype=np.uint64)
    return (spread & np.uint64((1 << WIDTH) - 1)).view(np.int64) + (np.arange(QUARTERS) << WIDTH)
