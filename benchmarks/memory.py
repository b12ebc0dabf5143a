"""`make bench-memory`: the memory of a job of 10,000 images, and the pace of one of 100,000 ledger rows."""

from __future__ import annotations

import argparse
import itertools
import platform
import random
from pathlib import Path
from tempfile import TemporaryDirectory

from clients import Fetch, fetch_with_pixcrawler, verdict_times
from measure import goal, megabytes, split_cores, table
from pictures import CACHE, small_crops, urls_of, write_urls
from serving import serving

MEMORY = 400e6
"""Goal: bytes of memory at most."""
SLACK = 0.10
"""Goal: how much slower the last tenth of the rows may be than the second."""
TENTHS = 10


def mixed(urls: list[str], server: str, rows: int) -> list[str]:
    """A list of `rows` distinct URLs: the pictures, and among them addresses where there is nothing."""
    missing = (f"{server}/missing/{number}.jpg" for number in range(rows - len(urls)))
    both = [*urls, *missing]
    random.Random(1).shuffle(both)
    return both


def pace(times: list[float]) -> list[float]:
    """Rows per second in each tenth of the rows."""
    marks = [times[round(tenth * (len(times) - 1) / TENTHS)] for tenth in range(TENTHS + 1)]
    return [len(times) / TENTHS / max(end - start, 1e-9) for start, end in itertools.pairwise(marks)]


def print_memory(fetched: Fetch) -> None:
    """Peak and curve of the memory, and the goal."""
    curve = fetched.run.curve
    picked = [curve[round(tenth * (len(curve) - 1) / TENTHS)] for tenth in range(TENTHS + 1)]
    head = ["time", *(f"{seconds:.0f} s" for seconds, _ in picked)]
    print(table(head, [["memory", *(megabytes(size) for _, size in picked)]]), end="\n\n")
    peak = fetched.run.peak
    what = f"{fetched.images:,} images in under {megabytes(MEMORY)}: {megabytes(peak)} at most"
    print(goal(f"{what}, {fetched.rate:.0f} images/s", peak < MEMORY), end="\n\n")


def print_pace(fetched: Fetch, times: list[float]) -> None:
    """Rows per second by tenth, and the goal."""
    rates = pace(times)
    head = ["tenth of the rows", *(str(number + 1) for number in range(TENTHS))]
    print(table(head, [["rows/s", *(f"{rate:.0f}" for rate in rates)]]), end="\n\n")
    change = rates[-1] / rates[1] - 1
    what = f"{len(times):,} rows, the last tenth at most {SLACK:.0%} slower than the second"
    print(goal(f"{what}: {change:+.1%}; {megabytes(fetched.run.peak)} at most", change >= -SLACK))


def main() -> None:
    """Read the command line, run both jobs, print the report."""
    parser = argparse.ArgumentParser(description="Measure the memory and the pace of long jobs.")
    parser.add_argument("--count", type=int, default=10_000, help="images (default: 10,000)")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the ledger (default: 100,000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the pictures (default: 1)")
    parser.add_argument("--concurrency", type=int, default=32, help="downloads at once (default: 32)")
    options = parser.parse_args()
    folder = small_crops(options.count, options.seed)
    cores, beside = split_cores()
    with serving(folder, beside) as server, TemporaryDirectory(dir=CACHE, prefix="memory-") as name:
        scratch = Path(name)
        print(f"served by {server.name}; {options.concurrency} at once; Python {platform.python_version()}\n")
        urls = urls_of(folder, server.url)
        pictures = write_urls(scratch / "pictures.txt", urls)
        print_memory(fetch_with_pixcrawler(pictures, scratch, cores, options.concurrency, sample_every=0.2))
        rows = write_urls(scratch / "rows.txt", mixed(urls, server.url, options.rows))
        fetched = fetch_with_pixcrawler(rows, scratch, cores, options.concurrency)
        print_pace(fetched, verdict_times(scratch / "pixcrawler"))


if __name__ == "__main__":
    main()
