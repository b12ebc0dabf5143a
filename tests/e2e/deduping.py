"""What tests of `pixcrawler dedup` share: photographs, and what is read of its output."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.conftest import PHOTOGRAPHS, Finished

CASTLES = sorted((PHOTOGRAPHS / "castles").glob("*.jpg"))
ALL = {
    "a.jpg": [("copy.jpg", "sha256")],
    "c.jpg": [("half.jpg", "phash")],
    "pixels.png": [("b.jpg", "pixels")],
}
"""The groups of the fixture `pictures`."""


def groups(done: Finished) -> dict[str, list[tuple[str, str]]]:
    """The JSON of a run: names of kept files with those of their duplicates, and the methods."""
    assert done.code == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {
        Path(each["kept"]).name: [(Path(one["path"]).name, one["method"]) for one in each["duplicates"]]
        for each in told
    }


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def noted(index: Path) -> set[str]:
    """The names of the files in an index."""
    with closing(sqlite3.connect(index / "files.db")) as database:
        return {Path(os.fsdecode(path)).name for (path,) in database.execute("SELECT path FROM file")}
