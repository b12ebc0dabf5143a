"""`make bench-workers`: one job done by two workers with a core each, beside one worker with one core.

What two cores can bring here at most is told by two jobs of half the size that know nothing of each other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from clients import ledger_times
from measure import goal, table
from pictures import CACHE, small_crops, urls_of, write_urls
from serving import serving

HOSTS = 32
"""Names under which the server is asked: a shard has whole hosts."""
TIMES = 1.7
"""Goal: how much faster two workers are than one."""
ONE, TWO, HALVES = "one worker", "two workers", "two half jobs"
PATIENCE = 1800.0
"""Seconds after which a run counts as hanging."""
PROGRAM = str(Path(sys.executable).with_name("pixcrawler"))
JOB = """
[job]
name = "bench"
report = false
validation = "{level}"
[urls]
file = "{urls}"
[fetch]
concurrency = {concurrency}
allow_private_hosts = ["localhost"]
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A job that was done."""

    seconds: float
    """From the beginning of its run to its end, starts of processes and assembly included."""
    fetching: float
    """From the first row of the ledger to the last verdict."""
    images: int
    shards: int
    """That others than the process of the run did."""


def run_job(urls: Path, scratch: Path, cores: list[int], options: argparse.Namespace) -> Done:
    """Order the job in a fresh workspace, and let a worker on each of these cores do it."""
    workspace = scratch / "workspace"
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir()
    job = scratch / "job.toml"
    job.write_text(JOB.format(level=options.level, urls=urls, concurrency=options.concurrency))
    subprocess.run([PROGRAM, "jobs", "submit", str(job), "--workspace", str(workspace), "-q"], check=True)
    with (scratch / "workers.log").open("wb") as log:
        workers = [_worker(workspace, core, log.fileno()) for core in cores]
        try:
            _wait_for_end(workspace)
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait()
    return _done(workspace)


def run_halves(urls: list[str], scratch: Path, cores: list[int], options: argparse.Namespace) -> Done:
    """Let two workers do half of the addresses each at once, as jobs of workspaces of their own."""
    half, places = len(urls) // 2, [scratch / "first", scratch / "second"]
    for place, part in zip(places, (urls[:half], urls[half:]), strict=True):
        place.mkdir(exist_ok=True)
        write_urls(place / "urls.txt", part)
    with ThreadPoolExecutor(len(places)) as pool:
        pairs = zip(places, cores, strict=False)
        runs = [pool.submit(run_job, place / "urls.txt", place, [core], options) for place, core in pairs]
        first, second = (each.result() for each in runs)
    return Done(
        seconds=max(first.seconds, second.seconds),
        fetching=max(first.fetching, second.fetching),
        images=first.images + second.images,
        shards=0,
    )


def _worker(workspace: Path, core: int, log: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [PROGRAM, "worker", "--concurrency", "1", "--workspace", str(workspace)],
        stdin=subprocess.DEVNULL,
        stderr=log,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509  # no thread runs here yet
    )


def _wait_for_end(workspace: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(0.5)
        with closing(sqlite3.connect(workspace / "catalog.db", timeout=30)) as database:
            ((status, error),) = database.execute("SELECT status, error FROM crawl_job").fetchall()
        if status == "completed":
            return
        if status not in ("queued", "running"):
            raise SystemExit(f"the job is {status}: {error}")
    raise SystemExit(f"the job has not ended after {PATIENCE:.0f} s")


def _done(workspace: Path) -> Done:
    with closing(sqlite3.connect(workspace / "catalog.db")) as database:
        ((began, ended),) = database.execute("SELECT started_at, completed_at FROM crawl_job").fetchall()
        ((images,),) = database.execute("SELECT COUNT(*) FROM image").fetchall()
        ((shards,),) = database.execute("SELECT COUNT(*) FROM job_shard WHERE state = 'done'").fetchall()
    first, last = ledger_times(workspace)
    seconds = (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
    return Done(seconds=seconds, fetching=last - first, images=images, shards=shards)


def spread_over_hosts(urls: list[str]) -> list[str]:
    """The same addresses under many names of this machine."""
    return [url.replace("127.0.0.1", f"h{number % HOSTS}.localhost") for number, url in enumerate(urls)]


def main() -> None:
    """Read the command line, run the job with one worker and with two in turn, print the report."""
    parser = argparse.ArgumentParser(description="Measure what a second worker brings.")
    parser.add_argument("--count", type=int, default=10_000, help="images (default: 10,000)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each (default: 3)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the pictures (default: 1)")
    parser.add_argument("--concurrency", type=int, default=32, help="downloads at once (default: 32)")
    parser.add_argument("--level", default="medium", help="validation (default: medium)")
    options = parser.parse_args()
    folder = small_crops(options.count, options.seed)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("two workers need two cores")
    runs: dict[str, list[Done]] = {ONE: [], TWO: [], HALVES: []}
    with serving(folder, set(cores)) as server, TemporaryDirectory(dir=CACHE, prefix="workers-") as name:
        print(f"served by {server.name}; level {options.level}; Python {platform.python_version()}\n")
        urls = spread_over_hosts(urls_of(folder, server.url))
        listed = write_urls(Path(name) / "urls.txt", urls)
        for _ in range(options.repeats):
            for number, told in enumerate((ONE, TWO), 1):
                runs[told].append(run_job(listed, Path(name), cores[:number], options))
            runs[HALVES].append(run_halves(urls, Path(name), cores, options))
            print(json.dumps({told: round(done[-1].seconds, 1) for told, done in runs.items()}), flush=True)
    report(runs, options.count)


def report(runs: dict[str, list[Done]], count: int) -> None:
    """Print the medians, and the goal."""
    head = ["", "images", "shards", "seconds", "images/s", "seconds of fetching"]
    seconds = {name: median(each.seconds for each in done) for name, done in runs.items()}
    rows = [
        [
            name,
            f"{done[0].images:,}",
            str(median(each.shards for each in done)),
            f"{seconds[name]:.1f}",
            f"{done[0].images / seconds[name]:.0f}",
            f"{median(each.fetching for each in done):.1f}",
        ]
        for name, done in runs.items()
    ]
    print("\n" + table(head, rows), end="\n\n")
    times, most = (seconds[ONE] / seconds[each] for each in (TWO, HALVES))
    print(goal(f"{count:,} images, two workers at least {TIMES} times as fast: {times:.2f}", times >= TIMES))
    print(f"two jobs of half the size at once, which share nothing: {most:.2f} times as fast")


if __name__ == "__main__":
    main()
