from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.indexfile import IndexFile
from tests.core.unwritable import enterable, locked_up

SCHEMA = ("CREATE TABLE item (key INTEGER PRIMARY KEY, word TEXT)",)
ADD = "INSERT INTO item VALUES (?, ?)"


@pytest.fixture
def folder() -> Iterator[Path]:
    with enterable() as folder:
        yield folder / "index"


def words(file: IndexFile) -> list[str]:
    return [word for (word,) in file.query("SELECT word FROM item ORDER BY key")]


def states(folder: Path) -> dict[str, tuple[int, int]]:
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.iterdir()}


def _fail_after(file: IndexFile, error: Exception) -> None:
    file.change(ADD, [(1, "one")])
    raise error


@pytest.mark.parametrize("error", [ValueError, TypeError, OverflowError, OSError])
def test_errors_of_the_caller_are_his_own(tmp_path: Path, error: type[Exception]) -> None:
    with closing(IndexFile(tmp_path / "index.db", SCHEMA)) as file:
        with pytest.raises(error, match="mine"), file.writing():
            _fail_after(file, error("mine"))
        assert words(file) == []
        with pytest.raises(error, match="mine"), file.reading():
            raise error("mine")
        with pytest.raises(TypeError):
            file.change(ADD, ((1, "one"[number]) for number in ("0",)))  # type: ignore[index]


def test_a_file_of_another_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    IndexFile(path, SCHEMA).close()
    IndexFile(path, SCHEMA).close()
    with pytest.raises(WorkspaceError, match="has version 1, and this program knows version 2; use the"):
        IndexFile(path, SCHEMA, version=2)


def test_reading_leaves_the_folder_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with closing(IndexFile(path, SCHEMA)) as file:
        file.change(ADD, [(1, "one")])
    before = states(tmp_path)
    with closing(IndexFile(path, SCHEMA)) as file:
        assert words(file) == ["one"]
    assert states(tmp_path) == before


def test_a_folder_that_cannot_be_written_to_can_be_read(folder: Path) -> None:
    with closing(IndexFile(folder / "an index?.db", SCHEMA)) as file:
        file.change(ADD, [(1, "one")])
    with locked_up(folder), closing(IndexFile(folder / "an index?.db", SCHEMA)) as file:
        with file.reading():
            assert words(file) == ["one"]
        with pytest.raises(WorkspaceError, match=r"cannot use the index .*readonly database"):
            file.change(ADD, [(2, "two")])


def test_what_was_not_closed_cannot_be_read_there(folder: Path) -> None:
    copy = folder.parent / "copy"
    copy.mkdir()
    with closing(IndexFile(folder / "index.db", SCHEMA)) as file:
        file.change(ADD, [(1, "one")])
    with closing(IndexFile(folder / "index.db", SCHEMA)) as file:
        file.change(ADD, [(2, "two")])
        for path in folder.glob("*.db*"):
            if path.suffix != ".db-shm":
                shutil.copy(path, copy)
    told = r"has changes in index\.db-wal, and .*copy cannot be written to; let the program"
    with locked_up(copy), pytest.raises(WorkspaceError, match=told):
        IndexFile(copy / "index.db", SCHEMA)
    with closing(IndexFile(copy / "index.db", SCHEMA)) as file:
        assert words(file) == ["one", "two"]


def test_a_second_opening_takes_no_lock_from_the_first(tmp_path: Path) -> None:
    """A process that goes must not take another's log with it, which it does if nobody seems to be there."""
    path = tmp_path / "index.db"
    with closing(IndexFile(path, SCHEMA)) as file:
        file.change(ADD, [(1, "one")])
        IndexFile(path, SCHEMA).close()
        elsewhere(path, 2)
        file.change(ADD, [(3, "three")])
        elsewhere(path, 4)
        with closing(IndexFile(path, SCHEMA)) as again:
            assert words(again) == words(file) == ["one", "2", "three", "4"]


def elsewhere(path: Path, key: int) -> None:
    """Add a row in another process, which is gone afterwards."""
    code = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        f"connection.execute('{ADD}', (int(sys.argv[2]), sys.argv[2]))\n"
        "connection.close()"
    )
    subprocess.run([sys.executable, "-c", code, path, str(key)], check=True)
