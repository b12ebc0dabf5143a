"""`make bench-labels`: how many images labelers label in a second, as a run labels them.

Prints Markdown tables: images a second on two cores for the labelers that need no model, and for each of the
others; CPU time of each labeler per image. Images are decoded once for all labelers of a job.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from measure import goal, measured, table
from pictures import CACHE, large_crops

HERE = Path(__file__).resolve().parent
CHEAP = ("category", "title", "colors")
RATE = 100.0
"""Goal: images a second for the labelers of CHEAP, on two cores."""
CORES = 2
Job = tuple[tuple[str, ...], dict[str, dict[str, Any]]]
"""Labelers of a job, and their options."""
CHEAP_JOBS: dict[str, Job] = {
    ", ".join(CHEAP): (CHEAP, {}),
    **{name: ((name,), {}) for name in (*CHEAP, "caption")},
}
MODEL_JOBS: dict[str, Job] = {
    **{name: ((name,), {}) for name in ("imagenet", "objects", "faces", "quality")},
    "category with agreement": (("category",), {"category": {"agreement": True}}),
    "category with agreement, imagenet": (("category", "imagenet"), {"category": {"agreement": True}}),
    "caption with objects": (("caption",), {"caption": {"objects": True}}),
    "caption with objects, objects": (("caption", "objects"), {"caption": {"objects": True}}),
}
"""Jobs by what the report calls them; the pairs ask one model, once an image."""
TITLE = "Red panda (Ailurus fulgens) in a tree at the zoo - IMG_1234.jpg | Example Stock Photos"
TAGS = ("#wildlife", "red_panda", "Zoo", "zoo", "animal", "mammal", "geo:lat=51.5", "tree", "autumn", "asia")


def rate(name: str, folder: Path, count: int) -> None:
    """Label images in as many threads as there are cores; print seconds and CPU seconds, as JSON."""
    import cv2

    from pixcrawler_core.image import Image
    from pixcrawler_core.labelling import Labelers
    from pixcrawler_core.machine import keep_freed_memory
    from pixcrawler_core.records import Candidate
    from pixcrawler_core.registry import load

    cv2.setNumThreads(1)
    keep_freed_memory()
    labelers = Labelers.build(load(installed=False), *{**CHEAP_JOBS, **MODEL_JOBS}[name])
    told = Candidate(
        engine="benchmark", category="animal", query="animal", image_url="", title=TITLE, tags=TAGS
    )

    def label(path: Path) -> None:
        labelling = labelers.run(Image(path, path.stem, path.stat().st_size, told, detailed=True))
        if labelling.errors:
            raise SystemExit(str(labelling.errors))

    paths = sorted(folder.rglob("*.jpg"))[:count]
    label(paths[0])  # what is read and made for the first image is not counted
    clock, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(label, paths))
    seconds = time.perf_counter() - clock
    print(json.dumps({"images": len(paths), "wall": seconds, "cpu": time.process_time() - cpu}))


def timed(name: str, folder: Path, count: int, repeats: int) -> tuple[float, float]:
    """Images a second and milliseconds of CPU per image, in a process of its own; the best of some runs."""
    cores = set(sorted(os.sched_getaffinity(0))[:CORES])
    command: list[str | Path] = [sys.executable, HERE / "labelling.py", "--measure", name, folder, str(count)]
    with TemporaryDirectory(dir=CACHE, prefix="labelling-") as scratch:
        runs = [json.loads(measured(command, cores, Path(scratch) / "log").output) for _ in range(repeats)]
    best = min(runs, key=lambda run: run["wall"])
    return best["images"] / best["wall"], 1000 * best["cpu"] / best["images"]


def main() -> None:
    """Read the command line, measure each job, print the report."""
    parser = argparse.ArgumentParser(description="Measure how fast images are labelled.")
    parser.add_argument("--count", type=int, default=1000, help="images without models (default: 1,000)")
    parser.add_argument("--few", type=int, default=200, help="images with models (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="of the crops (default: 1)")
    parser.add_argument("--repeats", type=int, default=3, help="the best of so many runs (default: 3)")
    parser.add_argument("--measure", nargs=3, metavar=("JOB", "FOLDER", "COUNT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, folder, count = options.measure
        rate(name, Path(folder), int(count))
        return
    crops = large_crops(options.count, options.seed)
    print(f"{CORES} cores, a thread on each; Python {platform.python_version()}; crops of 800 x 600\n")
    figures = {name: timed(name, crops, options.count, options.repeats) for name in CHEAP_JOBS}
    figures |= {name: timed(name, crops, options.few, options.repeats) for name in MODEL_JOBS}
    lines = [[name, f"{images:.0f}", f"{cpu:.2f} ms"] for name, (images, cpu) in figures.items()]
    print(table(["labelers", "images/s", "CPU per image"], lines), end="\n\n")
    fast, _ = figures[", ".join(CHEAP)]
    print(goal(f"{', '.join(CHEAP)}: {RATE:g} images/s: {fast:.0f}", fast >= RATE))


if __name__ == "__main__":
    main()
