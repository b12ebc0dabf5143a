"""A process that adds to an index until it is killed: `python adding.py FOLDER FIRST_KEY HOW`.

It prints the number of keys that are safe, whenever `flush` or `add_many` has returned.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

import numpy as np

from pixcrawler_core.hamming.index import HammingIndex

MANY = 3000
FLUSH_EVERY = 7


def hash_of(key: int) -> int:
    """A hash that can be told from its key; every third is that of the key before."""
    return (key - (key % 3 == 0)) * 0x9E3779B97F4A7C15 % 2**64


def main() -> None:
    """Add keys from the first one on."""
    folder, first, how = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    index = HammingIndex(folder)
    print(first, flush=True)  # noqa: T201
    if how == "many":
        for begin in count(first, MANY):
            keys = np.arange(begin, begin + MANY)
            index.add_many(keys, np.array([hash_of(key) for key in keys.tolist()], np.uint64))
            print(begin + MANY, flush=True)  # noqa: T201
    for key in count(first):
        index.add(key, hash_of(key))
        if key % FLUSH_EVERY == 0:
            index.flush()
            print(key + 1, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
