"""A process that fills an index of vectors until it is killed: `python filling.py FOLDER FIRST_KEY`.

It prints the number of keys that are safe, whenever `flush` has returned.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pixcrawler_core.dedup.nearest import Limits
from pixcrawler_core.dedup.vectors import MEMORY, VectorIndex

WIDTH = 1280
FLUSH_EVERY = 7
LIMITS = Limits(sure=0.9, maybe=0.5, most=10)


def vector_of(fingerprint: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    """The vector that a fingerprint of the tests holds."""
    return np.asarray(fingerprint["vector"], np.float64)


def opened(folder: Path, limits: Limits = LIMITS, width: int = WIDTH, memory: int = MEMORY) -> VectorIndex:
    """An index of vectors as the tests write them down."""
    return VectorIndex(folder, width, vector_of, limits, memory)


def vector(key: int) -> dict[str, Any]:
    """A fingerprint that can be told from its key, far from those of all others."""
    return {"vector": np.random.default_rng(key).normal(size=WIDTH)}


def main() -> None:
    """Add keys from the first one on."""
    folder, first = Path(sys.argv[1]), int(sys.argv[2])
    index = opened(folder)
    print(first, flush=True)  # noqa: T201
    for key in count(first):
        index.add(key, vector(key))
        if key % FLUSH_EVERY == 0:
            index.flush()
            print(key + 1, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
