"""Lists the files of an export page by page, in the order of their paths, however many there are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pixcrawler_core.exports.volumes import files_of

Listed = tuple[str, int]
"""Path of a file within the export, as `name` of a download takes it, and its bytes."""


def files_after(export: Path, after: str) -> Iterator[Listed]:
    """The files of an export whose paths come after one, part by part; links are left out. Raises OSError.

    An export that is one file, or several volumes, has these.
    """
    if export.is_dir():
        yield from _within(export, "", after.split("/") if after else [])
        return
    for path in files_of(export):
        if path.name > after:
            yield path.name, path.stat().st_size


def _within(folder: Path, above: str, after: Sequence[str]) -> Iterator[Listed]:
    """What is in a folder; of what lies before the path `after`, folders are not looked into."""
    first, rest = (after[0], after[1:]) if after else ("", [])
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.name < first:
            continue
        deeper = rest if entry.name == first else []
        if entry.is_dir(follow_symlinks=False):
            yield from _within(folder / entry.name, f"{above}{entry.name}/", deeper)
        elif entry.is_file(follow_symlinks=False) and entry.name != first:
            yield f"{above}{entry.name}", entry.stat(follow_symlinks=False).st_size
