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

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.hamming.index import LEAST_MEMORY, PENDING, HammingIndex
from pixcrawler_core.hamming.mirror import MOST
from tests.core.hamming import adding
from tests.core.hamming.hashes import KINDS, drawn_hash, make_hashes

Steps = list[tuple[str, int, int]]
STEPS = st.tuples(
    st.sampled_from(["add", "add", "add", "remove", "many", "flush", "reopen"]),
    st.integers(0, 12),
    drawn_hash(),
)


@pytest.fixture(params=[0, 40, MOST], ids=["on disk", "growing", "in memory"])
def index(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[HammingIndex]:
    """An index that is searched on disk, in memory, or on disk as soon as it has 40 hashes."""
    with HammingIndex(tmp_path / "index", mirrored=request.param) as opened:
        yield opened


def expected(held: dict[int, int], value: int, radius: int) -> list[tuple[int, int]]:
    """What `nearest` has to tell, by comparing all."""
    distances = {key: (own ^ value).bit_count() for key, own in held.items()}
    near = [(key, distance) for key, distance in distances.items() if distance <= radius]
    return sorted(near, key=lambda entry: (entry[1], entry[0]))


def fill(index: HammingIndex, kind: str, count: int, seed: int = 0) -> dict[int, int]:
    """Add hashes of a kind, many at once, and return them by key."""
    hashes = make_hashes(kind, count, seed)
    index.add_many(np.arange(count), hashes)
    return dict(enumerate(hashes.tolist()))


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=25), drawn_hash(), st.integers(0, 12), st.sampled_from([0, 5, MOST]))
def test_any_steps_leave_what_a_dictionary_would(
    tmp_path_factory: pytest.TempPathFactory, steps: Steps, asked: int, radius: int, mirrored: int
) -> None:
    folder = tmp_path_factory.mktemp("steps")
    held: dict[int, int] = {}
    index = HammingIndex(folder, mirrored=mirrored)
    for step, key, value in steps:
        match step:
            case "add":
                index.add(key, value)
                held[key] = value
            case "many":
                index.add_many(np.array([key, key + 1, key]), np.array([0, value, value ^ 1], np.uint64))
                held |= {key: value ^ 1, key + 1: value}
            case "remove":
                assert index.remove(key) == (held.pop(key, None) is not None)
            case "flush":
                index.flush()
            case "reopen":
                index.close()
                index = HammingIndex(folder, mirrored=mirrored)
        assert index.nearest(asked, radius) == expected(held, asked, radius)
        assert index.nearest(value, radius) == expected(held, value, radius)
    assert list(index.entries()) == sorted(held.items())
    index.check()
    index.close()


@pytest.mark.parametrize("kind", KINDS)
def test_near_hashes_are_those_of_comparing_all(index: HammingIndex, kind: str) -> None:
    held = fill(index, kind, 1500)
    for key in range(0, 1500, 99):
        for radius in (0, 1, 3, 7, 8, 12):
            value = held[key] ^ (1 << key % 64)
            assert index.nearest(value, radius) == expected(held, value, radius)


def test_a_wide_radius_finds_all(index: HammingIndex) -> None:
    held = fill(index, "even", 200)
    assert index.nearest(0, 30) == expected(held, 0, 30)
    assert len(index.nearest(0, 64)) == 200


def test_equal_hashes_are_all_found_and_held_once(index: HammingIndex, tmp_path: Path) -> None:
    index.add_many(np.arange(5000), np.full(5000, 77, np.uint64))
    assert index.nearest(76, 7) == [(key, (76 ^ 77).bit_count()) for key in range(5000)]
    with closing(sqlite3.connect(tmp_path / "index/hashes.db")) as database:
        assert database.execute("SELECT count(*), sum(length(hashes)) FROM bucket").fetchone() == (4, 32)


def test_what_is_added_is_found_at_once_and_written_before_it_is_much(tmp_path: Path) -> None:
    with HammingIndex(tmp_path) as one, HammingIndex(tmp_path) as other:
        one.add(1, 5)
        assert one.nearest(4, 1) == [(1, 1)]
        assert other.nearest(4, 1) == []
        one.flush()
        assert other.nearest(4, 1) == [(1, 1)]
        for key in range(2, PENDING + 3):
            one.add(key, key << 40)
        assert len(list(other.entries())) > PENDING
        other.remove(1)
        assert one.nearest(4, 1) == []


def test_a_key_has_one_hash(index: HammingIndex) -> None:
    index.add(1, 0)
    index.flush()
    index.add(1, 255)
    assert index.nearest(0, 7) == []
    assert index.nearest(255, 0) == [(1, 0)]
    index.add(1, 0)
    assert index.nearest(0, 7) == [(1, 0)]
    index.check()
    assert list(index.entries()) == [(1, 0)]


def test_more_than_memory_takes_is_added_bit_by_bit(tmp_path: Path) -> None:
    with HammingIndex(tmp_path, memory=LEAST_MEMORY) as index:
        held = fill(index, "clusters", 20_000)
        index.check()
        assert list(index.entries()) == sorted(held.items())
        assert index.nearest(held[19_999], 7) == expected(held, held[19_999], 7)


def test_threads_share_an_index(index: HammingIndex) -> None:
    def work(thread: int) -> int:
        for key in range(thread * 300, thread * 300 + 300):
            index.add(key, adding.hash_of(key))
            index.nearest(key, 2)
        return thread

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [0, 1, 2, 3]
    assert list(index.entries()) == [(key, adding.hash_of(key)) for key in range(1200)]


def test_jobs_take_turns_to_write(tmp_path: Path) -> None:
    def work(job: int) -> int:
        with HammingIndex(tmp_path) as index:
            for key in range(job * 100, job * 100 + 100):
                index.add(key, adding.hash_of(key))
                index.flush()
        return job

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [0, 1, 2, 3]
    with HammingIndex(tmp_path) as index:
        index.check()
        assert list(index.entries()) == [(key, adding.hash_of(key)) for key in range(400)]


@pytest.mark.drill
@pytest.mark.parametrize("how", ["one", "many"])
def test_what_was_flushed_survives_kill_9(tmp_path: Path, how: str) -> None:
    safe = 0
    for round_number in range(3):
        safe = max(safe, killed(tmp_path, safe, how, after=0.02 * round_number))
        with HammingIndex(tmp_path) as index:
            index.check()
            entries = list(index.entries())
            assert len(entries) >= safe
            assert entries == [(key, adding.hash_of(key)) for key in range(len(entries))]
            assert index.nearest(adding.hash_of(0), 0)[0] == (0, 0)
        safe = len(entries)
    assert safe > 0


def killed(folder: Path, first: int, how: str, after: float) -> int:
    """Add from a key on in another process, kill it soon after, and return how many keys it said are safe."""
    command = [sys.executable, adding.__file__, str(folder), str(first), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        time.sleep(after)
        os.kill(process.pid, signal.SIGKILL)
        lines = process.stdout.read().splitlines(keepends=True)
    return max([first, *(int(line) for line in lines if line.endswith("\n"))])


def test_a_writer_that_waits_too_long_says_so_and_loses_nothing(tmp_path: Path) -> None:
    with HammingIndex(tmp_path, busy_seconds=0.01) as index:
        index.add(1, 5)
        with closing(sqlite3.connect(tmp_path / "hashes.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(WorkspaceError, match=r"hashes\.db is in use: another process is writing"):
                index.flush()
            assert index.nearest(5, 0) == [(1, 0)]
        index.flush()
        assert list(index.entries()) == [(1, 5)]


@pytest.mark.parametrize(("key", "value"), [(-1, 0), (2**63, 0), (0, -1), (0, 2**64)])
def test_numbers_out_of_range_are_refused(index: HammingIndex, key: int, value: int) -> None:
    with pytest.raises(ValueError, match="it must be from 0 to"):
        index.add(key, value)
    assert list(index.entries()) == []


def test_arrays_that_do_not_fit_are_refused(index: HammingIndex) -> None:
    with pytest.raises(ValueError, match=r"the keys are int64\[2\]; give int64\[3\]"):
        index.add_many(np.arange(2), np.zeros(3, np.uint64))
    with pytest.raises(ValueError, match="key is -1; it must be from 0"):
        index.add_many(np.array([3, -1]), np.zeros(2, np.uint64))
    with pytest.raises(ValueError, match="radius is 65"):
        index.nearest(0, 65)
    assert list(index.entries()) == []


def test_too_little_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="may use 1000 bytes of memory; let it use 4194304 or more"):
        HammingIndex(tmp_path, memory=1000)
