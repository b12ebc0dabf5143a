"""An index of vectors whose files were damaged, and what it holds in memory."""

from __future__ import annotations

import sqlite3
import tracemalloc
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from pixcrawler_core.dedup.vectors import BLOCK, LEAST_MEMORY
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import Match
from tests.core.dedup import filling

COUNT = 40
BYTES = 2 * filling.WIDTH


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The vectors of an index in this folder."""
    with closing(filling.opened(tmp_path)) as index:
        for key in range(COUNT):
            index.add(key, filling.vector(key))
    (path,) = tmp_path.glob("*.i16")
    assert path.stat().st_size == COUNT * BYTES
    return path


@pytest.mark.parametrize("left", [0, BYTES, COUNT * BYTES - 1])
def test_vectors_that_are_cut_off_are_noticed(data: Path, left: int) -> None:
    with data.open("r+b") as file:
        file.truncate(left)
    with closing(filling.opened(data.parent)) as index:
        with pytest.raises(WorkspaceError, match=r"is damaged: .*i16 ends before slot 40; delete the folder"):
            index.find(filling.vector(1))
        with pytest.raises(WorkspaceError, match="ends before slot 40"):
            list(index.pairs())
    index = filling.opened(data.parent)
    index.add(COUNT, filling.vector(COUNT))
    with pytest.raises(WorkspaceError, match="ends before slot 40"):
        index.close()


def test_a_missing_file_is_noticed(data: Path) -> None:
    data.unlink()
    with closing(filling.opened(data.parent)) as index, pytest.raises(WorkspaceError, match="is damaged"):
        index.find(filling.vector(1))


def test_other_bytes_are_noticed(data: Path) -> None:
    with data.open("r+b") as file:
        file.seek(17 * BYTES)
        file.write(np.random.default_rng(0).bytes(BYTES))
    with (
        closing(filling.opened(data.parent)) as index,
        pytest.raises(WorkspaceError, match=r"slot 17 of vectors-1280\.i16 holds no unit vector"),
    ):
        index.find(filling.vector(1))


def test_what_a_killed_writer_left_behind_is_written_over(data: Path) -> None:
    with data.open("ab") as file:
        file.write(bytes(range(256)) * 33)
    with closing(filling.opened(data.parent)) as index:
        index.add(COUNT, filling.vector(COUNT))
        index.flush()
        assert index.find(filling.vector(COUNT)) == [Match(COUNT, 0.0)]
        assert list(index.keys()) == list(range(COUNT + 1))


def test_a_count_of_slots_that_is_gone_is_noticed(data: Path) -> None:
    with closing(sqlite3.connect(data.with_name("vectors.db"), isolation_level=None)) as database:
        database.execute("DELETE FROM used")
    with pytest.raises(WorkspaceError, match="does not say how many slots were given"):
        filling.opened(data.parent)


@pytest.mark.drill
def test_memory_does_not_grow_with_the_index(tmp_path: Path) -> None:
    """The vectors alone take more than the index may hold; a search holds one block of them at a time."""
    count = LEAST_MEMORY * 5 // 4 // BYTES
    random = np.random.default_rng(0)
    with closing(filling.opened(tmp_path, memory=LEAST_MEMORY)) as index:
        for key in range(count):
            index.add(key, {"vector": random.normal(size=filling.WIDTH)})
        index.flush()
        tracemalloc.start()
        assert index.find(filling.vector(5)) == []
        _, searching = tracemalloc.get_traced_memory()
        assert list(islice(index.pairs(), 1)) == []
        _, pairing = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count * BYTES > LEAST_MEMORY
    assert searching < BLOCK * 6 * filling.WIDTH * 1.1
    assert pairing < LEAST_MEMORY
