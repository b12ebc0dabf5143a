"""Runs the `pixcrawler` command and notes which of its threads used the CPU when.

`python benchmarks/anatomy.py OUT.json threads|modules ARGUMENTS...`: `threads` samples the CPU time of every
thread, `modules` profiles the CPU time of the main thread (about fourfold by that: read shares, not times).
"""

from __future__ import annotations

import cProfile
import json
import os
import pstats
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

EVERY = 0.02
"""Seconds between samples."""
TICK = 1 / os.sysconf("SC_CLK_TCK")
PARTS = {
    "frozen importlib": "imports",
    "pixcrawler_core/fetch": "PixCrawler: fetch",
    "pixcrawler_core/stages": "PixCrawler: stages, run, selection",
    "pixcrawler_core/crawl": "PixCrawler: stages, run, selection",
    "pixcrawler": "PixCrawler: other",
    "site-packages/scrapy": "Scrapy",
    "site-packages/twisted": "Twisted",
    "site-packages/aiohttp": "aiohttp, yarl",
    "site-packages/yarl": "aiohttp, yarl",
    "site-packages/multidict": "aiohttp, yarl",
    "asyncio/": "asyncio",
    "concurrent/futures": "asyncio",
    "selectors.py": "asyncio",
    "site-packages": "other libraries",
}
"""Parts of a path, the first that fits decides, and the row of the report that its time goes to."""

Stats = dict[tuple[str, int, str], tuple[int, int, float, float, dict[Any, Any]]]


class ThreadTimes:
    """CPU seconds of this process by thread, over time."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, dict[str, float]]] = []
        self._ended: Counter[str] = Counter()
        self._alive: dict[int, tuple[str, float]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="benchmark", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take the last sample."""
        self._stop.set()
        self._thread.join()
        self._sample()

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            self._sample()

    def _sample(self) -> None:
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        alive: dict[int, tuple[str, float]] = {}
        for task in Path("/proc/self/task").iterdir():
            number = int(task.name)
            known = self._alive.get(number, ("libraries' own threads", 0.0))[0]
            try:
                alive[number] = names.get(number, known), _cpu(task)
            except OSError:
                continue  # it ended meanwhile
        for number in self._alive.keys() - alive.keys():
            name, used = self._alive[number]
            self._ended[name] += used  # type: ignore[assignment]  # a Counter of seconds
        self._alive = alive
        total: Counter[str] = Counter(self._ended)
        for name, used in alive.values():
            total[name] += used  # type: ignore[assignment]  # a Counter of seconds
        total.pop(self._thread.name, None)
        self.samples.append((time.time(), dict(total)))


def _cpu(task: Path) -> float:
    fields = (task / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def shares(profile: cProfile.Profile) -> dict[str, float]:
    """Seconds of the profiled thread by part; what is written in C counts for its caller."""
    parts: Counter[str] = Counter()
    stats: Stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # typeshed leaves it out
    for (path, _, name), (_, _, own, _, callers) in stats.items():
        if "select.epoll" in name:
            continue  # waiting
        if path != "~" or not callers:
            parts[_part(path, name)] += own  # type: ignore[assignment]  # a Counter of seconds
            continue
        for (caller, _, caller_name), timings in callers.items():
            parts[_part(caller, caller_name)] += timings[2]
    return dict(parts.most_common())


def _part(path: str, name: str) -> str:
    if name == "<module>":
        return "imports"
    return next((part for piece, part in PARTS.items() if piece in path), "standard library")


def main() -> None:
    """Run the command and write what was noted."""
    out, how, *arguments = sys.argv[1:]
    profile = cProfile.Profile(time.thread_time) if how == "modules" else None
    times = None if profile else ThreadTimes()
    if profile:
        profile.enable()
    try:
        from pixcrawler_core.cli import main as pixcrawler

        pixcrawler(arguments)
    finally:
        if times:
            times.stop()
            Path(out).write_text(json.dumps(times.samples))
        if profile:
            profile.disable()
            Path(out).write_text(json.dumps(shares(profile)))
            profile.dump_stats(f"{out}.prof")


if __name__ == "__main__":
    main()
