"""`make bench-api`: how many requests the API answers, beside a bare Falcon hello on the same server.

One process answers, on a core of its own; the client (wrk, or hey at a fixed pace) has the other. The hello
and the API take turns; ratios are of medians. CPU is that of the answering process, from /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from api_world import DATASET, KEY, make
from measure import goal, split_cores, table

HERE = Path(__file__).parent
HELLO, API = 8431, 8432
JOB = f"http://127.0.0.1:{API}/api/v1/jobs/77"
LIVE = f"http://127.0.0.1:{API}/health/live"
IMAGES = f"http://127.0.0.1:{API}/api/v1/datasets/{DATASET}/images?limit=100"
AUTHORIZATION = f"Authorization: Bearer {KEY}"
SETTINGS = """
[server]
max_body = 1048576
[limits]
jobs_status = "100000000/hour"
"""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Pace:
    """What wrk or hey found."""

    rate: float
    """Answers a second."""
    p95: float
    """Milliseconds, of answers of any kind."""
    refused: int
    """Answers that are not 2xx."""
    cpu: float
    """Microseconds of CPU of the server for an answer."""


@contextmanager
def running(command: list[str], url: str, environment: dict[str, str] | None = None) -> Iterator[int]:
    """A server of one worker, on the second core; gives the worker's process."""
    cores = split_cores()[1]
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        cwd=HERE,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),  # noqa: PLW1509  # no thread runs here yet
    )
    try:
        until(lambda: urllib.request.urlopen(url, timeout=1))  # noqa: S310  # ours
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield int(children[0])
    finally:
        process.terminate()
        process.wait()


def until(ask: Callable[[], object]) -> None:
    """Wait for a server."""
    for _ in range(200):
        try:
            ask()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server does not answer")


def cpu_of(process: int) -> float:
    """Seconds of CPU of a process so far: proc(5)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def wrk(process: int, url: str, seconds: int, connections: int = 32) -> Pace:
    """As fast as it goes."""
    before = cpu_of(process)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-H", AUTHORIZATION]
    text = _run([*command, "-s", str(HERE / "api.lua"), url])
    told = json.loads(text.rpartition("RESULT ")[2])
    cpu = (cpu_of(process) - before) / max(1, told["requests"]) * 1e6
    return Pace(told["requests"] / told["seconds"], told["p95"] / 1000, told["refused"], cpu)


def hey(url: str, rate: float, seconds: int) -> float:
    """The p95 in milliseconds at a fixed pace."""
    workers = 20
    command = ["hey", "-z", f"{seconds}s", "-c", str(workers), "-q", f"{rate / workers:.2f}", "-o", "csv"]
    rows = _run([*command, "-H", AUTHORIZATION, url]).splitlines()[1:]
    return quantiles([float(row.partition(",")[0]) * 1000 for row in rows], n=100)[94]


def pages(count: int) -> list[float]:
    """Milliseconds of each page of the list of all images, one after the other, to its end."""
    times, cursor = [], ""
    for _ in range(count):
        request = urllib.request.Request(IMAGES + cursor, headers={"Authorization": f"Bearer {KEY}"})  # noqa: S310
        begun = time.perf_counter()
        with urllib.request.urlopen(request) as answer:  # noqa: S310  # ours
            told = json.load(answer)
        times.append((time.perf_counter() - begun) * 1000)
        if not told["has_more"]:
            break
        cursor = f"&cursor={told['next_cursor']}"
    return times


def _run(command: list[str]) -> str:
    cores = split_cores()[0]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),  # no thread runs here yet
    )
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def compare(hello: int, api: int, rounds: int, seconds: int) -> tuple[list[Pace], list[Pace], list[Pace]]:
    """The hello, a job, and a route without a query, in turns."""
    found: tuple[list[Pace], list[Pace], list[Pace]] = ([], [], [])
    for _ in range(rounds):
        found[0].append(wrk(hello, f"http://127.0.0.1:{HELLO}/hello", seconds))
        found[1].append(wrk(api, JOB, seconds))
        found[2].append(wrk(api, LIVE, seconds))
    return found


def report(hello: int, api: int, options: argparse.Namespace) -> None:
    """Measure everything, and print it."""
    plain, jobs, live = compare(hello, api, options.rounds, options.seconds)
    base = median(each.rate for each in plain)
    rows = [
        _row("hello", plain, base),
        _row("GET /jobs/{id}", jobs, base),
        _row("GET /health/live", live, base),
    ]
    print(table(["route", "requests/s", "ratio", "CPU, µs", "p95, ms"], rows), end="\n\n")
    job, health = (median(each.rate for each in found) / base for found in (jobs, live))
    steady = hey(JOB, 0.7 * median(each.rate for each in jobs), options.seconds * 2)
    times = pages(options.images // 100)
    tenth = max(1, len(times) // 10)
    first, last = (sorted(part)[int(len(part) * 0.95)] for part in (times[:tenth], times[-tenth:]))
    over = wrk(api, JOB, options.overload, 320)
    time.sleep(2)
    after = wrk(api, JOB, options.seconds)
    print(f"- p95 of GET /jobs/{{id}} at 70 % of its capacity: {steady:.1f} ms")
    print(f"- p95 of pages of 100 of {options.images} images: first tenth {first:.1f} ms, last {last:.1f} ms")
    print(
        f"- 320 connections for {options.overload} s: {over.rate:.0f}/s, p95 {over.p95:.1f} ms, "
        f"{over.refused} turned away; 2 s later {after.rate:.0f}/s",
        end="\n\n",
    )
    print(goal(f"GET /jobs/{{id}} at 0.35 of hello: {job:.2f}", job >= 0.35))
    print(goal(f"GET /health/live at 0.7 of hello: {health:.2f}", health >= 0.7))
    print(goal(f"p95 under 20 ms at 70 %: {steady:.1f} ms", steady < 20))
    print(goal(f"p95 of pages under 50 ms: {max(first, last):.1f} ms", max(first, last) < 50))
    print(goal(f"p95 under 200 ms when overloaded: {over.p95:.1f} ms", over.p95 < 200))


def _row(name: str, found: list[Pace], base: float) -> list[str]:
    rate = median(each.rate for each in found)
    cpu, p95 = median(each.cpu for each in found), median(each.p95 for each in found)
    refused = sum(each.refused for each in found)
    if refused:
        raise SystemExit(f"{name}: {refused} answers were not 2xx")
    return [name, f"{rate:.0f}", f"{rate / base:.2f}", f"{cpu:.0f}", f"{p95:.1f}"]


def main() -> None:
    """Parse options, make the workspace, run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--overload", type=int, default=30)
    parser.add_argument("--database", help="URL of an empty PostgreSQL database; default: SQLite")
    options = parser.parse_args()
    missing = [name for name in ("wrk", "hey") if shutil.which(name) is None]
    if missing:
        raise SystemExit(f"install {' and '.join(missing)} (Debian has them)")
    programs = Path(sys.executable).parent
    with TemporaryDirectory(prefix="pixcrawler-api-") as folder:
        root = Path(folder) / "workspace"
        make(root, options.database, options.images, options.jobs)
        (root / "server.toml").write_text(SETTINGS)
        worker = ["-k", "pixcrawler_server.worker.Worker"]
        hello = [str(programs / "gunicorn"), *worker, "-b", f"127.0.0.1:{HELLO}", "api_hello:application()"]
        serve = [
            str(programs / "pixcrawler"),
            "serve",
            "--without-worker",
            "--quiet",
            "--workspace",
            str(root),
        ]
        serve += ["--bind", f"127.0.0.1:{API}"]
        serve += ["--database", options.database] if options.database else []
        with running(hello, f"http://127.0.0.1:{HELLO}/hello") as plain, running(serve, LIVE) as api:
            report(plain, api, options)


if __name__ == "__main__":
    main()
