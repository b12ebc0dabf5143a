"""`make bench-validate`: what the checks take per image, beside the floor and cleanvision, and over many.

Prints Markdown tables: time per image by level and size, by check; the command beside cleanvision 0.3.7 on
the same folder; one core and two; memory over 10,000 images.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from measure import Measured, goal, measured, megabytes, split_cores, table
from pictures import CACHE, ROOT, large_crops, small_crops
from sizes import FINE, USUAL, photographs_of

HERE = Path(__file__).resolve().parent
PEER = CACHE / "cleanvision"
PEER_PACKAGES = ("cleanvision==0.3.7",)
SMALL, LARGE = 0.5, 12
"""Megapixels."""
SIZES = (f"{SMALL} MP, quality {USUAL}", f"{SMALL} MP, quality {FINE}", f"{LARGE} MP, quality {FINE}")
GOALS = {"fast": 1.2, "medium": 10.0, "slow": 200.0}
"""Milliseconds of CPU for an image of half a megapixel, at most."""
LARGER, FASTER, SCALE, FLAT = 3.0, 6.0, 1.8, 1.1
"""Goals: times that for 12 megapixels; times cleanvision's speed; two cores to one; memory, last to early."""
COUNTS = {"fast": 2000, "medium": 2000, "slow": 200}
"""Images for whole commands, by level."""
TIMES = {"fast": 10, "medium": 2, "slow": 1}
"""How often they are gone through to compare one core with two: often enough that the start is little."""
SAME = {"file_size", "format", "dimensions", "animation", "integrity"}
SAME |= {"information", "exposure", "blur", "saturation"}
"""What cleanvision checks too: size, aspect, information, light, dark, blur, grey, that it can be read."""


class Bench:
    """A scratch folder and cores, and the programs that run there."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.one, other = split_cores()
        self.two = self.one | other

    def times(self, folder: Path, level: str, repeats: int) -> dict[str, Any]:
        """What checking.py tells, on one core."""
        command: list[str | Path] = [sys.executable, HERE / "checking.py", folder, level, str(repeats)]
        told: dict[str, Any] = json.loads(measured(command, self.one, self.scratch / "log").output)
        return told

    def validate(
        self, folder: Path, level: str, *options: str | Path, jobs: int = 1, sample_every: float | None = None
    ) -> Measured:
        """`pixcrawler validate`, whole, with as many cores as processes; options may name folders too."""
        command: list[str | Path] = [Path(sys.executable).with_name("pixcrawler"), "validate", folder]
        command += [f"--level={level}", f"--jobs={jobs}"]
        command += [f"--workspace={self.scratch / 'none'}", "--quiet"]
        cores = self.one if jobs == 1 else self.two
        return measured([*command, *options], cores, self.scratch / "log", sample_every=sample_every)

    def cleanvision(self, folder: Path) -> Measured:
        """cleanvision, whole, in one process on one core."""
        command: list[str | Path] = [PEER / "bin/python", HERE / "cleaning.py", folder, "1"]
        return measured(command, self.one, self.scratch / "log")

    def only_same(self, level: str) -> Path:
        """A file of options that leaves only the checks that cleanvision has too."""
        shown = subprocess.run(
            [Path(sys.executable).with_name("pixcrawler"), "plugins", "list", "--kind=validator", "--json"],
            check=True,
            capture_output=True,
        )
        names = [each["name"] for each in json.loads(shown.stdout)]
        others = [f"[validators.{name}]\nenabled = false\n" for name in names if name not in SAME]
        path = self.scratch / f"{level}.toml"
        path.write_text("\n".join(others))
        return path


def print_times(bench: Bench, levels: Sequence[str], repeats: int) -> None:
    """Milliseconds per image by level and size, and the goals; then by check."""
    rows, lines, parts = [], [], []
    for level in levels:
        small, large = (bench.times(photographs_of(size), level, repeats) for size in (SMALL, LARGE))
        usual = bench.times(photographs_of(SMALL, USUAL), level, repeats)
        floor = "decode, grey, scaled by DCT" if level == "fast" else "decode, colour, scaled by DCT"
        runs = (usual, small, large)
        figures = [figure for run in runs for figure in (run["all"], run["floors"][floor])]
        accepted = ", ".join(f"{run['accepted']} of {run['images']}" for run in runs)
        rows.append([level, *(f"{figure:.2f} ms" for figure in figures), accepted])
        most = GOALS[level]
        for size, times, took in zip(SIZES, (1, 1, LARGER), figures[::2], strict=True):
            lines.append(
                goal(f"{level}, {size}: at most {times * most:g} ms: {took:.2f}", took <= times * most)
            )
        parts = [
            [name, f"{took:.2f} ms", f"{large['checks'][name]:.2f} ms"]
            for name, took in small["checks"].items()
        ]
    head = ["level", *(column for size in SIZES for column in (size, "decode only")), "images accepted"]
    print(table(head, rows), end="\n\n")
    print("\n".join(lines), end="\n\n")
    print(table(["check, by itself", f"{SMALL} MP", f"{LARGE} MP"], parts), end="\n\n")


def print_peer(bench: Bench, count: int) -> None:
    """The command beside cleanvision, on the same folder and one core; whole programs, start included."""
    folder = large_crops(count, 1)
    runs = {
        "cleanvision 0.3.7": bench.cleanvision(folder),
        "PixCrawler, the same checks": bench.validate(
            folder, "medium", "--config", bench.only_same("medium")
        ),
        "PixCrawler, all medium checks": bench.validate(folder, "medium"),
    }
    peer = runs["cleanvision 0.3.7"]
    rows = [
        [
            name,
            f"{1000 * run.wall / count:.1f} ms",
            f"{1000 * run.cpu / count:.1f} ms",
            megabytes(run.peak),
            f"{peer.wall / run.wall:.1f}",
        ]
        for name, run in runs.items()
    ]
    print(
        table(
            [f"{count:,} crops of photographs", "per image", "CPU per image", "memory", "times as fast"], rows
        ),
        end="\n\n",
    )
    ratio = peer.wall / runs["PixCrawler, the same checks"].wall
    print(goal(f"at least {FASTER:g} times as fast as cleanvision: {ratio:.1f}", ratio >= FASTER), end="\n\n")


def print_cores(bench: Bench, levels: Sequence[str], counts: dict[str, int]) -> None:
    """One process on one core beside two on two."""
    rows, lines = [], []
    for level in levels:
        folder = large_crops(counts[level], 1)
        again, count = [folder] * (TIMES[level] - 1), counts[level] * TIMES[level]
        one, two = (bench.validate(folder, level, *again, jobs=jobs) for jobs in (1, 2))
        rates = [count / run.wall for run in (one, two)]
        rows.append([level, f"{count:,}", *(f"{rate:.0f}" for rate in rates), f"{rates[1] / rates[0]:.2f}"])
        met = rates[1] >= SCALE * rates[0]
        lines.append(goal(f"{level}: two cores at least {SCALE} times one: {rates[1] / rates[0]:.2f}", met))
    print(table(["level", "images", "images/s, one core", "two cores", "ratio"], rows), end="\n\n")
    print("\n".join(lines), end="\n\n")


def print_memory(bench: Bench, count: int, level: str) -> None:
    """Memory of one process over many images: at its most early (the third tenth) and late (the last)."""
    run = bench.validate(small_crops(count, 1), level, sample_every=0.1)
    tenth = run.wall / 10
    early = max((held for at, held in run.curve if at < 3 * tenth), default=0)
    late = max((held for at, held in run.curve if at >= 9 * tenth), default=0)
    marks = [
        max((held for at, held in run.curve if n * tenth <= at < (n + 1) * tenth), default=0)
        for n in range(10)
    ]
    head = [f"{count:,} images, tenth", *map(str, range(1, 11))]
    print(table(head, [["memory", *(megabytes(held) for held in marks)]]), end="\n\n")
    what = f"{level}, {count:,} images: memory stays flat: {megabytes(early)} early, {megabytes(late)} late"
    print(goal(what, late <= FLAT * early))


def install_cleanvision() -> None:
    """Make cleanvision's own environment in `.cache`, once."""
    if (PEER / ".installed").exists():
        return
    print(f"installing {PEER_PACKAGES[0]} into {PEER.relative_to(ROOT)} (once)", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(PEER)], check=True)
    subprocess.run([PEER / "bin/python", "-m", "pip", "install", "--quiet", *PEER_PACKAGES], check=True)
    (PEER / ".installed").touch()


def main() -> None:
    """Read the command line, run everything, print the report."""
    parser = argparse.ArgumentParser(description="Time the checks, and compare them with cleanvision.")
    parser.add_argument(
        "--level", action="append", choices=list(GOALS), help="only this level; may be repeated"
    )
    parser.add_argument("--repeats", type=int, default=5, help="the best of so many (default: 5)")
    parser.add_argument("--count", type=int, default=10_000, help="images for memory (default: 10,000)")
    parser.add_argument("--no-peer", action="store_true", help="leave cleanvision out")
    options = parser.parse_args()
    levels = options.level or list(GOALS)
    with TemporaryDirectory(dir=CACHE, prefix="validate-") as scratch:
        bench = Bench(Path(scratch))
        print(f"one core unless it says otherwise; Python {platform.python_version()}\n")
        print_times(bench, levels, options.repeats)
        if not options.no_peer:
            install_cleanvision()
            print_peer(bench, COUNTS["medium"])
        print_cores(bench, levels, COUNTS)
        print_memory(bench, options.count, levels[min(1, len(levels) - 1)])


if __name__ == "__main__":
    main()
