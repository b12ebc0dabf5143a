"""What `pixcrawler diff` does: reads both sides, tells of each difference, and how many there are."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pixcrawler_core.commands.datasets import dataset_folder
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.provenance.comparing import KINDS, Change, Side, compare, counts, read_side
from pixcrawler_core.provenance.versions import version_of

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

SIGNS = {"added": "+", "removed": "-", "changed": "!", "moved": ">"}


def diff_datasets(context: Context, before: str, after: str, *, summary: bool, as_json: bool) -> int:
    """Compare two datasets that the command line names; returns the exit code."""
    sides = [read_side(_place(context, text)) for text in (before, after)]
    changes = compare(*sides)
    if as_json:
        click.echo(json.dumps(_told(sides, changes, summary=summary), indent=1))
        return 0
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for change in changes:
        totals[change.category][change.kind] += 1
        if not summary:
            click.echo(visible(_line(change)))
    if not context.quiet:
        _show(sides, totals)
    return 0


def _place(context: Context, text: str) -> Path:
    given = Path(text)
    return given if given.is_file() else dataset_folder(context, text)


def _line(change: Change) -> str:
    if change.kind == "moved":
        return f"> {change.before} -> {change.path}"
    if change.kind in SIGNS:
        return f"{SIGNS[change.kind]} {change.path}"
    told = f": {change.before} -> {change.after}" if change.before else ""
    return f"{change.kind} {change.path}{told}"


def _told(sides: Iterable[Side], changes: Iterable[Change], *, summary: bool) -> dict[str, Any]:
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    listed: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for change in changes:
        totals[change.category][change.kind] += 1
        if not summary:
            listed[change.kind].append(change.as_json())
    whole: Counter[str] = sum(totals.values(), Counter())
    told: dict[str, Any] = {name: _side(side) for name, side in zip("ab", sides, strict=True)}
    told |= {"counts": {kind: whole[kind] for kind in KINDS}, "categories": counts(totals)}
    return told if summary else {**told, "changes": listed}


def _side(side: Side) -> dict[str, Any]:
    version = version_of(dict(side.head))
    return {
        "path": str(side.path),
        "dataset": side.head.get("dataset"),
        "version": version,
        "images": len(side.images),
    }


def _show(sides: Iterable[Side], totals: dict[str, Counter[str]]) -> None:
    for name, side in zip("AB", sides, strict=True):
        told = _side(side)
        where = f"{name}: dataset {told['dataset']}, version {told['version']}, {told['images']} images"
        click.echo(visible(f"{where} ({told['path']})"))
    for category, found in counts(totals).items():
        click.echo(visible(f"{category}: {_numbers(found)}"))
    whole: Counter[str] = sum(totals.values(), Counter())
    click.echo(f"in all: {_numbers({kind: whole[kind] for kind in KINDS if whole[kind]}) or 'no difference'}")


def _numbers(found: dict[str, int]) -> str:
    return ", ".join(f"{number} {_words(kind)}" for kind, number in found.items())


def _words(kind: str) -> str:
    return kind if kind in SIGNS else f"with another {kind}" if kind != "labels" else "with other labels"
