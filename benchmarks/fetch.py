"""`make bench-fetch`: the same list fetched by PixCrawler and by img2dataset, on the same core, in turns.

Prints Markdown tables: the clients, the physical floor, and where PixCrawler's time goes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clients import (
    PEER_MODES,
    Fetch,
    fetch_with_img2dataset,
    fetch_with_pixcrawler,
    install_img2dataset,
    ledger_times,
    pixcrawler_arguments,
)
from measure import goal, measured, megabytes, split_cores, table
from pictures import CACHE, large_crops, urls_of, write_urls
from serving import serving

HERE = Path(__file__).resolve().parent
RATIO, CPU = 2.5, 2.5
"""Goals: times img2dataset's images per second, at least; milliseconds of CPU per image, at most."""


MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of its own is made in it
"""Where Linux has files in memory."""


class Bench:
    """The list, where it is served, and the runs."""

    def __init__(self, urls: list[str], scratch: Path, cores: set[int], concurrency: int) -> None:
        self.count = len(urls)
        self.urls = write_urls(scratch / "list.txt", urls)
        self.scratch = scratch
        self.cores = cores
        self.concurrency = concurrency

    def compare(self, modes: Sequence[str], repeats: int) -> list[Fetch]:
        """The median run, by images per second, of each client; the clients take turns."""
        clients: list[Callable[[], Fetch]] = [self._pixcrawler, *(self._peer(mode) for mode in modes)]
        runs: list[list[Fetch]] = [[] for _ in clients]
        for turn in range(repeats):
            for client, done in zip(clients, runs, strict=True):
                fetched = client()
                self._check(fetched)
                done.append(fetched)
                print(f"run {turn + 1}: {fetched.client}: {fetched.rate:.0f} images/s", file=sys.stderr)
        return [sorted(done, key=lambda each: each.rate)[len(done) // 2] for done in runs]

    def floor(self, folder: Path) -> list[dict[str, float | str]]:
        """Rates and CPU of loops that only download, decode, or write."""
        loops = (["download", self.urls, self.concurrency], ["work", folder, self.scratch / "floor"])
        lines: list[str] = []
        for loop in loops:
            command = [sys.executable, str(HERE / "floor.py"), *map(str, loop)]
            lines += measured(command, self.cores, self.scratch / "floor.log").output.splitlines()
        return [json.loads(line) for line in lines]

    def anatomy(self, how: str) -> tuple[Any, float, float]:
        """What anatomy.py notes of a run, and when that run's first row and last verdict were."""
        out, workspace = self.scratch / f"{how}.json", self.scratch / how
        arguments = pixcrawler_arguments(self.urls, workspace, self.concurrency)
        command = [sys.executable, str(HERE / "anatomy.py"), str(out), how, *arguments]
        measured(command, self.cores, self.scratch / "anatomy.log")
        return json.loads(out.read_text()), *ledger_times(workspace)

    def _pixcrawler(self) -> Fetch:
        return fetch_with_pixcrawler(self.urls, self.scratch, self.cores, self.concurrency)

    def _peer(self, mode: str) -> Callable[[], Fetch]:
        return lambda: fetch_with_img2dataset(mode, self.urls, self.scratch, self.cores, self.concurrency)

    def _check(self, fetched: Fetch) -> None:
        if not fetched.images == fetched.files == self.count:
            told = f"says {fetched.images} images and wrote {fetched.files} files"
            raise SystemExit(f"{fetched.client} {told}; the list has {self.count}")


def print_clients(runs: list[Fetch]) -> None:
    """The table of clients and the goals."""
    ours = runs[0]
    rows = [
        [
            each.client,
            f"{each.rate:.0f}",
            f"{each.fetching_rate:.0f}",
            f"{each.cpu:.2f} ms",
            megabytes(each.run.peak),
            f"{ours.rate / each.rate:.2f}",
            f"{ours.fetching_rate / each.fetching_rate:.2f}",
        ]
        for each in runs
    ]
    head = ["client", "images/s, whole command", "images/s, fetching", "CPU per image", "peak memory"]
    print(table([*head, "PixCrawler is faster by", "while fetching"], rows), end="\n\n")
    for each in runs[1:]:
        ratio = ours.rate / each.rate
        print(goal(f"{RATIO} times {each.client} (whole command): {ratio:.2f}", ratio >= RATIO))
    print(goal(f"at most {CPU} ms of CPU per image: {ours.cpu:.2f} ms", ours.cpu <= CPU), end="\n\n")


def print_floor(loops: list[dict[str, float | str]], ours: Fetch) -> None:
    """The floor, and PixCrawler's whole as a multiple of it."""
    rows = [[str(each["what"]), f"{each['rate']:.0f}", f"{each['cpu']:.2f} ms"] for each in loops]
    print(table(["the floor", "images/s", "CPU per image"], rows), end="\n\n")
    needed = sum(float(each["cpu"]) for each in loops if "full size" not in str(each["what"]))
    print(f"All but the full decode are {needed:.2f} ms of CPU; PixCrawler takes {ours.cpu:.2f} ms.\n")


def print_threads(
    samples: list[tuple[float, dict[str, float]]], first: float, last: float, count: int
) -> None:
    """Milliseconds of CPU per image, by thread and phase."""
    marks = [first, last, samples[-1][0]]
    states = [next((used for time, used in samples if time >= mark), samples[-1][1]) for mark in marks]
    grouped = [_grouped(state) for state in ({}, *states)]
    rows = []
    for name in grouped[-1]:
        spent = [
            later.get(name, 0.0) - before.get(name, 0.0) for before, later in itertools.pairwise(grouped)
        ]
        rows.append([name, *(f"{1000 * seconds / count:.2f}" for seconds in (*spent, sum(spent)))])
    sums = [sum(float(row[column]) for row in rows) for column in range(1, 5)]
    rows.append(["all", *(f"{value:.2f}" for value in sums)])
    print(table(["CPU ms per image, by thread", "start", "fetching", "assembly", "all"], rows), end="\n\n")


def _grouped(state: dict[str, float]) -> dict[str, float]:
    kinds = {
        "MainThread": "event loop: Scrapy, downloads, selection",
        "pixcrawler-blobs": "blob files: SHA-256, writing",
        "analysis": "checks: decoding, hashes",
        "ledger": "ledger; at the end manifest and tables",
    }
    grouped: dict[str, float] = {}
    for name, seconds in state.items():
        kind = next((kind for start, kind in kinds.items() if name.startswith(start)), "other threads")
        grouped[kind] = grouped.get(kind, 0.0) + seconds
    return grouped


def print_modules(parts: dict[str, float]) -> None:
    """Shares of the event loop's thread, by part."""
    whole = sum(parts.values())
    rows = [[part, f"{seconds / whole:.0%}"] for part, seconds in parts.items() if seconds / whole >= 0.01]
    print(table(["event loop's thread, by part", "share (profiled)"], rows), end="\n\n")


def main() -> None:
    """Read the command line, run everything, print the report."""
    parser = argparse.ArgumentParser(description="Compare PixCrawler with img2dataset on a local server.")
    parser.add_argument("--count", type=int, default=2000, help="photographs (default: 2000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the photographs (default: 1)")
    parser.add_argument("--concurrency", type=int, default=32, help="downloads at once (default: 32)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each client (default: 3)")
    parser.add_argument(
        "--scratch",
        type=Path,
        default=MEMORY if MEMORY.is_dir() else CACHE,
        help="folder for what the clients write; by default in memory, if there is a /dev/shm, "
        "since the disk's cost is the same for all and the noisiest part",
    )
    parser.add_argument("--no-peer", action="store_true", help="measure PixCrawler alone")
    options = parser.parse_args()
    folder = large_crops(options.count, options.seed)
    modes = [] if options.no_peer else list(PEER_MODES)
    if modes:
        install_img2dataset()
    ours, beside = split_cores()
    with (
        serving(folder, beside) as server,
        TemporaryDirectory(dir=options.scratch, prefix="fetch-") as scratch,
    ):
        print(
            f"{options.count} photographs, {options.concurrency} at once, median of {options.repeats} runs;"
        )
        print(f"served by {server.name} on core {beside}, fetched on core {ours};")
        print(f"files written to {options.scratch}; Python {platform.python_version()}\n")
        bench = Bench(urls_of(folder, server.url), Path(scratch), ours, options.concurrency)
        runs = bench.compare(modes, options.repeats)
        print_clients(runs)
        print_floor(bench.floor(folder), runs[0])
        print_threads(*bench.anatomy("threads"), options.count)
        print_modules(bench.anatomy("modules")[0])


if __name__ == "__main__":
    main()
