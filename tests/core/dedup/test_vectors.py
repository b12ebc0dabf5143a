"""An index of vectors on disk."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.dedup.grouping import Matches
from pixcrawler_core.dedup.nearest import Limits
from pixcrawler_core.dedup.vectors import LEAST_MEMORY, PENDING, VectorIndex
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import Match
from tests.core.dedup import filling

Array = npt.NDArray[np.float64]
Known = dict[int, list[float]]
COARSE = Limits(sure=0.95, maybe=0.6, most=2)
ERROR = 0.0002
"""What rounding to two bytes and to four decimals can change in a cosine."""
VECTORS = st.lists(st.integers(-3, 3).map(float), min_size=4, max_size=4)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "remove", "flush", "reopen"]), st.integers(0, 9), VECTORS
    ),
    max_size=25,
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VectorIndex]:
    with closing(filling.opened(tmp_path / "index")) as opened:
        yield opened


def held(vector: list[float] | Array) -> dict[str, Any]:
    return {"vector": vector}


def cosine(one: list[float], other: list[float]) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.dot(one, other)) / lengths if lengths else 0.0


def expected(known: Known, asked: list[float], limits: Limits) -> list[tuple[int, bool]]:
    """Keys that `find` has to give, in order, and whether they are sure: by comparing all."""
    far = sorted((round(1 - cosine(own, asked), 9), key) for key, own in known.items())
    sure = [(key, True) for distance, key in far if 1 - distance >= limits.sure]
    maybe = [(key, False) for distance, key in far if limits.maybe <= 1 - distance < limits.sure]
    return sure + maybe[: limits.most]


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, asked=VECTORS)
def test_any_steps_leave_what_comparing_all_finds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, list[float]]], asked: list[float]
) -> None:
    folder, known = tmp_path_factory.mktemp("steps"), Known()
    index = filling.opened(folder, COARSE, width=4)
    for step, key, vector in steps:
        match step:
            case "add":
                index.add(key, held(vector))
                known[key] = vector
            case "remove":
                index.remove(key)
                known.pop(key, None)
            case "flush":
                index.flush()
            case "reopen":
                index.close()
                index = filling.opened(folder, COARSE, width=4)
        for each in (asked, vector):
            found = index.find(held(each))
            assert sorted(match.key for match in found) == sorted(k for k, _ in expected(known, each, COARSE))
    assert list(index.keys()) == sorted(known)
    check_pairs(index, known, COARSE)
    index.close()


def check_pairs(index: VectorIndex, known: Known, limits: Limits) -> None:
    """Each two of which one is found for the other; what equals one of them is as near.

    Of what is not sure there may be more: of equal ones, one stands for all among the nearest.
    """
    pairs = list(index.pairs())
    assert len(pairs) == len({pair[:2] for pair in pairs})
    matches = Matches([pairs])
    links = {(key, link.image): link for key in known for link in matches.of(key) if key < link.image}
    wanted: dict[tuple[int, int], bool] = {}
    for key, vector in known.items():
        others = {other: own for other, own in known.items() if other != key}
        wanted |= {
            (min(key, other), max(key, other)): sure for other, sure in expected(others, vector, limits)
        }
    assert wanted.keys() <= links.keys()
    for two, link in links.items():
        assert link.sure == wanted.get(two, False)
        assert link.distance == pytest.approx(1 - cosine(known[two[0]], known[two[1]]), abs=ERROR)


def test_what_others_flush_is_seen(tmp_path: Path) -> None:
    with closing(filling.opened(tmp_path)) as one, closing(filling.opened(tmp_path)) as other:
        for key in range(PENDING + 2):
            one.add(key, filling.vector(key))
        assert len(list(other.keys())) >= PENDING
        one.flush()
        assert list(other.keys()) == list(range(PENDING + 2))
        assert other.find(filling.vector(PENDING + 1)) == [Match(PENDING + 1, 0.0)]
        other.remove(3)
        assert one.find(filling.vector(3)) == []


def test_threads_share_an_index(index: VectorIndex) -> None:
    def work(thread: int) -> None:
        for key in range(thread * 40, thread * 40 + 40):
            index.add(key, filling.vector(key))
            assert [match.key for match in index.find(filling.vector(key))] == [key]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert list(index.keys()) == list(range(160))


def test_what_was_flushed_survives_kill_9(tmp_path: Path) -> None:
    safe = 0
    for round_number in range(5):
        safe = max(safe, killed(tmp_path, safe, after=0.02 * round_number))
        with closing(filling.opened(tmp_path)) as index:
            keys = list(index.keys())
            assert keys == list(range(len(keys)))
            assert len(keys) >= safe
            for key in keys[-3:]:
                assert index.find(filling.vector(key)) == [Match(key, 0.0)]
        safe = len(keys)
    assert safe > 20


def killed(folder: Path, first: int, after: float) -> int:
    """Add from a key on in another process, kill it soon after, and return how many keys it said are safe."""
    command = [sys.executable, filling.__file__, str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        time.sleep(after)
        os.kill(process.pid, signal.SIGKILL)
        lines = process.stdout.read().splitlines(keepends=True)
    return max([first, *(int(line) for line in lines if line.endswith("\n"))])


@pytest.mark.parametrize(
    "vector", [np.zeros(3), np.zeros(1281), np.full(1280, np.nan), np.full(1280, np.inf), np.zeros((1, 1280))]
)
def test_a_vector_that_is_none_is_refused(index: VectorIndex, vector: Array) -> None:
    with pytest.raises(ValueError, match="vector"):
        index.add(1, held(vector))
    assert list(index.keys()) == []


def test_too_little_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"let it use {LEAST_MEMORY} or more"):
        filling.opened(tmp_path, memory=1000)


def test_another_file_is_damaged(tmp_path: Path) -> None:
    with closing(filling.opened(tmp_path)) as index:
        index.add(1, filling.vector(1))
    (database,) = tmp_path.glob("*.db")
    with closing(sqlite3.connect(database)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        ]
        for name in tables:
            connection.execute(f"DROP TABLE {name}")  # our own tables
        connection.commit()
    with pytest.raises(WorkspaceError, match="delete the folder"), closing(filling.opened(tmp_path)) as index:
        index.find(filling.vector(1))
