"""How the checks take malformed files: each in processes of its own, beside what Pillow says of it.

`python -m accuracy.corruption`; with `--sample 200 --seed 1` a part of the files, with `--json` a line each.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from accuracy.judging import DAMAGE, Judge, Result, judged
from corpora import files, listed, used_for
from measure import goal, megabytes, table
from PIL import Image as Pillow

SECONDS, BYTES = 2.0, 500_000_000
"""Goals: CPU time and memory that one file may take."""
WORST = 5
"""Files that are listed as slowest and largest."""


def chosen(names: Sequence[str], sample: int | None, seed: int) -> list[tuple[str, Path]]:
    """Files of the collections named, or of all malformed ones; with `sample` only that many, seeded."""
    known = listed()
    corpora = [known[name] for name in names] or used_for("malformed")
    found = [(corpus.name, path) for corpus in corpora for path in files(corpus)]
    return found if sample is None else random.Random(seed).sample(found, min(sample, len(found)))


def print_corpora(results: list[Result]) -> None:
    """The table of collections."""
    rows = []
    for name in [*dict.fromkeys(each.corpus for each in results), "all"]:
        part = [each for each in results if name in {each.corpus, "all"}]
        good = [each for each in part if each.decodable]
        bad = [each for each in part if not each.decodable]
        counts = [
            len(part),
            len(good),
            sum(not each.reason for each in good),
            sum(each.decode in DAMAGE for each in good),
            len(bad),
            sum(not each.decode for each in bad),
            sum(not each.reason for each in bad),
        ]
        rows.append([name, *map(str, counts)])
    head = ["collection", "files", "Pillow decodes", "of these accepted", "of these called damaged"]
    print(table([*head, "Pillow fails", "of these decoded", "of these accepted"], rows), end="\n\n")


def print_reasons(results: list[Result]) -> None:
    """How often each reason was given, for files that Pillow decodes and for others."""
    good = Counter(each.reason or "(accepted)" for each in results if each.decodable)
    bad = Counter(each.reason or "(accepted)" for each in results if not each.decodable)
    rows = [[reason, str(good[reason]), str(bad[reason])] for reason, _ in (good + bad).most_common()]
    print(table(["verdict", "Pillow decodes", "Pillow fails"], rows), end="\n\n")


def print_worst(results: list[Result]) -> None:
    """The slowest files and those that took most memory."""
    slow = sorted(results, key=lambda each: -each.seconds)[:WORST]
    large = sorted(results, key=lambda each: -each.peak)[:WORST]
    both = list(dict.fromkeys([*slow, *large]))
    rows = [
        [
            f"{each.corpus}/{each.file}",
            f"{each.seconds:.2f} s",
            megabytes(each.peak),
            each.decode or "decodes",
        ]
        for each in both
    ]
    print(table(["slowest and largest", "CPU time", "peak memory", "decode"], rows), end="\n\n")


def print_disagreements(results: list[Result]) -> None:
    """Files that Pillow and PixCrawler judge differently."""
    rows = [
        [each.name, each.pillow[:90].replace("|", "/"), each.decode or "decodes"]
        for each in results
        if each.disagreement
    ]
    if rows:
        print(table(["disagreement", "Pillow", "PixCrawler"], rows), end="\n\n")


def print_goals(results: list[Result]) -> None:
    """What was to hold for each file."""
    bad = [each for each in results if not each.decodable]
    accepted = [each for each in bad if not each.reason]
    good = [each for each in results if each.decodable]
    damaged = [each for each in good if each.decode in DAMAGE or each.reason in DAMAGE]
    failed = [each for each in results if each.ended or each.failed or each.reason == "check-failed"]
    slow = [each for each in results if each.seconds > SECONDS]
    large = [each for each in results if each.peak > BYTES]
    rejected = len(bad) - len(accepted)
    print(goal(f"what Pillow cannot decode is rejected: {rejected} of {len(bad)}", not accepted))
    what = f"what Pillow decodes is accepted, or rejected by a policy: {len(good) - len(damaged)}"
    print(goal(f"{what} of {len(good)}", not damaged))
    print(goal(f"nothing crashes, hangs or fails: {_names(failed)}", not failed))
    print(goal(f"at most {SECONDS:g} s of CPU each: {_names(slow)}", not slow))
    print(goal(f"at most {megabytes(BYTES)} each: {_names(large)}", not large))


def _names(results: Iterable[Result]) -> str:
    return (
        ", ".join(f"{each.name} ({each.ended or each.failed or each.reason})" for each in results) or "none"
    )


def main() -> None:
    """Read the command line, judge every file, print the report."""
    parser = argparse.ArgumentParser(description="Judge malformed files, each in a process of its own.")
    parser.add_argument("names", nargs="*", help="collections (default: all malformed ones)")
    parser.add_argument("--sample", type=int, help="only so many files, drawn with the seed")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample (default: 1)")
    parser.add_argument("--level", default="medium", help="fast, medium or slow (default: medium)")
    parser.add_argument("--json", action="store_true", help="one JSON line a file instead of the report")
    options = parser.parse_args()
    Pillow.init()  # its decoders are imported here, not in every child
    judge = Judge(options.level)
    results = []
    for corpus, path in chosen(options.names, options.sample, options.seed):
        result = judged(corpus, path, judge)
        results.append(result)
        if options.json:
            print(json.dumps(dataclasses.asdict(result)), flush=True)
    if not options.json:
        for part in (print_corpora, print_reasons, print_worst, print_disagreements, print_goals):
            part(results)


if __name__ == "__main__":
    main()
