"""Stores in folders for the tests of `pixcrawler storage`, and what they and the catalog have."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.conftest import Command
from tests.e2e.jobs import rows_in_catalog
from tests.e2e.reviews import NAME

FOLDER = f"dataset-{NAME}"
UNIT = f"datasets/{FOLDER}"
EXPORT = f"exports/{FOLDER}.zip"


def table(place: Path) -> str:
    return f'[storage]\nstores = ["filesystem"]\n[storage.filesystem]\npath = {json.dumps(str(place))}\n'


def told(pixcrawler: Command, *arguments: str, code: int = 0) -> Any:
    done = pixcrawler("storage", *arguments, "--json")
    assert done.code == code, done.stderr
    return json.loads(done.stdout)


def listed(pixcrawler: Command) -> dict[str, Any]:
    """What the store has, by unit."""
    done = pixcrawler("storage", "ls", "--json")
    assert done.code == 0, done.stderr
    return {each["unit"]: each for each in map(json.loads, done.stdout.splitlines())}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def age(place: Path, days: int) -> None:
    """Make all that a store has older, where it notes times."""
    (index,) = place.rglob("store.sqlite")
    with closing(sqlite3.connect(index)) as database:
        ((newest,),) = database.execute("SELECT MAX(modified_at) FROM object").fetchall()
        second = 10 ** (len(str(newest)) - 10)
        change = "modified_at = modified_at - ?, accessed_at = accessed_at - ?"
        database.execute(f"UPDATE object SET {change}", (days * 86_400 * second,) * 2)  # noqa: S608
        database.commit()


def change(workspace: Path, statement: str) -> None:
    """Change the catalog, as none of its commands does."""
    with closing(sqlite3.connect(workspace / "catalog.db")) as database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute(statement)
        database.commit()


def noted(workspace: Path) -> dict[str, tuple[Any, ...]]:
    """What the catalog says of each unit: the dataset, objects, and bytes by tier."""
    rows = rows_in_catalog(workspace, "SELECT unit, dataset_id, objects, hot, warm, cold FROM stored_unit")
    return {unit: tuple(rest) for unit, *rest in rows}
