"""A process that fills an index of hashes until it is killed: `python hashing.py FOLDER FIRST_KEY`.

It prints the number of keys that are safe, whenever `flush` has returned.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any

from pixcrawler_core.dedup.hashes import HashIndex

RADIUS = 8
FLUSH_EVERY = 7
LATER = 5


def hashes_of(fingerprint: Mapping[str, Any]) -> Sequence[int]:
    """The hashes that a fingerprint of the tests holds."""
    hashes: Sequence[int] = fingerprint["hashes"]
    return hashes


def opened(folder: Path, radius: int = RADIUS) -> HashIndex:
    """An index of hashes as the tests write them down."""
    return HashIndex(folder, hashes_of, radius)


def hashes(key: int) -> list[int]:
    """Eight hashes, far from all others; but the fourth of every third key is near the last key's own."""
    digest = blake2b(str(key).encode()).digest()
    told = [int.from_bytes(digest[begin : begin + 8]) for begin in range(0, 64, 8)]
    if key % 3 == 0:
        told[3] = hashes(key - 1)[0] ^ 1
    return told


def gone(key: int) -> bool:
    """Whether a key is removed when another one comes `LATER`."""
    return key % 9 == 3


def main() -> None:
    """Add keys from the first one on, and remove some of them soon after."""
    folder, first = Path(sys.argv[1]), int(sys.argv[2])
    index = opened(folder)
    print(first, flush=True)  # noqa: T201
    for key in count(first):
        index.add(key, {"hashes": hashes(key)})
        if gone(key - LATER):
            index.remove(key - LATER)
        if key % FLUSH_EVERY == 0:
            index.flush()
            print(key + 1, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
