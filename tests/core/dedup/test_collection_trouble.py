"""Collections whose process was killed, that are in use, or damaged."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pixcrawler_core.dedup.collection import NOTED, Collection
from pixcrawler_core.errors import WorkspaceError
from tests.conftest import CHECKOUT
from tests.core.dedup.gathering import BOTH, BYTES, SHADES, added, files, paired, pictures


def test_killed_at_any_moment_it_goes_on(home: Path, tmp_path: Path) -> None:
    paths = pictures(tmp_path / "many", 3 * NOTED + 50)
    program = [sys.executable, "-m", "tests.core.dedup.gathering", str(home), str(tmp_path / "many")]
    with subprocess.Popen(program, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(NOTED + 77):
            assert process.stdout.readline()
        process.kill()
    with Collection(home, BOTH) as collection:
        seen = added(collection, paths)
        unread = [name for name, each in seen.items() if not each.read]
        assert NOTED <= len(unread) < len(paths)
        assert len({each.key for each in seen.values()}) == len(paths)
        exact = {(f"{number - 1:03}.png", f"{number:03}.png") for number in range(9, len(paths), 10)}
        assert exact <= paired(collection)
    with Collection(home, [BYTES]) as collection:
        assert paired(collection) == exact


def test_indexes_are_brought_to_agree_with_the_notes(home: Path, folder: Path) -> None:
    """An index has more when the process was killed before the files were noted, less when it was lost."""
    with Collection(home, BOTH) as collection:
        added(collection, files(folder))
    with sqlite3.connect(home / "files.db") as database:
        (key,) = database.execute("SELECT key FROM file WHERE CAST(path AS TEXT) LIKE '%b.png'").fetchone()
        for table in ("file", "study", "print"):
            database.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608
    shutil.rmtree(home / SHADES.folder)
    with Collection(home, BOTH) as collection:
        assert paired(collection) == set()
        again = added(collection, files(folder))
        assert [name for name, seen in again.items() if seen.read] == ["b.png"]
        assert paired(collection) == {("a.png", "b.png")}
    with Collection(home, [SHADES]) as collection:
        assert paired(collection) == {("a.png", "b.png")}


def test_nobody_else_changes_it_meanwhile(home: Path) -> None:
    with (
        Collection(home, [BYTES]),
        pytest.raises(WorkspaceError, match=rf"{home} is in use \(held by process {os.getpid()}"),
    ):
        Collection(home, [BYTES])
    Collection(home, [BYTES]).close()


def test_a_folder_of_something_else_is_left_alone(folder: Path) -> None:
    before = files(folder)
    with pytest.raises(WorkspaceError, match="is no collection, and not empty"):
        Collection(folder, [BYTES])
    assert files(folder) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is damaged; delete the folder"),
        ("[]", "is damaged; delete the folder"),
        ('{"version": 1, "methods": "all"}', "is damaged; delete the folder"),
        ("[" * 100_000, "is damaged; delete the folder"),
        ('{"version": 1, "methods": [{"version": 1}]}', "is damaged; delete the folder"),
        ('{"version": 2, "methods": []}', "has version 2, and this program knows version 1"),
    ],
)
def test_a_wrong_description(home: Path, text: str, told: str) -> None:
    home.mkdir()
    (home / "collection.json").write_text(text)
    for changing in (True, False):
        with pytest.raises(WorkspaceError, match=told):
            Collection(home, [BYTES], changing=changing)


def test_a_damaged_list_of_files(home: Path, folder: Path) -> None:
    with Collection(home, [BYTES]) as collection:
        added(collection, files(folder))
    with sqlite3.connect(home / "files.db") as database:
        database.execute("UPDATE file SET path = 'text' WHERE CAST(path AS TEXT) LIKE '%a.png'")
    with Collection(home, [BYTES]) as collection, pytest.raises(WorkspaceError, match="is damaged"):
        paired(collection)
    (home / "files.db").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(WorkspaceError, match="is damaged"):
        Collection(home, [BYTES])
