"""`make bench-start`: how long `import pixcrawler_core` and `pixcrawler --help` take."""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from measure import goal, table

GOAL = 0.3
"""Seconds."""
COMMANDS = {
    "`python -c pass`": [sys.executable, "-c", "pass"],
    "`import pixcrawler_core`": [sys.executable, "-c", "import pixcrawler_core"],
    "`pixcrawler --help`": [str(Path(sys.executable).with_name("pixcrawler")), "--help"],
}
IMPORT_TIME = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|( +)(\S+)")
SLOWEST = 12
"""Imports that are listed."""


def seconds(command: list[str]) -> float:
    """How long a command takes."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def slowest_imports() -> list[tuple[str, float]]:
    """Modules that `pixcrawler --help` imports, and their own milliseconds, the slowest first."""
    program = "import sys; sys.argv = ['pixcrawler', '--help']; from pixcrawler_core.cli import main; main()"
    command = [sys.executable, "-X", "importtime", "-c", program]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    own = {match[4]: int(match[1]) / 1000 for match in IMPORT_TIME.finditer(told)}
    return sorted(own.items(), key=lambda item: -item[1])[:SLOWEST]


def main() -> None:
    """Read the command line, time the commands in turns, print the report."""
    parser = argparse.ArgumentParser(description="Time the start of PixCrawler.")
    parser.add_argument("--repeats", type=int, default=10, help="runs of each command (default: 10)")
    options = parser.parse_args()
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        seconds(command)  # once to have everything compiled and in the page cache
    for _ in range(options.repeats):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    rows = [
        [name, f"{min(taken):.3f} s", f"{statistics.median(taken):.3f} s"] for name, taken in times.items()
    ]
    print(table(["command", "best", "median"], rows), end="\n\n")
    for name in list(COMMANDS)[1:]:
        median = statistics.median(times[name])
        print(goal(f"{name} in under {GOAL} s: {median:.3f} s (median)", median < GOAL))
    print()
    imports = [[f"`{name}`", f"{took:.1f} ms"] for name, took in slowest_imports()]
    print(table(["slowest imports of --help, without what they import", "time"], imports))


if __name__ == "__main__":
    main()
