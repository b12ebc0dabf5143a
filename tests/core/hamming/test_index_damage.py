from __future__ import annotations

import re
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.hamming.index import HammingIndex
from tests.core.hamming.adding import hash_of

ROUNDS, EACH = 12, 40
REBUILD = r"hashes\.db is damaged: .*; delete the folder .* and run the command that made it again"


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes: the kernel refuses the write, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index as a killed process leaves it: rounds of keys, some in the file, the others in its log."""
    living, left = tmp_path_factory.mktemp("living"), tmp_path_factory.mktemp("left")
    with HammingIndex(living) as index:
        for key in range(EACH):
            index.add(key, hash_of(key))
    with HammingIndex(living) as index:
        for key in range(EACH, ROUNDS * EACH):
            index.add(key, hash_of(key))
            if key % EACH == EACH - 1:
                index.flush()
        for path in living.iterdir():
            shutil.copy(path, left)
    return left


def copied(folder: Path, factory: pytest.TempPathFactory) -> Path:
    copy = factory.mktemp("copy")
    for path in folder.iterdir():
        shutil.copy(path, copy)
    return copy


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1), st.booleans())
def test_a_torn_log_is_cut_at_a_flush(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, where: float, garbled: bool
) -> None:
    copy = copied(folder, tmp_path_factory)
    log = copy / "hashes.db-wal"
    data = log.read_bytes()
    cut = int(where * len(data))
    log.write_bytes(data[:cut] + (bytes(byte ^ 0x5A for byte in data[cut:]) if garbled else b""))
    with HammingIndex(copy, mirrored=0) as index:
        index.check()
        entries = list(index.entries())
    assert len(data) > 100_000
    assert len(entries) % EACH == 0
    assert entries == [(key, hash_of(key)) for key in range(len(entries))]
    assert len(entries) >= EACH * (1 + int((ROUNDS - 2) * where * 0.5))


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_a_flipped_bit_is_found_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, where: float, bit: int
) -> None:
    copy = copied(folder, tmp_path_factory)
    with HammingIndex(copy, mirrored=0):
        pass
    path = copy / "hashes.db"
    data = bytearray(path.read_bytes())
    data[int(where * len(data))] ^= 1 << bit
    path.write_bytes(data)
    told = []
    try:
        with HammingIndex(copy, mirrored=0) as index:
            index.check()
            told = list(index.entries())
    except WorkspaceError as error:
        told = re.findall(r"index .*hashes\.db", str(error))
    assert told == [(key, hash_of(key)) for key in range(ROUNDS * EACH)] or len(told) == 1


def broken(folder: Path, factory: pytest.TempPathFactory, statement: str) -> Path:
    """A copy of an index in which a statement was run behind its back."""
    copy = copied(folder, factory)
    with closing(sqlite3.connect(copy / "hashes.db")) as database:
        database.execute(statement)
        database.commit()
    return copy


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE bucket SET hashes = zeroblob(8)", "the checksum of bucket .* is wrong"),
        ("UPDATE bucket SET hashes = 'text'", "bucket .* has something else than hashes"),
        ("DELETE FROM item", "a bucket has a hash that no key has"),
        ("DROP TABLE item", "no such table"),
    ],
)
def test_damage_is_named_by_whatever_meets_it(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, statement: str, why: str
) -> None:
    with HammingIndex(broken(folder, tmp_path_factory, statement)) as index:
        with pytest.raises(WorkspaceError, match=rf"hashes\.db is damaged: {why}"):
            index.nearest(hash_of(7), 7)
        with pytest.raises(WorkspaceError, match=r"hashes\.db"):
            index.check()


def test_text_in_the_place_of_a_hash_is_damage(
    tmp_path_factory: pytest.TempPathFactory, folder: Path
) -> None:
    told = r"hashes\.db is damaged: it has something else in the place of numbers"
    with HammingIndex(broken(folder, tmp_path_factory, "UPDATE item SET hash = 'text'")) as index:
        with pytest.raises(WorkspaceError, match=told):
            list(index.entries())
        with pytest.raises(WorkspaceError, match=told):
            index.remove(7)
        with pytest.raises(WorkspaceError, match=told):
            index.check()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM bucket WHERE id = (SELECT max(id) FROM bucket)",
        "DELETE FROM item WHERE key = 7",
        "UPDATE item SET hash = 3 WHERE key = 7",
        "UPDATE bucket SET id = id + 1000000",
    ],
)
def test_checking_finds_what_disagrees(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, statement: str
) -> None:
    copy = broken(folder, tmp_path_factory, statement)
    with HammingIndex(copy, mirrored=0) as index, pytest.raises(WorkspaceError, match=REBUILD):
        index.check()


def test_a_hash_that_is_not_in_its_bucket_cannot_be_removed(
    tmp_path_factory: pytest.TempPathFactory, folder: Path
) -> None:
    with HammingIndex(broken(folder, tmp_path_factory, "DELETE FROM bucket")) as index:
        with pytest.raises(WorkspaceError, match=REBUILD):
            index.remove(7)
        assert (7, hash_of(7)) in list(index.entries())


@pytest.mark.parametrize("keep", [0.01, 0.5])
def test_a_shortened_file_is_damaged(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, keep: float
) -> None:
    copy = copied(folder, tmp_path_factory)
    with HammingIndex(copy, mirrored=0):
        pass
    path = copy / "hashes.db"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(WorkspaceError, match=REBUILD), HammingIndex(copy, mirrored=0) as index:
        index.check()


@pytest.mark.parametrize(
    "content", [b"no database at all, but a text. " * 9, b"SQLite format 3\0" + bytes(9999)]
)
def test_another_file_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hashes.db").write_bytes(content)
    with pytest.raises(WorkspaceError, match=REBUILD):
        HammingIndex(tmp_path)


def test_a_newer_version_is_not_touched(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> None:
    copy = broken(folder, tmp_path_factory, "PRAGMA user_version = 9")
    with pytest.raises(
        WorkspaceError, match="has version 9, and this program knows version 1; use the program"
    ):
        HammingIndex(copy, mirrored=0)


def test_a_database_of_something_else_is_not_touched(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "hashes.db")) as database:
        database.execute("CREATE TABLE other (own INTEGER)")
    with pytest.raises(WorkspaceError, match="it has the tables of something else"):
        HammingIndex(tmp_path)


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match=r"cannot use .*file/hashes\.db: "):
        HammingIndex(tmp_path / "file")


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    with HammingIndex(tmp_path) as index:
        index.add(1, hash_of(1))
        index.flush()
        with small_disk((tmp_path / "hashes.db-wal").stat().st_size + 100):
            for key in range(2, 100):
                index.add(key, hash_of(key))
            with pytest.raises(WorkspaceError, match=r"cannot use the index .*hashes\.db: "):
                index.flush()
            assert index.nearest(hash_of(49), 0) == [(49, 0)]
        index.flush()
        index.check()
        assert list(index.entries()) == [(key, hash_of(key)) for key in range(1, 100)]
