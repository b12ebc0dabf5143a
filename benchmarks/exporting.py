"""`make bench-exports`: how fast datasets are exported, beside copying and the writer of img2dataset.

The images are a few hundred crops, linked as often as needed, in memory (`/dev/shm`) as is what is written.
Each format writes them in a process of its own, in rounds that begin with a copy. The time is that from
opening the export to its final name, with reading the images' rows, a line of JSON each.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from clients import PEER, PEER_ENVIRONMENT, install_img2dataset
from measure import goal, measured, megabytes, table
from pictures import CACHE, large_crops

HERE = Path(__file__).resolve().parent
COPY = "plain copy"
OURS = "webdataset"
JOBS: dict[str, tuple[str, dict[str, Any]]] = {
    OURS: ("webdataset", {}),
    "tfrecord": ("tfrecord", {}),
    "parquet": ("parquet", {}),
    "croissant": ("croissant", {}),
    "folder, links": ("folder", {"links": True}),
    "folder, copies": ("folder", {"links": False}),
}
"""Formats and options by what the report calls them."""
PEER_NAME = "img2dataset's writer"
MEMORY = 300_000_000
"""Goal: bytes of a process of PixCrawler at most."""
CROPS = 300
ROWS, SAMPLES = "rows.jsonl", "samples.jsonl"
"""Rows of a manifest; and what `webdataset` writes beside each image, with its name."""
SHARED = Path("/dev/shm")  # noqa: S108  # a folder of its own is made in it


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One format, once."""

    seconds: float
    cpu: float
    """Seconds of CPU in that time, user and system."""
    peak: int
    """Bytes: the most that the process held."""


def export(what: str, folder: Path, out: Path) -> None:
    """Export the dataset in a folder; print seconds and CPU as JSON."""
    from pixcrawler_core.components import Exporter
    from pixcrawler_core.registry import load

    form, options = JOBS[what]
    start = load(installed=False).build(Exporter, form, options)
    clock, cpu = time.perf_counter(), time.process_time()
    writer = start(out, "set")
    for row in read(folder):
        writer.add(folder / row["path"], f"set/{row['path']}", row)
    writer.close()
    tell(clock, cpu)


def copy(folder: Path, out: Path) -> None:
    """Copy the images, as `cp -r` does; print seconds and CPU as JSON."""
    clock, cpu = time.perf_counter(), time.process_time()
    for row in read(folder):
        target = out / row["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / row["path"], target)
    tell(clock, cpu)


def read(folder: Path) -> Iterator[Any]:
    """The rows of the dataset."""
    with (folder / ROWS).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def tell(clock: float, cpu: float) -> None:
    """Print seconds and CPU since then, as JSON."""
    print(json.dumps({"seconds": time.perf_counter() - clock, "cpu": time.process_time() - cpu}))


def fill(folder: Path, count: int, seed: int) -> int:
    """Fill a folder with a dataset, 1,000 images a category; returns the bytes of the images."""
    from pixcrawler_core.exports.rows import NESTED, nested, typed

    crops = [shutil.copy(path, folder) for path in sorted(large_crops(CROPS, seed).rglob("*.jpg"))]
    size = 0
    with (folder / ROWS).open("w") as rows, (folder / SAMPLES).open("w") as samples:
        for number in range(count):
            row = entry(number)
            target = folder / row["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(crops[number % len(crops)], target)
            row["size"] = target.stat().st_size
            size += row["size"]
            rows.write(f"{json.dumps(row)}\n")
            told = typed(row) | {name: nested(row, name) or "" for name in NESTED}
            samples.write(f"{json.dumps(told)}\n")
    return size


def entry(number: int) -> dict[str, Any]:
    """A row of a manifest, as long as a crawl leaves them: 3 kB."""
    category = f"category-{number // 1000:03}"
    page = f"https://photographs.example/{category}/{number}"
    creator, licence = f"Photographer {number % 997}", "https://creativecommons.org/licenses/by-sa/4.0/"
    label = {"source": "imagenet", "version": "2", "model": "efficientnet-lite4@1a2b3c4d", "attributes": {}}
    checks = ("sharpness", "noise", "exposure", "information", "border", "aspect", "kind", "greyscale")
    return {
        "path": f"categories/{category}/image_{number:06}.jpg",
        "sha256": f"{number:064x}",
        "phash": f"{number:016x}",
        "size": 0,
        "format": "JPEG",
        "width": 800,
        "height": 600,
        "category": category,
        "labels": [{**label, "name": f"class {rank}", "score": 1 / (rank + 3)} for rank in range(5)],
        "label_errors": {},
        "split": ("train", "train", "train", "val", "test")[number % 5],
        "url": f"{page}.jpg",
        "final_url": f"https://cdn.photographs.example/original/{number:032x}.jpg",
        "page": page,
        "title": f"A red panda asleep on a branch, number {number}",
        "creator": creator,
        "creator_url": f"https://photographs.example/people/{number % 997}",
        "licence": "cc-by-sa-4.0",
        "licence_url": licence,
        "spdx": "CC-BY-SA-4.0",
        "attribution": f'"A red panda asleep on a branch, number {number}" by {creator} ({page}) {licence}',
        "consent": {"checked_at": "2026-01-02T03:04:05Z", "robots": "allowed", "headers": [], "tdm": None},
        "scores": {name: {"score": 0.5, "measures": {"value": number / 7, "share": 0.25}} for name in checks},
        "engine": "openverse",
        "query": "red panda",
        "row": number,
    }


def run(what: str, folder: Path, scratch: Path) -> Run:
    """Export once, into a folder that is removed again."""
    out = scratch / "out"
    out.mkdir()
    peer = what == PEER_NAME
    command: list[str | Path] = (
        [PEER / "bin/python", HERE / "exporting_peer.py", folder, out]
        if peer
        else [sys.executable, HERE / "exporting.py", "--measure", what, folder, out]
    )
    done = measured(command, os.sched_getaffinity(0), scratch / "log", PEER_ENVIRONMENT if peer else None)
    told = json.loads(done.output)
    shutil.rmtree(out)
    return Run(seconds=told["seconds"], cpu=told["cpu"], peak=done.peak)


def report(rounds: list[dict[str, Run]], count: int) -> None:
    """Print the medians of all rounds, and which goals are met."""
    kinds = list(rounds[0])
    rate = {what: median(count / each[what].seconds for each in rounds) for what in kinds}
    cpu = {what: median(each[what].cpu / count for each in rounds) for what in kinds}
    peak = {what: max(each[what].peak for each in rounds) for what in kinds}
    lines = [
        [
            what,
            f"{rate[what]:,.0f}",
            f"{median(each[COPY].seconds / each[what].seconds for each in rounds):.2f}",
            f"{cpu[what] * 1000:.3f} ms",
            megabytes(peak[what]),
        ]
        for what in kinds
    ]
    print(table(["format", "images/s", "pace, copy = 1", "CPU per image", "peak memory"], lines), end="\n\n")
    if PEER_NAME in kinds:
        ratio = median(each[PEER_NAME].seconds / each[OURS].seconds for each in rounds)
        print(goal(f"{OURS} as fast as {PEER_NAME}: {ratio:.2f} times its images per second", ratio >= 1))
    most = max(peak[what] for what in JOBS)
    print(goal(f"under {megabytes(MEMORY)} of memory: {megabytes(most)}", most < MEMORY))


def main() -> None:
    """Read the command line, run everything, print the report."""
    parser = argparse.ArgumentParser(description="Measure how fast datasets are exported.")
    parser.add_argument("--count", type=int, default=20_000, help="images (default: 20,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the crops (default: 1)")
    parser.add_argument("--repeats", type=int, default=3, help="the median of so many runs (default: 3)")
    parser.add_argument(
        "--scratch",
        type=Path,
        default=SHARED if SHARED.is_dir() else CACHE,
        help="folder for images and exports, twice their size; by default in memory, if there is a /dev/shm",
    )
    parser.add_argument("--no-peer", action="store_true", help="measure PixCrawler alone")
    parser.add_argument("--measure", nargs=3, metavar=("JOB", "FOLDER", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        what, folder, out = options.measure
        if what == COPY:
            copy(Path(folder), Path(out))
        else:
            export(what, Path(folder), Path(out))
        return
    compare(options)


def compare(options: argparse.Namespace) -> None:
    """Run all formats in turns, and report."""
    CACHE.mkdir(exist_ok=True)
    if not options.no_peer:
        install_img2dataset()
    kinds = [COPY, OURS, *([] if options.no_peer else [PEER_NAME]), *(each for each in JOBS if each != OURS)]
    with TemporaryDirectory(dir=options.scratch, prefix="exporting-") as scratch:
        folder = Path(scratch) / "set"
        folder.mkdir()
        size = fill(folder, options.count, options.seed)
        print(f"{options.count} images, {megabytes(size)}, in {options.scratch};", end=" ")
        print(f"median of {options.repeats} runs; Python {platform.python_version()}\n")
        rounds = [{what: run(what, folder, Path(scratch)) for what in kinds} for _ in range(options.repeats)]
    report(rounds, options.count)


if __name__ == "__main__":
    main()
