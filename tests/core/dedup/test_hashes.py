from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixcrawler_core.dedup.hashes import HashIndex, least_distance
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.hamming.index import PENDING, HammingIndex
from pixcrawler_core.records import Match, Pair
from tests.core.dedup import hashing

Known = Mapping[int, list[int]]
NEAR = st.sets(st.integers(0, 15), max_size=6).map(lambda bits: sum(1 << 4 * bit for bit in bits))
"""Hashes of a few bits: many of them are within a few bits of each other."""
HASHES = st.lists(NEAR, max_size=8)
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "add", "add", "remove", "flush", "reopen"]), st.integers(0, 9), HASHES),
    max_size=25,
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[HashIndex]:
    with closing(hashing.opened(tmp_path / "index")) as opened:
        yield opened


def found(known: Known, asked: list[int], radius: int) -> list[Match]:
    """What `find` has to give, by comparing all."""
    own = {key: hashes[0] for key, hashes in known.items() if hashes and asked}
    nearest = {key: min((first ^ value).bit_count() for value in asked) for key, first in own.items()}
    near = [(distance, key) for key, distance in nearest.items() if distance <= radius]
    return [Match(key, float(distance)) for distance, key in sorted(near)]


def paired(known: Known, radius: int) -> list[Pair]:
    """What `pairs` has to give, by comparing all."""
    keys = [key for key in sorted(known) if known[key]]
    both = [(one, other) for one in keys for other in keys if one < other]
    told = [
        Pair(
            one,
            other,
            float(least_distance(known[one], known[other])),
            equal=eight(known[one]) == eight(known[other]),
        )
        for one, other in both
    ]
    return [pair for pair in told if pair.distance <= radius]


def eight(hashes: list[int]) -> list[int]:
    """The hashes as they are compared: as if those that lack were the own one."""
    return hashes + hashes[:1] * (8 - len(hashes))


def held(hashes: list[int]) -> dict[str, list[int]]:
    return {"hashes": hashes}


@settings(max_examples=25, deadline=None)
@given(STEPS, HASHES, st.integers(0, 4))
@example([("add", 0, [0]), ("add", 1, [0]), ("add", 2, [0, 0, 1]), ("add", 3, [])], [], 0)
def test_any_steps_leave_what_a_dictionary_would(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int, list[int]]],
    asked: list[int],
    radius: int,
) -> None:
    folder = tmp_path_factory.mktemp("steps")
    known: dict[int, list[int]] = {}
    index = hashing.opened(folder, radius)
    for step, key, hashes in steps:
        match step:
            case "add":
                index.add(key, held(hashes))
                known[key] = hashes
            case "remove":
                index.remove(key)
                known.pop(key, None)
            case "flush":
                index.flush()
            case "reopen":
                index.close()
                index = hashing.opened(folder, radius)
        assert index.find(held(asked)) == found(known, asked, radius)
    assert list(index.keys()) == sorted(known)
    assert sorted(index.pairs()) == paired(known, radius)
    index.close()


def test_the_own_hash_of_one_is_compared_with_all_of_the_other(index: HashIndex) -> None:
    low, high = 0xFF, 0xFF << 56
    index.add(1, held([0, high]))
    assert index.find(held([low << 8 | low, low >> 1])) == [Match(1, 7.0)]
    assert index.find(held([high, low << 8 | low])) == [Match(1, 8.0)]
    assert index.find(held([low << 8 | low, high | low])) == []
    index.add(2, held([high ^ 1 << 63 | low, low << 20]))
    assert list(index.pairs()) == [Pair(1, 2, 8.0)]


@pytest.mark.parametrize("flushed", [False, True])
def test_a_key_may_come_to_have_hashes_or_none(index: HashIndex, flushed: bool) -> None:
    for hashes in ([], [0], [], [0, 1 << 63], [], [0]):
        index.add(1, held(hashes))
        if flushed:
            index.flush()
        assert index.find(held([0])) == [Match(1, 0.0)] * bool(hashes)
        assert index.find(held([])) == []
        assert list(index.keys()) == [1]


def test_every_key_is_there_once_with_its_least_distance(index: HashIndex) -> None:
    index.add(9, held([0b111]))
    index.add(4, held([0b111000]))
    index.add(7, held([0]))
    assert index.find(held([0b1111, 0b111001, 0b111001])) == [Match(4, 1.0), Match(9, 1.0), Match(7, 4.0)]


def test_other_processes_see_what_is_flushed_or_much(tmp_path: Path) -> None:
    with closing(hashing.opened(tmp_path)) as one, closing(hashing.opened(tmp_path)) as other:
        for key in range(PENDING + 2):
            one.add(key, held(hashing.hashes(key)))
        assert len(list(other.keys())) >= PENDING
        one.flush()
        assert list(other.keys()) == list(range(PENDING + 2))
        assert sorted(other.pairs()) == [Pair(key - 1, key, 1.0) for key in range(3, PENDING + 2, 3)]
        other.remove(2)
        assert one.find(held(hashing.hashes(3))) == [Match(3, 0.0)]


def test_threads_share_an_index(index: HashIndex) -> None:
    def work(thread: int) -> None:
        for key in range(thread * 100, thread * 100 + 100):
            index.add(key, held(hashing.hashes(key)))
            index.find(held(hashing.hashes(key)))
            if key % 50 == 0:
                list(index.pairs())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert list(index.keys()) == list(range(400))
    assert sorted(index.pairs()) == [Pair(key - 1, key, 1.0) for key in range(3, 400, 3)]


def test_what_was_flushed_survives_kill_9(tmp_path: Path) -> None:
    safe, missing = 0, set[int]()
    for round_number in range(6):
        safe = max(safe, killed(tmp_path, safe, after=0.013 * round_number))
        with closing(hashing.opened(tmp_path)) as index:
            keys = list(index.keys())
            near = [key for key in keys if key % 3 == 0 and key - 1 in keys]
            assert sorted(index.pairs()) == [Pair(key - 1, key, 1.0) for key in near if key]
            assert [match.key for match in index.find(held(hashing.hashes(6)))] == [6, 5]
        assert keys[-1] >= safe - 1
        missing = set(range(keys[-1])) - set(keys)
        assert all(hashing.gone(key) and key + hashing.LATER <= keys[-1] for key in missing)
        safe = keys[-1] + 1
    assert 0 < len(missing) < len(keys) / 5


def killed(folder: Path, first: int, after: float) -> int:
    """Add from a key on in another process, kill it soon after, and return how many keys it said are safe."""
    command = [sys.executable, hashing.__file__, str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        process.stdout.readline()
        time.sleep(after)
        os.kill(process.pid, signal.SIGKILL)
        lines = process.stdout.read().splitlines(keepends=True)
    return max([first, *(int(line) for line in lines if line.endswith("\n"))])


def filled(folder: Path) -> None:
    """An index of the keys from 0 to 19."""
    with closing(hashing.opened(folder)) as index:
        for key in range(20):
            index.add(key, held(hashing.hashes(key)))


def run(database: Path, statement: str) -> None:
    """Change a file behind the back of its index."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(statement)
        connection.commit()


def test_no_key_is_there_without_its_turned_hashes(tmp_path: Path) -> None:
    filled(tmp_path)
    index = hashing.opened(tmp_path)
    index.add(20, held(hashing.hashes(20)))
    run(tmp_path / "turned.db", "DROP TABLE turned")
    for use in (index.flush, index.close):
        with pytest.raises(WorkspaceError, match=r"turned\.db is damaged: no such table"):
            use()
    with closing(hashing.opened(tmp_path)) as other, closing(HammingIndex(tmp_path)) as own:
        assert [key for key, _ in own.entries()] == list(range(20))
        with pytest.raises(WorkspaceError, match=r"turned\.db is damaged: no such table"):
            other.remove(7)
        assert [key for key, _ in own.entries()] == [key for key in range(20) if key != 7]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE turned SET hashes = zeroblob(56) WHERE key = 3",
        "UPDATE turned SET hashes = 'text' WHERE key = 3",
        "UPDATE turned SET checksum = 'text' WHERE key = 3",
        "UPDATE turned SET (checksum, hashes) = (SELECT checksum, hashes FROM turned WHERE key = 4)",
        "UPDATE turned SET hashes = zeroblob(64), checksum = 1067652040 WHERE key = 3",
        "DROP TABLE turned",
    ],
)
def test_damage_of_turned_hashes_is_named(tmp_path: Path, statement: str) -> None:
    filled(tmp_path)
    run(tmp_path / "turned.db", statement)
    rebuild = r"turned\.db is damaged: .*; delete the folder .* and run the command that made it again"
    with closing(hashing.opened(tmp_path)) as index, pytest.raises(WorkspaceError, match=rebuild):
        list(index.pairs())


def test_damage_of_own_hashes_is_named(tmp_path: Path) -> None:
    filled(tmp_path)
    run(tmp_path / "hashes.db", "UPDATE bucket SET hashes = zeroblob(8)")
    with (
        closing(hashing.opened(tmp_path)) as index,
        pytest.raises(WorkspaceError, match="checksum of bucket"),
    ):
        index.find(held(hashing.hashes(3)))


@pytest.mark.parametrize("name", ["turned.db", "hashes.db"])
def test_another_file_is_damaged(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no database at all, but a text. " * 9)
    with pytest.raises(WorkspaceError, match=rf"{name} is damaged: .*; delete the folder"):
        hashing.opened(tmp_path)


def test_numbers_out_of_range_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="radius is 65; it must be from 0 to 64"):
        hashing.opened(tmp_path, radius=65)
    with closing(hashing.opened(tmp_path)) as index:
        with pytest.raises(ValueError, match="fingerprint has 9 hashes; give 8 at most"):
            index.add(1, held([1] * 9))
        for key in (-1, 2**63):
            with pytest.raises(ValueError, match=f"key is {key}; it must be from 0 to"):
                index.add(key, held([1]))
        assert list(index.keys()) == []
