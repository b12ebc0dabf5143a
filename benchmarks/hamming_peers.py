"""Searches of others over the same hashes, each in its own environment; prints one JSON document.

`hamming_peers.py faiss FILE QUERIES`, `hamming_peers.py imagededup FILE METHOD REPEATS`
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np

RADIUS = 7
CUTS = {"4 x 16 bits, 1 flipped": (4, 16, 1), "3 x 21 bits, 2 flipped": (3, 21, 2)}
"""Tables, bits of each, and bits that may differ in each: both find all within 7 bits."""


def faiss(file: str, queries: str) -> dict[str, Any]:
    """Seconds of CPU for a query of IndexBinaryMultiHash, on one thread, and how many others it finds."""
    import faiss as library  # type: ignore[import-not-found]

    library.omp_set_num_threads(1)
    hashes = np.load(file)
    rows = hashes.view(np.uint8).reshape(-1, 8)
    told = {}
    for name, (tables, bits, flipped) in CUTS.items():
        index = library.IndexBinaryMultiHash(64, tables, bits)
        index.nflip = flipped
        begin = time.process_time()
        index.add(rows)
        filled = time.process_time()
        limits, _, _ = index.range_search(rows[: int(queries)], RADIUS + 1)  # which is exclusive
        ended = time.process_time()
        found = int(limits[-1]) - int(queries)
        told[name] = {"fill": filled - begin, "query": (ended - filled) / int(queries), "found": found}
    return told


def imagededup_phash() -> Any:
    """Its method PHash."""
    for name, part in (("utils.models", "CustomModel"), ("methods.cnn", "CNN")):
        stand_in = ModuleType(f"imagededup.{name}")  # the real ones import torchvision
        setattr(stand_in, part, object)
        sys.modules[stand_in.__name__] = stand_in
    from imagededup.methods import PHash  # type: ignore[import-not-found]

    logging.disable()
    return PHash(verbose=False)


def imagededup(file: str, method: str, repeats: str) -> dict[str, Any]:
    """Seconds of CPU for one of its searches, its worker included, the best of some; and the pairs."""
    phash = imagededup_phash()
    hashes = {f"{number}.jpg": f"{value:016x}" for number, value in enumerate(np.load(file).tolist())}
    found: dict[str, list[str]] = {}
    times = [sum(os.times()[:4])]
    for _ in range(int(repeats)):
        found = phash.find_duplicates(
            encoding_map=hashes, max_distance_threshold=RADIUS, search_method=method, num_dist_workers=1
        )
        times.append(sum(os.times()[:4]))
    best = min(end - begin for begin, end in pairwise(times))
    return {"cpu": best, "pairs": sum(map(len, found.values())) // 2}


if __name__ == "__main__":
    told = faiss(*sys.argv[2:]) if sys.argv[1] == "faiss" else imagededup(*sys.argv[2:])
    print(json.dumps(told))
