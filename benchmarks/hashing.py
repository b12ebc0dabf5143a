"""`make bench-hashing`: the speed of hashing beside imagededup, and how near the hashes are to imagehash's.

Prints Markdown tables: pictures a second on one core, from the file to the hash; bits in which hashes of
photographs differ from those of the whole or the turned picture.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hamming import IMAGEDEDUP, IMAGEDEDUP_NEEDS, IMAGEDEDUP_PACKAGES, Bench, install
from measure import goal, table
from pictures import CACHE, PHOTOGRAPHS, large_crops

TIMES = 6.0
"""Goal: times the speed of imagededup at its best, for crops of 800 by 600 pixels."""


def print_speed(bench: Bench, what: str, folder: Path, repeats: int) -> float:
    """Pictures a second; returns how many times those of imagededup. Both run in turn on the same core."""
    own, _ = bench.run(sys.executable, "encoding.py", "pixcrawler", folder, repeats)
    others, _ = bench.run(IMAGEDEDUP / "bin/python", "encoding.py", "imagededup", folder, repeats)
    count = len(list(folder.rglob("*.jpg")))
    best = min(others.values())
    rows = [
        [f"{program}: {kind}", f"{1000 * cpu / count:.2f} ms", f"{count / cpu:.0f}", f"{best / cpu:.2f}"]
        for program, times in (("PixCrawler", own), ("imagededup", others))
        for kind, cpu in times.items()
    ]
    print(table([f"{count:,} {what}", "CPU each", "a second", "times imagededup"], rows), end="\n\n")
    times: float = best / next(iter(own.values()))
    return times


def print_distances(told: Mapping[str, Mapping[str, int]]) -> None:
    """How many hashes differ in how many bits from those of imagehash."""
    rows = []
    for what, counts in told.items():
        total = sum(counts.values())
        few = counts.get("1", 0) + counts.get("2", 0)
        shares = [counts.get("0", 0), few, total - few - counts.get("0", 0)]
        rows.append([what, f"{total:,}", *(f"{share / total:.1%}" for share in shares)])
    print(table(["compared with imagehash's", "hashes", "0 bits", "1 or 2", "more"], rows), end="\n\n")


def main() -> None:
    """Read the command line, run everything on one core, print the report."""
    parser = argparse.ArgumentParser(description="Measure how pictures are hashed.")
    parser.add_argument("--count", type=int, default=2000, help="number of crops (default: 2000)")
    parser.add_argument("--seed", type=int, default=1, help="of the crops (default: 1)")
    parser.add_argument("--repeats", type=int, default=3, help="the best of so many runs (default: 3)")
    options = parser.parse_args()
    CACHE.mkdir(exist_ok=True)
    install(IMAGEDEDUP, IMAGEDEDUP_PACKAGES, IMAGEDEDUP_NEEDS)
    crops = large_crops(options.count, options.seed)
    print(f"Python {platform.python_version()}, one core; from the file to the hash, SHA-256 included\n")
    with TemporaryDirectory(dir=CACHE, prefix="hashing-") as name:
        bench = Bench(Path(name))
        times = print_speed(bench, "crops of 800 x 600 pixels", crops, options.repeats)
        print_speed(bench, "photographs of the examples", PHOTOGRAPHS, options.repeats)
        print(
            goal(f"{TIMES:g} times imagededup at its best, for crops: {times:.1f}", times >= TIMES),
            end="\n\n",
        )
        distances, _ = bench.run(sys.executable, "encoding.py", "distances")
    print_distances(distances)


if __name__ == "__main__":
    main()
