"""`make bench-archives`: how fast datasets are archived, beside copying the same files, and the memory.

The images are hard links of a few hundred crops. Each format writes them in a process of its own; so does a
plain copy, first in each round, with and without having all of it on the disk before the clock stops.
Archives are always on the disk before.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from measure import goal, measured, megabytes, table
from pictures import CACHE, large_crops

HERE = Path(__file__).resolve().parent
COPY = "plain copy"
FLUSHED = "plain copy, flushed"
JOBS: dict[str, tuple[str, dict[str, Any]]] = {
    "zip": ("zip", {}),
    "zip in volumes of 100 MB": ("zip", {"volume": 100_000_000}),
    "zip, deflate": ("zip", {"compression": "deflate"}),
    "7z": ("7z", {}),
    "tar_gz": ("tar_gz", {}),
    "tar_zst": ("tar_zst", {}),
    "tar_zst, level 3": ("tar_zst", {"level": 3}),
}
"""Formats and options by what the report calls them."""
SHARE = {"zip": 0.6, "tar_zst": 0.6}
"""Goal: the pace of a plain copy, at least this share of it."""
PACE = {"tar_gz": 200.0, "7z": 50.0}
"""Goal: MB/s."""
MEMORY = 300_000_000
"""Goal: bytes of the process at most."""
CROPS = 300


def archive(what: str, folder: Path, out: Path) -> None:
    """Write all images below a folder; print seconds and bytes of what was written, as JSON."""
    from pixcrawler_core.components import Exporter
    from pixcrawler_core.registry import load

    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg"))
    form, options = JOBS[what]
    start = load(installed=False).build(Exporter, form, options)
    clock = time.perf_counter()
    writer = start(out, "set")
    for name in names:
        writer.add(folder / name, f"set/{name}", {})
    writer.close()
    seconds = time.perf_counter() - clock
    print(json.dumps({"seconds": seconds, "size": sum(path.stat().st_size for path in out.iterdir())}))


def copy(folder: Path, out: Path, *, flushed: bool) -> None:
    """Copy all images below a folder, as `cp -r` does; print seconds and bytes, as JSON."""
    paths = sorted(folder.rglob("*.jpg"))
    size = sum(path.stat().st_size for path in paths)
    clock = time.perf_counter()
    for path in paths:
        target = out / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    if flushed:
        os.sync()
    print(json.dumps({"seconds": time.perf_counter() - clock, "size": size}))


def linked(folder: Path, count: int, seed: int) -> int:
    """Fill a folder with images, 1,000 a category; returns their bytes."""
    crops = sorted(large_crops(CROPS, seed).rglob("*.jpg"))
    for number in range(count):
        target = folder / f"categories/category-{number // 1000:03}/image_{number:06}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(crops[number % len(crops)], target)
    return sum(crops[number % len(crops)].stat().st_size for number in range(count))


def timed(what: str, folder: Path) -> tuple[float, int, int]:
    """Seconds, bytes written, and most memory of the process."""
    os.sync()
    with TemporaryDirectory(dir=CACHE, prefix="archived-") as scratch:
        out = Path(scratch) / "out"
        out.mkdir()
        command: list[str | Path] = [sys.executable, HERE / "archiving.py", "--measure", what, folder, out]
        run = measured(command, os.sched_getaffinity(0), Path(scratch) / "log")
        told = json.loads(run.output)
        return told["seconds"], told["size"], run.peak


def main() -> None:
    """Read the command line, measure each format, print the report."""
    parser = argparse.ArgumentParser(description="Measure how fast datasets are archived.")
    parser.add_argument("--count", type=int, default=20_000, help="images (default: 20,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the crops (default: 1)")
    parser.add_argument("--repeats", type=int, default=3, help="the median of so many runs (default: 3)")
    parser.add_argument("--measure", nargs=3, metavar=("JOB", "FOLDER", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        what, folder, out = options.measure
        if what in (COPY, FLUSHED):
            copy(Path(folder), Path(out), flushed=what == FLUSHED)
        else:
            archive(what, Path(folder), Path(out))
        return
    CACHE.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=CACHE, prefix="archiving-") as scratch:
        size = linked(Path(scratch), options.count, options.seed)
        print(f"{options.count} images, {megabytes(size)}; Python {platform.python_version()}\n")
        kinds = (COPY, FLUSHED, *JOBS)
        rounds = [{what: timed(what, Path(scratch)) for what in kinds} for _ in range(options.repeats)]
    report(rounds, size)


def report(rounds: list[dict[str, tuple[float, int, int]]], size: int) -> None:
    """Print the medians of all rounds, and which goals are met."""
    pace = {what: median(size / each[what][0] for each in rounds) / 1e6 for what in rounds[0]}
    share = {what: median(each[COPY][0] / each[what][0] for each in rounds) for what in rounds[0]}
    peak = {what: max(each[what][2] for each in rounds) for what in rounds[0]}
    lines = [
        [
            what,
            f"{pace[what]:.0f}",
            f"{share[what]:.2f}",
            f"{rounds[0][what][1] / size:.4f}",
            megabytes(peak[what]),
        ]
        for what in rounds[0]
    ]
    print(table(["format", "MB/s", "pace, copy = 1", "size, images = 1", "peak memory"], lines), end="\n\n")
    for what, least in SHARE.items():
        print(goal(f"{what}: {least:g} of a plain copy's pace: {share[what]:.2f}", share[what] >= least))
    for what, least in PACE.items():
        print(goal(f"{what}: {least:g} MB/s: {pace[what]:.0f}", pace[what] >= least))
    most = max(peak.values())
    print(goal(f"under {megabytes(MEMORY)} of memory: {megabytes(most)}", most < MEMORY))


if __name__ == "__main__":
    main()
