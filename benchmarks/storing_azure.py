"""`make bench-azure`: how fast the store `azure` uploads and downloads, beside its library by itself.

Azurite runs on this machine and keeps everything in memory. It and the client share the cores, so only the
shares mean something: Azurite takes most of the time, and a real account is behind a network. Each round
sends files of its own into a container of its own, the store and the library in turns.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from subprocess import PIPE, STDOUT, Popen
from tempfile import TemporaryDirectory

from azure.storage.blob import BlobServiceClient, ContainerClient
from measure import goal, table
from pixcrawler_plugins.stores.azure import AzureOptions, build

from pixcrawler_core.storage.protocols import Store

PROGRAM = Path(__file__).parents[1] / ".cache/azurite/node_modules/.bin/azurite-blob"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The key that every emulator has."""
GOAL = 0.8
"""Share of the library's pace that uploads are to reach."""
CONCURRENCY = 8
VARIABLE = "PIXCRAWLER_BENCH_AZURE"


@dataclass(frozen=True)
class Load:
    """Files that are sent together."""

    name: str
    size: int
    count: int

    def written(self, folder: Path) -> list[Path]:
        """New files of random bytes, which no earlier round has sent."""
        paths = [folder / f"{number:05}.jpg" for number in range(self.count)]
        for path in paths:
            path.write_bytes(os.urandom(self.size))
        return paths


COMPARED = (
    ("up", "raw up", "upload"),
    ("up", "checked up", "upload, beside the library with MD5"),
    ("down", "raw down", "download"),
)
LOADS = (Load("images of 70 kB", 70_000, 500), Load("files of 64 MiB", 64 << 20, 3))


@contextmanager
def azurite() -> Iterator[str]:
    """A connection string of a running Azurite."""
    flags = ("--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence", "--silent")
    with Popen([PROGRAM, *flags, "--blobPort", "0"], stdout=PIPE, stderr=STDOUT, text=True) as process:
        try:
            lines = iter(process.stdout or ())
            address = next(line for line in lines if "successfully listens on" in line).split()[-1]
            yield (
                f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={KEY};"
                f"BlobEndpoint={address}/devstoreaccount1;"
            )
        finally:
            process.kill()


def raw_upload(container: ContainerClient, paths: list[Path], checked: bool = False) -> None:
    """As the library's own examples do it: many files side by side, or a large one in parallel blocks.

    `checked` sends the MD5 of each request too, as the store does.
    """

    def send(path: Path) -> None:
        with path.open("rb") as file:
            container.upload_blob(
                f"{checked}/{path.name}", file, max_concurrency=CONCURRENCY, validate_content=checked
            )

    _each(send, paths)


def raw_download(container: ContainerClient, paths: list[Path]) -> None:
    """Read everything, with its digest, which the store proves as well."""

    def read(path: Path) -> None:
        hashlib.sha256(container.download_blob(f"False/{path.name}", max_concurrency=CONCURRENCY).readall())

    _each(read, paths)


def upload(store: Store, paths: list[Path]) -> None:
    """Put all files."""
    _each(lambda path: store.put(path.name, path), paths)


def download(store: Store, paths: list[Path]) -> None:
    """Read all objects."""

    def read(path: Path) -> None:
        with store.get(path.name) as chunks:
            for _ in chunks:
                pass

    _each(read, paths)


def _each(work: Callable[[Path], object], paths: list[Path]) -> None:
    """Small files side by side, large ones one after the other, each in parallel parts."""
    workers = 1 if paths[0].stat().st_size > 1 << 20 else CONCURRENCY
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(work, paths):
            pass


def measured(login: str, load: Load, number: int) -> dict[str, float]:
    """Seconds of each step of a round; which of both begins changes with the round."""
    service = BlobServiceClient.from_connection_string(login, max_single_put_size=4 << 20)
    options = AzureOptions(
        container=f"store-{number}-{load.count}",
        connection_string_env=VARIABLE,
        create_container=True,
        concurrency=CONCURRENCY,
    )
    seconds: dict[str, float] = {}
    with TemporaryDirectory() as folder, service:
        paths = load.written(Path(folder))
        container = service.create_container(f"raw-{number}-{load.count}")
        store = build(options)
        store.stat("warm")
        steps: dict[str, Callable[[], None]] = {
            "raw up": lambda: raw_upload(container, paths),
            "checked up": lambda: raw_upload(container, paths, checked=True),
            "up": lambda: upload(store, paths),
            "raw down": lambda: raw_download(container, paths),
            "down": lambda: download(store, paths),
        }
        names = list(steps) if number % 2 else ["up", "checked up", "raw up", "down", "raw down"]
        for name in names:
            began = time.perf_counter()
            steps[name]()
            seconds[name] = time.perf_counter() - began
        store.close()
    return seconds


def main() -> None:
    """Read the command line, measure, print the report."""
    parser = argparse.ArgumentParser(description="Measure how fast the store azure is.")
    parser.add_argument("--repeats", type=int, default=5, help="the median of so many rounds (default: 5)")
    repeats = parser.parse_args().repeats
    rows, goals = [], []
    for load in LOADS:
        with azurite() as login:
            os.environ[VARIABLE] = login
            rounds = [measured(login, load, number) for number in range(repeats + 1)][1:]
        for step, peer, told in COMPARED:
            share = median(each[peer] / each[step] for each in rounds)
            pace = (
                load.size * load.count / 1e6 / median(each[name] for each in rounds) for name in (step, peer)
            )
            rows.append((f"{told}, {load.name}", *(f"{each:.0f} MB/s" for each in pace), f"{share:.2f}"))
            if peer == "raw up":
                goals.append(goal(f"{load.name}: {share:.2f} of the library's pace, {GOAL}", share >= GOAL))
    print(table(("", "store", "library alone", "share"), rows))
    print("\n".join(("", *goals)))


if __name__ == "__main__":
    main()
