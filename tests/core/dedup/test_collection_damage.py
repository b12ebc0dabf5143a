"""Collections in whose list of files is whatever a damaged disk, or a person, put there."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.dedup.against import originals
from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.dedup.looking import Looker
from pixcrawler_core.dedup.methods import Method, build_methods
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.registry import load
from tests.core.dedup.gathering import picture

METHODS = build_methods(load(installed=False), ["sha256", "pixels", "phash"], {})
COLUMNS = {
    "file": ("key", "path", "size", "mtime_ns", "sha256", "width", "height"),
    "study": ("method", "key", "reason", "detail"),
    "print": ("key", "method", "told"),
    "sqlite_sequence": ("seq",),
}
TOLD = (
    "", "null", "[]", "{}", "nothing", "[" * 100_000, '{"sha256": 5}', '{"sha256": "xyz"}', '{"sha256": ""}',
    '{"hashes": []}', '{"hashes": "0"}', '{"hashes": [7]}', '{"hashes": ["-1"]}', '{"hashes": ["f0f0f0f0f"]}',
)  # fmt: skip
"""Texts in the place of fingerprints."""
NUMBERS = st.integers(-3, 9) | st.sampled_from([-(2**63), 2**62, 2**63 - 1])
JUNK = st.none() | NUMBERS | st.floats() | st.sampled_from(TOLD) | st.text() | st.binary(max_size=40)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three pictures, one of which is broken, and a collection of them."""
    folder = tmp_path_factory.mktemp("damaged")
    shutil.copy(picture(folder / "a.png", 9), folder / "b.png")
    (folder / "cut.png").write_bytes((folder / "a.png").read_bytes()[:50])
    with Collection(folder / "collection", METHODS) as collection:
        list(collection.add(sorted(folder.glob("*.png")), 1))
    return folder


def used(sound: Path, home: Path, methods: list[Method]) -> None:
    """All that is done with collections."""
    with Collection(home, methods) as own:
        keys = [seen.key for seen in own.add(sorted(sound.glob("*.png")), 1) if seen.key is not None]
        own.remove_gone(sound)
        files = own.files(own.matches().images)
        assert sum(file.stamp.size + file.width * file.height for file in files.values()) >= 0
        with Collection(sound / "collection", methods, changing=False) as other:
            for one, another in ((own, other), (other, own)):
                keys = [key for key in keys if one.files(np.array([key]))]
                list(originals(one, keys, [another], Looker(), lambda _: False, 1))


def copied(sound: Path, into: str) -> Path:
    return Path(shutil.copytree(sound / "collection", Path(into) / "collection"))


@st.composite
def damages(draw: st.DrawFn) -> tuple[str, object]:
    """A statement that writes something into a column, and what."""
    table = draw(st.sampled_from(sorted(COLUMNS)))
    column = draw(st.sampled_from(COLUMNS[table]))
    where = draw(st.sampled_from(["", " WHERE rowid = 1"])) if table in ("file", "print") else ""
    return f"UPDATE {table} SET {column} = ?{where}", draw(JUNK)  # noqa: S608  # of names above


@settings(deadline=None, max_examples=25)
@given(damages(), st.sampled_from([each.folder for each in METHODS]), st.booleans())
def test_only_damage_is_told(sound: Path, damage: tuple[str, object], index: str, lost: bool) -> None:
    """Whether an index is made again from the list or not."""
    with tempfile.TemporaryDirectory() as into:
        home = copied(sound, into)
        with (
            closing(sqlite3.connect(home / "files.db", isolation_level=None)) as database,
            suppress(sqlite3.Error),  # what the table does not take
        ):
            database.execute(damage[0], (damage[1],))
        if lost:
            shutil.rmtree(home / index)
        with suppress(WorkspaceError):
            used(sound, home, METHODS)


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM print", "file 0 has no fingerprint by method 0"),
        ("UPDATE print SET told = 'nothing'", "file 0 has no fingerprint by method 0"),
        ("UPDATE print SET told = '[]'", "file 0 has no fingerprint by method 0"),
        ("UPDATE print SET told = '{}'", r"a fingerprint cannot be used \(KeyError: 'sha256'\)"),
    ],
)
def test_a_fingerprint_that_is_none(sound: Path, statement: str, told: str, lost: bool) -> None:
    with tempfile.TemporaryDirectory() as into:
        home = copied(sound, into)
        with closing(sqlite3.connect(home / "files.db", isolation_level=None)) as database:
            database.execute(statement)
        if lost:
            shutil.rmtree(home / METHODS[0].folder)
        with pytest.raises(WorkspaceError, match=rf"files\.db is damaged: .*{told}.*; delete the folder"):
            used(sound, home, METHODS)
