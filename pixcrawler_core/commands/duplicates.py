"""Groups of duplicates as `pixcrawler dedup` tells them."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pixcrawler_core.amounts import count, megabytes
from pixcrawler_core.commands.paths import text_of, visible
from pixcrawler_core.dedup.files import File


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """A file that duplicates another one."""

    file: File
    shown: Path
    method: str
    """Name of the method that recognised it."""
    distance: float
    """In the method's unit."""
    saves: int
    """Bytes that are free when it is deleted: none if it shares them with another file of its group."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A file that is kept, and its duplicates."""

    kept: File
    shown: Path
    reference: Path | None
    """What `--against` named, if the file is of that."""
    copies: tuple[Copy, ...]


def saved_by(kept: File, files: Sequence[File]) -> list[int]:
    """How many bytes each of the duplicates of a file takes that no other one of them takes too."""
    known = {_inode(kept)}
    saved = []
    for file in files:
        inode = _inode(file)
        saved.append(0 if inode in known else file.stamp.size)
        known.add(inode)
    return saved


def show(found: Sequence[Found], *, as_json: bool) -> None:
    """Print the groups: as JSON objects, a line each, or as blocks."""
    for number, each in enumerate(found):
        if as_json:
            click.echo(json.dumps(_object(each)))
            continue
        if number:
            click.echo()
        of = f" (of {visible(each.reference)})" if each.reference else ""
        click.echo(f"{visible(each.shown)}{of}")
        for copy in each.copies:
            click.echo(f"  {visible(copy.shown)}: {copy.method} {copy.distance:.4g}")


def totals(found: Sequence[Found]) -> str:
    """Groups, duplicates by method, and what they take, in words."""
    tally = Counter(copy.method for each in found for copy in each.copies)
    methods = ", ".join(f"{method} {number}" for method, number in tally.most_common())
    size = sum(copy.saves for each in found for copy in each.copies)
    told = f" ({methods}), {megabytes(size)} could be saved" if tally else ""
    return f"{count(len(found), 'group')}, {count(tally.total(), 'duplicate')}{told}"


def _object(found: Found) -> dict[str, Any]:
    return {
        "kept": text_of(found.shown),
        "reference": text_of(found.reference) if found.reference else None,
        "duplicates": [
            {"path": text_of(copy.shown), "method": copy.method, "distance": copy.distance}
            for copy in found.copies
        ],
    }


def _inode(file: File) -> tuple[int, int] | Path:
    try:
        found = os.lstat(file.path)
    except OSError:
        return file.path
    return found.st_dev, found.st_ino
