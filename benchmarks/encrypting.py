"""`make bench-encryption`: what encryption costs, beside the same store without it, in the same round.

Objects are put into a store one after the other, and read again. Their bytes are random: neither encryption
nor digests care. The store behind a line is one in memory that waits as long as its bytes would take on a
line of so many bits in a second; what a real one adds for each request is left out, in favour of no
encryption. Blobs are put into the folder of a workspace, with keys in a file, and read as a picture is that
is to be decoded.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import NamedTuple

from measure import goal, table
from pictures import CACHE

from pixcrawler_core.blobs.cipher import BlobCipher
from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.components import Storage
from pixcrawler_core.registry import load
from pixcrawler_core.storage.bodies import Body, Opened, size_of
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.encryption.keys import new_ring
from pixcrawler_core.storage.encryption.store import EncryptedStore
from pixcrawler_core.storage.protocols import Stat, StorageTier, Store
from pixcrawler_core.testing.stores import MemoryStore

LOADS = {"images": (200_000, 250), "archive": (100_000_000, 1)}
"""Bytes of an object, and how many there are."""
BLOBS = (100_000, 2_000)
"""Bytes of a blob, and how many there are."""
MOST = 1.25
"""Goal: with encryption it takes at most so much of the time without."""
LINE_BITS = 1e9
"""Of the line, in a second."""


class Round(NamedTuple):
    """Seconds of all objects, by the clock and of the processor."""

    put: float
    get: float
    put_cpu: float
    get_cpu: float


class LineStore(MemoryStore):
    """A store in memory, behind a line."""

    def put(
        self,
        key: str,
        body: Body,
        *,
        sha256: str | None = None,
        tier: StorageTier = StorageTier.HOT,
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> Stat:
        """Keep what is given after the time that sending them takes."""
        time.sleep(size_of(body) * 8 / LINE_BITS)
        return super().put(key, body, sha256=sha256, tier=tier, metadata=metadata)

    @contextmanager
    def get(self, key: str, begin: int = 0, length: int | None = None) -> Iterator[Opened]:
        """The bytes, each piece after the time that it takes."""
        with super().get(key, begin, length) as chunks:
            yield Opened(map(_late, chunks), chunks.metadata)


def _late(chunk: bytes) -> bytes:
    time.sleep(len(chunk) * 8 / LINE_BITS)
    return chunk


def kinds(folder: Path) -> dict[str, Callable[[], Store]]:
    """How a new store of each kind is made."""
    numbers = iter(range(1_000_000))
    registry = load(installed=False)

    def opened(durable: bool) -> Store:
        """A store in a folder of its own."""
        options = {"path": str(folder / f"store-{next(numbers)}"), "durable": durable}
        store: Store = registry.build(Storage, "filesystem", options)
        return store

    return {
        "memory": MemoryStore,
        "folder": lambda: opened(False),
        "folder, durable": lambda: opened(True),
        "line of 1 Gbit/s": LineStore,
    }


def timed(store: Store, paths: list[Path]) -> Round:
    """Put all files, read all objects."""
    clock, cpu = time.perf_counter(), time.process_time()
    for number, path in enumerate(paths):
        store.put(f"set/{number}", path)
    put, put_cpu = time.perf_counter() - clock, time.process_time() - cpu
    clock, cpu = time.perf_counter(), time.process_time()
    for number, path in enumerate(paths):
        with store.get(f"set/{number}") as chunks:
            if sum(map(len, chunks)) != path.stat().st_size:
                raise SystemExit("an object came back with another size")
    get, get_cpu = time.perf_counter() - clock, time.process_time() - cpu
    store.close()
    return Round(put, get, put_cpu, get_cpu)


def timed_blobs(store: BlobStore, size: int, count: int) -> Round:
    """Put blobs of random bytes, read all of them."""
    bodies = [os.urandom(size) for _ in range(count)]
    clock, cpu = time.perf_counter(), time.process_time()
    blobs = [store.put([body]) for body in bodies]
    put, put_cpu = time.perf_counter() - clock, time.process_time() - cpu
    clock, cpu = time.perf_counter(), time.process_time()
    for blob in blobs:
        if len(store.file(blob.sha256).read_bytes()) != size:
            raise SystemExit("a blob came back with another size")
    get, get_cpu = time.perf_counter() - clock, time.process_time() - cpu
    shutil.rmtree(store.root)
    return Round(put, get, put_cpu, get_cpu)


def compared_blobs(folder: Path, repeats: int) -> list[tuple[Round, Round]]:
    """Rounds without and with encryption, in turns."""
    cipher = BlobCipher(KeyFile.create(folder / "keys.json"))
    return [
        (
            timed_blobs(BlobStore(folder / "blobs"), *BLOBS),
            timed_blobs(BlobStore(folder / "blobs", cipher), *BLOBS),
        )
        for _ in range(repeats)
    ]


def compared(
    make: Callable[[], Store], paths: list[Path], repeats: int, scratch: Path
) -> list[tuple[Round, Round]]:
    """Rounds without and with encryption, in turns."""
    ring = new_ring()
    return [
        (timed(make(), paths), timed(EncryptedStore(make(), ring, temporary=scratch), paths))
        for _ in range(repeats)
    ]


def files(folder: Path, size: int, count: int) -> list[Path]:
    """Files of random bytes."""
    paths = [folder / f"{size}-{number}" for number in range(count)]
    for path in paths:
        path.write_bytes(os.urandom(size))
    return paths


def main() -> None:
    """Read the command line, measure, print the report."""
    parser = argparse.ArgumentParser(description="Measure what encryption costs.")
    parser.add_argument("--repeats", type=int, default=5, help="the median of so many rounds (default: 5)")
    options = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    rows: list[list[str]] = []
    goals: list[str] = []
    with TemporaryDirectory(dir=CACHE, prefix="encrypting-") as scratch:
        for load_name, (size, count) in LOADS.items():
            paths = files(Path(scratch), size, count)
            for kind, make in kinds(Path(scratch)).items():
                rounds = compared(make, paths, options.repeats, Path(scratch))
                rows += report(f"{load_name}, {kind}", rounds, size * count)
                goals += judged(f"{load_name}, {kind}", rounds)
        rounds = compared_blobs(Path(scratch), options.repeats)
        rows += report("blobs, workspace", rounds, BLOBS[0] * BLOBS[1])
        goals += judged("blobs, workspace", rounds)
    sizes = "; ".join(
        f"{name}: {count} of {size / 1e6:g} MB" for name, (size, count) in {**LOADS, "blobs": BLOBS}.items()
    )
    print(f"{sizes}; {os.cpu_count()} cores, Python {platform.python_version()}\n")
    head = ["objects, store", "MB/s", "encrypted, MB/s", "time, plain = 1", "CPU, plain = 1"]
    print(table(head, rows), end="\n\n")
    print("\n".join(goals))


def report(what: str, rounds: list[tuple[Round, Round]], size: int) -> list[list[str]]:
    """A row for putting and one for reading."""
    return [
        [
            f"{name} {what}",
            f"{size / median(plain[at] for plain, _ in rounds) / 1e6:.0f}",
            f"{size / median(sealed[at] for _, sealed in rounds) / 1e6:.0f}",
            f"{ratio(rounds, at):.2f}",
            f"{ratio(rounds, at + 2):.2f}",
        ]
        for at, name in enumerate(("put", "get"))
    ]


def judged(what: str, rounds: list[tuple[Round, Round]]) -> list[str]:
    """Lines that say whether the goal is met."""
    return [
        goal(f"{name} {what}: {ratio(rounds, at):.2f} of the time, at most {MOST}", ratio(rounds, at) <= MOST)
        for at, name in enumerate(("put", "get"))
    ]


def ratio(rounds: list[tuple[Round, Round]], at: int) -> float:
    """The median over rounds of one figure with encryption by that without."""
    return median(sealed[at] / plain[at] for plain, sealed in rounds)


if __name__ == "__main__":
    main()
