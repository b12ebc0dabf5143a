"""What the contract tests of stores share."""

from __future__ import annotations

import random
from pathlib import Path

from pixcrawler_core.storage.protocols import Store


def filed(folder: Path, size: int, seed: int = 0) -> Path:
    """A file of so many bytes, always the same for the same size and seed, as random as a JPEG's."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"source-{size}-{seed}"
    path.write_bytes(random.Random(f"{size} {seed}").randbytes(size))
    return path


def read(store: Store, key: str, begin: int = 0, length: int | None = None) -> bytes:
    """The bytes of an object."""
    with store.get(key, begin, length) as chunks:
        return b"".join(chunks)
