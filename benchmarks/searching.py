"""What `hamming.py` measures of PixCrawler, in a process of its own; prints one JSON document.

`searching.py make COUNT SEED FILE`, `searching.py pairs FILE REPEATS`, `searching.py proof FILE QUERIES`,
`searching.py fill FILE FOLDER MEGABYTES`, `searching.py index FOLDER COUNT MEGABYTES`,
`searching.py turned FILE FOLDER`

Like the commands of PixCrawler that search, it keeps memory that was freed. Else it depends on how glibc has
laid out the heap (and so on the environment and the number of cores) whether the end of it is given back, and
every search of 3,000 hashes begins with 530 page faults: one took 1.5 ms or 2.7 ms.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.dedup.hashes import HashIndex
from pixcrawler_core.dedup.turned import ORIENTATIONS, TurnedHashes
from pixcrawler_core.hamming.index import HammingIndex
from pixcrawler_core.hamming.pairs import pairs_within
from pixcrawler_core.machine import keep_freed_memory

Result = TypeVar("Result")
RADIUS = 7
RADIUS_OF_IMAGES = 8
"""Of the method `phash`, by default."""
PLANTED = 0.05
"""Share of the hashes that are near-duplicates of others: 1 to 7 bits of them are flipped."""
MILLION = 1024 * 1024


def make(count: str, seed: str, file: str) -> None:
    """Hashes of even bits, some of them planted beside others, in random order."""
    random = np.random.default_rng(int(seed))
    hashes = random.integers(0, 2**64, int(count), dtype=np.uint64)
    planted = int(PLANTED * len(hashes))
    order = random.random((planted, 64)).argsort(axis=1)[:, :RADIUS]
    flipped = np.arange(RADIUS) < random.integers(1, RADIUS + 1, (planted, 1))
    bits = np.where(flipped, np.uint64(1) << order.astype(np.uint64), np.uint64(0))
    hashes[:planted] = hashes[-planted:] ^ np.bitwise_or.reduce(bits, axis=1)
    np.save(file, random.permutation(hashes))


def pairs(file: str, repeats: str) -> dict[str, Any]:
    """Seconds of CPU to find all pairs: the first time, and the best of some more."""
    hashes = np.load(file)
    first, found = timed(lambda: pairs_within(hashes, RADIUS))
    best = min(timed(lambda: pairs_within(hashes, RADIUS))[0] for _ in range(int(repeats)))
    return {"first": first, "cpu": best, "pairs": len(found.first)}


def proof(file: str, queries: str) -> dict[str, Any]:
    """How many neighbours comparing with all finds for some hashes, and how many the pairs have for them."""
    hashes, asked = np.load(file), int(queries)
    pairs = pairs_within(hashes, RADIUS)
    both = [*zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)]
    told = {(own, other) for pair in both for own, other in (pair, pair[::-1]) if own < asked}
    seconds, expected = timed(lambda: neighbours(hashes, asked))
    right = len(expected & told) if told <= expected else -1
    return {"expected": len(expected), "found": right, "brute_force": seconds / asked}


def neighbours(hashes: NDArray[np.uint64], queries: int) -> set[tuple[int, int]]:
    """The first hashes with the others that are near each, by comparing them all."""
    near = ((own, np.bitwise_count(hashes ^ hashes[own]) <= RADIUS) for own in range(queries))
    return {(own, other) for own, which in near for other in np.flatnonzero(which).tolist() if other != own}


def fill(file: str, folder: str, megabytes: str) -> dict[str, Any]:
    """Seconds of CPU to put all hashes into an index."""
    hashes = np.load(file)
    with HammingIndex(Path(folder), int(megabytes) * MILLION) as index:
        cpu, _ = timed(lambda: index.add_many(np.arange(len(hashes)), hashes))
    return {"cpu": cpu, "bytes": (Path(folder) / "hashes.db").stat().st_size}


def index(folder: str, count: str, megabytes: str) -> dict[str, Any]:
    """Milliseconds to look for a new hash and add it, one after the other, flushes included."""
    hashes = np.random.default_rng(99).integers(0, 2**64, 10_000, dtype=np.uint64).tolist()
    took = []
    with HammingIndex(Path(folder), int(megabytes) * MILLION) as opened:
        asked = [opened.nearest(hashes[0], RADIUS) for _ in range(100)]  # the first pages are read
        started, cpu = time.perf_counter(), time.process_time()
        for key, value in enumerate(hashes, int(count)):
            begin = time.perf_counter()
            asked.append(opened.nearest(value, RADIUS))
            opened.add(key, value)
            took.append(time.perf_counter() - begin)
        opened.flush()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - started
    took.sort()
    return {
        "cpu": 1000 * cpu / len(hashes),
        "wall": 1000 * wall / len(hashes),
        "median": 1000 * took[len(took) // 2],
        "99 %": 1000 * took[len(took) * 99 // 100],
        "most": 1000 * took[-1],
    }


def turned(file: str, folder: str) -> dict[str, Any]:
    """Seconds of CPU to find all pairs of images with eight hashes each, an eighth of those in the file."""
    rows = np.load(file).reshape(-1, ORIENTATIONS)
    hashes = TurnedHashes(Path(folder))
    for begin in range(0, len(rows), 10_000):
        hashes.write(dict(enumerate(rows[begin : begin + 10_000, 1:], begin)))
    hashes.close()
    with HammingIndex(Path(folder)) as own:
        own.add_many(np.arange(len(rows)), rows[:, 0].copy())
    images = len(rows)
    del rows
    with closing(
        HashIndex(Path(folder), lambda fingerprint: fingerprint["hashes"], RADIUS_OF_IMAGES)
    ) as index:
        cpu, found = timed(lambda: sum(1 for _ in index.pairs()))
    return {"images": images, "cpu": cpu, "pairs": found}


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds of CPU of this process, and the result."""
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result


if __name__ == "__main__":
    commands: dict[str, Callable[..., Any]] = {
        each.__name__: each for each in (make, pairs, proof, fill, index, turned)
    }
    keep_freed_memory()
    print(json.dumps(commands[sys.argv[1]](*sys.argv[2:])))
