"""Rows on disk, whatever becomes of them, and the room that they take."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.dedup.compacting import BLOCK
from pixcrawler_core.dedup.rowfile import SCALE
from pixcrawler_core.dedup.slots import Slots
from pixcrawler_core.errors import WorkspaceError
from tests.core.dedup import killing
from tests.core.dedup.killing import LEAST, WIDTH
from tests.core.dedup.rows import KNOWN, Known, files, filled, opened, rows_in, told, write
from tests.core.unwritable import enterable, locked_up

Holding = Callable[[Path], AbstractContextManager[None]]
HELD = "from pathlib import Path; from pixcrawler_core.dedup.slots import Slots; import sys; "
HELD += f"slots = Slots(Path(sys.argv[1]), {WIDTH}, {LEAST}); print('open', flush=True); input()"
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "write", "erase", "reopen", "another", "leave"]),
        st.lists(st.tuples(st.integers(0, 9), st.integers(1 - WIDTH, WIDTH - 1)), min_size=1, max_size=8),
    ),
    max_size=20,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Most slots of which are empty."""
    return filled(tmp_path / "rows")


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_any_steps_leave_what_was_written_last(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[tuple[int, int]]]]
) -> None:
    folder, known = tmp_path_factory.mktemp("steps"), Known()
    every = [opened(folder)]
    for step, pairs in steps:
        match step:
            case "write":
                write(every[-1], dict(pairs))
                known |= dict(pairs)
            case "erase":
                every[0].erase(pairs[0][0])
                known.pop(pairs[0][0], None)
            case "another":
                every.append(opened(folder))
            case "leave" if len(every) > 1:
                every.pop(0).close()
            case "reopen":
                every.pop().close()
                alone = not every
                every.append(opened(folder))
                empty = every[-1].used() - len(known)
                assert not alone or empty <= max(LEAST, every[-1].used() // 2)
        assert [told(slots) for slots in every] == [known] * len(every)
        assert every[-1].keys(-1, 100) == sorted(known)
    for slots in every:
        slots.close()


def test_empty_slots_are_given_back(folder: Path) -> None:
    with closing(opened(folder)) as slots:
        assert told(slots) == KNOWN
        assert slots.used() == 4
        write(slots, {1: 1})
    assert rows_in(folder) == 5
    assert files(folder) == ["vectors-4.1.i16"]
    with closing(opened(folder)) as slots:
        assert told(slots) == {**KNOWN, 1: 1}


def test_few_empty_slots_are_left_alone(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as slots:
        write(slots, dict.fromkeys(range(LEAST), 1))
        for key in range(LEAST):
            slots.erase(key)
    opened(tmp_path).close()
    assert rows_in(tmp_path) == LEAST


def test_half_of_the_slots_may_be_empty(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as slots:
        write(slots, dict.fromkeys(range(10), 1))
        write(slots, dict.fromkeys(range(10), 2))
    opened(tmp_path).close()
    assert rows_in(tmp_path) == 20


def test_the_same_row_takes_no_slot(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as slots:
        write(slots, {1: 1, 2: 2})
        write(slots, {1: 1, 2: 3, 3: 1})
        write(slots, {1: 1, 2: 3})
        assert slots.used() == 4
        assert told(slots) == {1: 1, 2: 3, 3: 1}


@contextmanager
def held_here(folder: Path) -> Iterator[None]:
    with closing(opened(folder)):
        yield


@contextmanager
def held_by_a_process(folder: Path) -> Iterator[None]:
    command = [sys.executable, "-c", HELD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield
        process.communicate("\n")


@pytest.mark.parametrize("held", [held_here, held_by_a_process])
def test_nothing_is_moved_while_another_has_it_open(tmp_path: Path, held: Holding) -> None:
    opened(tmp_path).close()
    with held(tmp_path):
        filled(tmp_path)
        with closing(opened(tmp_path)) as slots:
            assert told(slots) == KNOWN
        assert files(tmp_path) == ["vectors-4.i16"]
    with closing(opened(tmp_path)) as slots:
        assert told(slots) == KNOWN
    assert files(tmp_path) == ["vectors-4.1.i16"]


def test_many_may_open_it_at_once(folder: Path) -> None:
    start = Barrier(8)

    def work(key: int) -> Known:
        start.wait()
        with closing(opened(folder)) as slots:
            write(slots, {key: 1})
            return told(slots)

    with ThreadPoolExecutor(8) as pool:
        for key, known in enumerate(pool.map(work, range(100, 108)), 100):
            assert known.items() >= {**KNOWN, key: 1}.items()
    with closing(opened(folder)) as slots:
        assert told(slots) == {**KNOWN, **dict.fromkeys(range(100, 108), 1)}


def test_kill_9_or_a_power_cut_at_any_line_leaves_all(folder: Path) -> None:
    subprocess.run([sys.executable, killing.__file__, str(folder)], check=True, timeout=30)
    left = set()
    for copy in list(folder.parent.glob("[0-9]*")):
        log = shutil.ignore_patterns("vectors.db-*")  # which only a checkpoint has on the disk for certain
        cut = shutil.copytree(copy, folder.with_name(f"power-cut-{copy.name}"), ignore=log)
        state = generation(copy), len(files(copy))
        for each in (copy,) if state in left else (cut, copy):
            with closing(opened(each)) as slots:
                assert told(slots) == KNOWN
                assert slots.used() == 4
            assert files(each) == ["vectors-4.1.i16"]
        left.add(state)
    assert left == {(0, 1), (0, 2), (1, 2), (1, 1)}


def test_rows_are_on_the_disk_before_the_database_tells_of_them(tmp_path: Path) -> None:
    synced: list[tuple[int, int]] = []

    def sync(descriptor: int) -> None:
        with closing(sqlite3.connect(tmp_path / "vectors.db")) as database:
            told_of = database.execute("SELECT COUNT(*) FROM item").fetchone()[0]
        synced.append((os.fstat(descriptor).st_size // (2 * WIDTH), told_of))

    with closing(Slots(tmp_path, WIDTH, LEAST, sync)) as slots:
        write(slots, {1: 1, 2: 2})
        write(slots, {2: 2, 3: 3})
    assert synced == [(2, 0), (3, 2)]


def generation(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "vectors.db")) as database:
        return int(database.execute("SELECT generation FROM used").fetchone()[0])


def test_files_left_behind_go_even_if_nothing_is_to_be_moved(folder: Path) -> None:
    opened(folder).close()
    for name in ("vectors-4.i16", "vectors-4.2.i16", "vectors-44.i16"):
        (folder / name).write_bytes(b"left")
    with closing(opened(folder)) as slots:
        assert told(slots) == KNOWN
    assert files(folder) == ["vectors-4.1.i16", "vectors-44.i16"]


def test_what_prevents_it_is_told_and_all_goes_on(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "vectors-4.1.i16").mkdir()
    with closing(opened(folder)) as slots:
        assert told(slots) == KNOWN
        assert slots.used() == 12
    assert "keeps the room of what was removed" in caplog.text


def test_damage_is_not_copied(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with (folder / "vectors-4.i16").open("r+b") as file:
        file.truncate(70)
    with closing(opened(folder)) as slots, pytest.raises(WorkspaceError, match="ends before slot 12"):
        told(slots)
    assert files(folder) == ["vectors-4.i16"]
    assert "vectors-4.i16 ends before slot 12" in caplog.text


def test_keys_in_slots_that_were_not_given_are_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(sqlite3.connect(folder / "vectors.db", isolation_level=None)) as database:
        database.execute("UPDATE item SET slot = 12 WHERE key = 8")
    opened(folder).close()
    assert "has keys in slots that were not given" in caplog.text
    assert files(folder) == ["vectors-4.i16"]


@pytest.mark.parametrize("lock", [True, False])
def test_a_folder_that_cannot_be_written_to_is_read_as_it_is(
    lock: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with enterable() as folder:
        filled(folder)
        if not lock:
            (folder / "vectors.use").unlink()
        with locked_up(folder), closing(opened(folder)) as one, closing(opened(folder)) as other:
            assert told(one) == told(other) == KNOWN
        assert files(folder) == ["vectors-4.i16"]
    assert not caplog.text


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    width, keys = 1000, 3 * BLOCK
    rows = np.zeros((keys, width), np.int16)
    rows[:, 0] = SCALE
    with closing(Slots(tmp_path, width)) as slots:
        for _ in range(3):
            rows[:, :2] = rows[:, 1::-1].copy()
            slots.write(list(range(keys)), rows)
        assert slots.used() == 3 * keys
    tracemalloc.start()
    with closing(Slots(tmp_path, width)) as slots:
        _, peak = tracemalloc.get_traced_memory()
        assert slots.used() == keys
    tracemalloc.stop()
    assert peak < 2.2 * BLOCK * width * 2
