"""`make bench-hamming`: near pairs of 64-bit hashes beside faiss and imagededup, and the index on disk.

Prints Markdown tables: all pairs within 7 bits of up to a million hashes, beside faiss and imagededup; the
index on disk, filled and in use; all pairs of images with eight hashes each.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from measure import Measured, goal, measured, megabytes, split_cores, table
from pictures import CACHE, ROOT

HERE = Path(__file__).resolve().parent
FAISS, IMAGEDEDUP = CACHE / "faiss", CACHE / "imagededup"
FAISS_PACKAGES = ("faiss-cpu==1.15.1", "numpy>=2")
IMAGEDEDUP_PACKAGES = ("imagededup==0.3.3.post2",)
"""Installed without what it requires, which is torch and torchvision."""
IMAGEDEDUP_NEEDS = ("numpy>=2", "pillow", "tqdm", "scikit-learn", "PyWavelets", "matplotlib")
METHODS = {"brute_force_cython": ("its default, compiled", 3), "bktree": ("its BK-tree", 1)}
"""Its searches, and how often each is run; the best time is shown."""
SMALL = 3000
"""Hashes for imagededup, whose time grows with their square."""
QUERIES = 5000
SECONDS, MEMORY, FAISS_TIMES, IMAGEDEDUP_TIMES = 15.0, 600e6, 30.0, 1000.0
"""Goals for all pairs: seconds of CPU and bytes for a million; times the speed of the others."""
ADD = 1.0
"""Goal for the index: milliseconds to look for an image and add it."""
LIMIT, FILLING = 64, 1024
"""MiB that the index may use, and that it may use while it is filled."""


class Bench:
    """A scratch folder, one core, and the programs that run there."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.core, _ = split_cores()

    def run(self, python: str | Path, script: str, *arguments: str | Path | int) -> tuple[Any, Measured]:
        """What a program tells, and what it took as a whole."""
        command: list[str | Path] = [python, HERE / script, *map(str, arguments)]
        run = measured(command, self.core, self.scratch / "log", {"OMP_NUM_THREADS": "1"})
        return json.loads(run.output), run

    def own(self, *arguments: str | Path | int) -> tuple[Any, Measured]:
        """What searching.py tells."""
        return self.run(sys.executable, "searching.py", *arguments)

    def hashes(self, count: int, seed: int) -> Path:
        """A file of so many hashes."""
        path = self.scratch / f"{count}-{seed}.npy"
        if not path.exists():
            self.own("make", count, seed, path)
        return path


def print_pairs(bench: Bench, sizes: Sequence[int], seed: int) -> dict[int, float]:
    """All pairs, by number of hashes; the goals for a million. Returns seconds by number of hashes."""
    rows, seconds, peaks = [], {}, {}
    for count in sizes:
        told, run = bench.own("pairs", bench.hashes(count, seed), max(2, min(50, 1_000_000 // count)))
        seconds[count], peaks[count] = told["cpu"], run.peak
        each = 1e6 * told["cpu"] / count
        figures = [f"{told['pairs']:,}", f"{told['first']:.4f} s", f"{told['cpu']:.4f} s", f"{each:.2f} µs"]
        rows.append([f"{count:,}", *figures, megabytes(run.peak)])
    head = ["hashes", "pairs", "CPU, first time", "CPU, best", "per hash", "peak memory"]
    print(table(head, rows), end="\n\n")
    if (most := 1_000_000) in seconds:
        print(goal(f"a million in {SECONDS:g} s: {seconds[most]:.2f} s", seconds[most] <= SECONDS))
        print(goal(f"in {megabytes(MEMORY)}: {megabytes(peaks[most])}", peaks[most] <= MEMORY))
    return seconds


def print_proof(bench: Bench, count: int, seed: int) -> None:
    """Whether the pairs are those of comparing some hashes with all."""
    told, _ = bench.own("proof", bench.hashes(count, seed), QUERIES)
    exact = f"{told['found']:,} of {told['expected']:,} neighbours of {QUERIES:,} hashes among {count:,}"
    print(goal(f"exact: {exact}, as comparing with all finds them", told["found"] == told["expected"]))
    whole = told["brute_force"] * count / 2
    print(f"- comparing all {count:,} with each other would take {whole:.0f} s\n")


def print_faiss(bench: Bench, count: int, seed: int, own: float) -> None:
    """Beside range searches of faiss, from some queries reckoned up to all."""
    told, run = bench.run(
        FAISS / "bin/python", "hamming_peers.py", "faiss", bench.hashes(count, seed), QUERIES
    )
    rows = []
    for name, each in told.items():
        whole = each["fill"] + each["query"] * count
        figures = [f"{1e6 * each['query']:.0f} µs", f"{whole:.1f} s", f"{whole / own:.0f}"]
        rows.append([name, f"{each['fill']:.2f} s", *figures, f"{each['found']:,}"])
    head = [f"faiss, {count:,} hashes", "filling", "a query", "all", "PixCrawler is faster by", "found"]
    print(table(head, rows), end="\n\n")
    times = min(each["fill"] + each["query"] * count for each in told.values()) / own
    print(goal(f"{FAISS_TIMES:g} times faiss at its best: {times:.0f}", times >= FAISS_TIMES))
    print(f"- faiss holds {megabytes(run.peak)} at most, for the larger of the two\n")


def print_imagededup(bench: Bench, seed: int, methods: Sequence[str]) -> None:
    """Beside searches of imagededup, and what they would take for a million."""
    file = bench.hashes(SMALL, seed)
    own, _ = bench.own("pairs", file, 200)
    rows, best = [], float("inf")
    for method in methods:
        what, repeats = METHODS[method]
        python = IMAGEDEDUP / "bin/python"
        told, _ = bench.run(python, "hamming_peers.py", "imagededup", file, method, repeats)
        best = min(best, told["cpu"])
        times = told["cpu"] / own["cpu"]
        million = told["cpu"] * (1_000_000 / SMALL) ** 2 / 86400
        figures = [f"{told['cpu']:.2f} s", f"{times:,.0f}", f"{million:.0f} days"]
        rows.append([f"`{method}`, {what}", f"{told['pairs']:,}", *figures])
    rows.append(["PixCrawler", f"{own['pairs']:,}", f"{1000 * own['cpu']:.2f} ms", "1", ""])
    head = [f"imagededup, {SMALL:,} hashes", "pairs", "CPU", "PixCrawler is faster by", "for a million"]
    print(table(head, rows), end="\n\n")
    times = best / own["cpu"]
    print(
        goal(f"{IMAGEDEDUP_TIMES:,.0f} times imagededup at its best: {times:,.0f}", times >= IMAGEDEDUP_TIMES)
    )


def print_index(bench: Bench, sizes: Sequence[int], seed: int) -> None:
    """The index, filled at once and then used image by image; the goal at the largest size."""
    rows = []
    told: dict[str, float] = {}
    for count in sizes:
        folder = bench.scratch / "index"
        shutil.rmtree(folder, ignore_errors=True)
        filled, _ = bench.own("fill", bench.hashes(count, seed), folder, FILLING)
        told, run = bench.own("index", folder, count, LIMIT)
        times = [f"{told[key]:.2f} ms" for key in ("cpu", "wall", "median", "99 %", "most")]
        rows.append(
            [f"{count:,}", f"{filled['cpu']:.1f} s", megabytes(filled["bytes"]), *times, megabytes(run.peak)]
        )
    head = [
        "entries",
        "CPU to fill",
        "file",
        "query and add: CPU",
        "wall",
        "median",
        "99 %",
        "most",
        "peak memory",
    ]
    print(table(head, rows), end="\n\n")
    what = f"query and add at most {ADD:g} ms with {sizes[-1]:,} entries: {told['cpu']:.2f} ms of CPU"
    print(goal(f"{what}, {told['wall']:.2f} ms in all", told["cpu"] <= ADD))


def print_images(bench: Bench, count: int, seed: int) -> None:
    """All pairs of images, each with a hash for each of its eight orientations."""
    told, run = bench.own("turned", bench.hashes(8 * count, seed), bench.scratch / "images")
    what = f"{count:,} images in eight orientations: {told['pairs']:,} pairs within 8 bits"
    print(f"- {what}, {told['cpu']:.1f} s of CPU, {megabytes(run.peak)} at most, filling included\n")


def install(folder: Path, packages: Sequence[str], needs: Sequence[str] = ()) -> None:
    """Make an environment in `.cache`, once; with `needs`, these instead of what the packages require."""
    if (folder / ".installed").exists():
        return
    print(f"installing {packages[0]} into {folder.relative_to(ROOT)} (once)", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *(["--no-deps"] if needs else []), *packages], check=True)
    if needs:
        subprocess.run([*pip, *needs], check=True)
    (folder / ".installed").touch()


def main() -> None:
    """Read the command line, run everything on one core, print the report."""
    parser = argparse.ArgumentParser(description="Measure the search for near hashes.")
    parser.add_argument("--most", type=int, default=1_000_000, help="hashes for pairs (default: a million)")
    parser.add_argument("--entries", type=int, default=10_000_000, help="of the index (default: 10 million)")
    parser.add_argument("--seed", type=int, default=1, help="of the hashes (default: 1)")
    parser.add_argument("--no-peers", action="store_true", help="without faiss and imagededup")
    parser.add_argument(
        "--no-bktree", action="store_true", help="without imagededup's BK-tree, a minute or more"
    )
    options = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    if not options.no_peers:
        install(FAISS, FAISS_PACKAGES)
        install(IMAGEDEDUP, IMAGEDEDUP_PACKAGES, IMAGEDEDUP_NEEDS)
    print(f"Python {platform.python_version()}, one core; CPU is that of the search alone\n")
    with TemporaryDirectory(dir=CACHE, prefix="hamming-") as name:
        bench = Bench(Path(name))
        steps = [10_000 * 10**power * factor for power in range(5) for factor in (1, 3)]
        seconds = print_pairs(
            bench, [*(step for step in steps if step < options.most), options.most], options.seed
        )
        print_proof(bench, options.most, options.seed)
        if not options.no_peers:
            print_faiss(bench, options.most, options.seed, seconds[options.most])
            methods = [each for each in METHODS if each != "bktree" or not options.no_bktree]
            print_imagededup(bench, options.seed, methods)
        print()
        print_images(bench, options.most, options.seed)
        tens = [10**power for power in range(4, 9)]
        print_index(bench, [*(ten for ten in tens if ten < options.entries), options.entries], options.seed)


if __name__ == "__main__":
    main()
