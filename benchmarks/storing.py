"""`make bench-storage`: how fast the store in a folder takes, gives, lists and moves objects, beside copying.

The objects are hard links of a few hundred crops, and one large file. Each job runs in a process of its own,
in rounds that begin with a plain copy with digests, by this program, and by `cp` and `sha256sum`.

Nothing is removed before the end, and what comes out of the archive goes into a new store. Files that leave
the tier hot live on under second names: on ext4, creating files where others were removed in the last minutes
takes many times as long, for it looks for inodes that were not used lately. Who brings an archive back after
months does not meet that.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, mkdtemp

from archiving import linked
from measure import goal, measured, megabytes, table
from pictures import CACHE

HERE = Path(__file__).resolve().parent
CHUNK = 1024 * 1024
LARGE = 1_000_000_000
"""Bytes of the large file."""
LISTED = 20_000
"""Small objects of the list."""
COPY, TOOLS, PUT = "copy with digests, by Python", "cp and sha256sum", "put"
SHARE = 0.7
"""Goal: the pace of `cp` and `sha256sum`, at least this share of it."""
PACE = 100.0
"""Goal: MB/s of everything that moves bytes."""
LIST_SECONDS = 1.0
MEMORY = 300_000_000
"""Goal: bytes of the process at most."""


def copied(source: Path, target: Path) -> None:
    """Copy a file chunk by chunk, with its SHA-256, in the least that Python needs for it."""
    digest = hashlib.sha256()
    with source.open("rb", buffering=0) as file, target.open("xb", buffering=0) as copy:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            copy.write(chunk)


def copy(folder: Path, out: Path) -> dict[str, float]:
    """Copy all files, one after the other."""
    clock = time.perf_counter()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        target = out / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        copied(path, target)
    return {COPY: time.perf_counter() - clock}


def tools(folder: Path, out: Path) -> dict[str, float]:
    """Copy all files with `cp`, and have the digests of the copies by `sha256sum`."""
    clock = time.perf_counter()
    subprocess.run(["cp", "-r", folder, out / "copy"], check=True)
    names = b"\0".join(os.fsencode(path) for path in (out / "copy").rglob("*") if path.is_file())
    command = ["xargs", "-0", "sha256sum"]
    subprocess.run(command, input=names, stdout=subprocess.DEVNULL, check=True)
    return {TOOLS: time.perf_counter() - clock}


def store(folder: Path, out: Path) -> dict[str, float]:
    """Put all files, read them, move them to each tier and back, and delete them; seconds of each."""
    from pixcrawler_core.components import Storage
    from pixcrawler_core.registry import load
    from pixcrawler_core.storage.protocols import StorageTier, Store

    stores = load(installed=False)
    place: Store = stores.build(Storage, "filesystem", {"path": str(out)})
    (out / "restored").mkdir()
    keys = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def put() -> None:
        for key in keys:
            place.put(key, folder / key)

    def get() -> None:
        for key in keys:
            with place.get(key) as chunks:
                for _ in chunks:
                    pass

    jobs: dict[str, Callable[[], object]] = {
        PUT: put,
        "put again": put,
        "get": get,
    }
    seconds = {name: _timed(job) for name, job in jobs.items()}
    shutil.copytree(out / "hot", out / "kept", copy_function=os.link)
    jobs = {
        "hot to warm": lambda: place.set_tier(keys, StorageTier.WARM),
        "get from warm": get,
        "warm to cold": lambda: place.set_tier(keys, StorageTier.COLD),
    }
    seconds |= {name: _timed(job) for name, job in jobs.items()}
    place.close()
    (out / "cold").rename(out / "restored/cold")
    restored: Store = stores.build(Storage, "filesystem", {"path": str(out / "restored")})
    seconds["cold to hot"] = _timed(lambda: restored.rehydrate(keys))
    seconds["delete"] = _timed(lambda: restored.delete(keys))
    restored.close()
    return seconds


def lists(folder: Path, out: Path) -> dict[str, float]:
    """Put one small file under many keys, and list them."""
    from pixcrawler_core.storage.local.store import LocalStore

    place = LocalStore(out)
    small = next(path for path in folder.rglob("*") if path.is_file())
    for number in range(LISTED):
        place.put(f"set/{number % 100}/{number}.jpg", small, metadata={"number": str(number)})
    seconds = {"list": _timed(lambda: sum(1 for _ in place.list("set/")))}
    place.close()
    return seconds


JOBS = {"copy": copy, "tools": tools, "store": store, "list": lists}


def timed(what: str, folder: Path, scratch: Path) -> tuple[dict[str, float], int]:
    """Seconds of each step of a job in a process of its own, and most memory of the process."""
    os.sync()
    place = Path(mkdtemp(dir=scratch))
    out = place / "out"
    out.mkdir()
    command: list[str | Path] = [sys.executable, HERE / "storing.py", "--measure", what, folder, out]
    run = measured(command, os.sched_getaffinity(0), place / "log")
    seconds: dict[str, float] = json.loads(run.output)
    return seconds, run.peak


def main() -> None:
    """Read the command line, measure each job, print the report."""
    parser = argparse.ArgumentParser(description="Measure how fast objects are stored.")
    parser.add_argument("--count", type=int, default=5000, help="images (default: 5,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the crops (default: 1)")
    parser.add_argument("--repeats", type=int, default=3, help="the median of so many runs (default: 3)")
    parser.add_argument("--measure", nargs=3, metavar=("JOB", "FOLDER", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        what, folder, out = options.measure
        print(json.dumps(JOBS[what](Path(folder), Path(out))))
        return
    CACHE.mkdir(exist_ok=True)
    print(f"Python {platform.python_version()}\n")
    with TemporaryDirectory(dir=CACHE, prefix="storing-") as name:
        scratch = Path(name)
        images, large = scratch / "images", scratch / "large"
        size = linked(images, options.count, options.seed)
        _write_large(large)
        met = [
            *report(f"{options.count} images", images, size, options.repeats, scratch),
            *report("one large file", large, LARGE, options.repeats, scratch),
            *list_report(options.repeats, scratch),
        ]
    print("\n".join(met))


def report(what: str, folder: Path, size: int, repeats: int, scratch: Path) -> list[str]:
    """Measure and print a table; returns lines that say which goals are met."""
    rounds = []
    for _ in range(repeats):
        runs = [timed(job, folder, scratch) for job in ("copy", "tools", "store")]
        rounds.append(({name: time for each, _ in runs for name, time in each.items()}, runs[-1][1]))
    pace = {name: median(size / each[name] for each, _ in rounds) / 1e6 for name in rounds[0][0]}
    share = {name: median(each[TOOLS] / each[name] for each, _ in rounds) for name in rounds[0][0]}
    lines = [[name, f"{pace[name]:.0f}", f"{share[name]:.2f}"] for name in pace]
    print(f"{what}, {megabytes(size)}:\n\n{table(['step', 'MB/s', 'pace, cp = 1'], lines)}\n")
    slowest = min((pace[name], name) for name in pace if name not in (COPY, TOOLS, "delete"))
    peak = max(peak for _, peak in rounds)
    return [
        goal(f"{what}: put at {SHARE:g} of {TOOLS}: {share[PUT]:.2f}", share[PUT] >= SHARE),
        goal(f"{what}: {PACE:g} MB/s: {slowest[0]:.0f} ({slowest[1]})", slowest[0] >= PACE),
        goal(f"{what}: under {megabytes(MEMORY)} of memory: {megabytes(peak)}", peak < MEMORY),
    ]


def list_report(repeats: int, scratch: Path) -> list[str]:
    """Measure a list; returns a line that says whether its goal is met."""
    folder = Path(mkdtemp(dir=scratch))
    (folder / "small").write_bytes(b"small")
    seconds = median(timed("list", folder, scratch)[0]["list"] for _ in range(repeats))
    return [goal(f"{LISTED} objects listed in {LIST_SECONDS:g} s: {seconds:.2f}", seconds < LIST_SECONDS)]


def _timed(job: Callable[[], object]) -> float:
    os.sync()  # what waits to be written is not the step's
    clock = time.perf_counter()
    job()
    return time.perf_counter() - clock


def _write_large(folder: Path) -> None:
    folder.mkdir()
    chance = random.Random(1)
    with (folder / "large.bin").open("wb") as file:
        for _ in range(0, LARGE, CHUNK):
            file.write(chance.randbytes(CHUNK))
        file.truncate(LARGE)


if __name__ == "__main__":
    main()
