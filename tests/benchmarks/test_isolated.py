"""What is told of a call in a process of its own: its answer, how it ended, time and memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHECKOUT, Command

CALL = """
import dataclasses, json, os, signal, time
from accuracy.isolated import isolated

def die(_): os.kill(os.getpid(), signal.SIGSEGV)
def hang(_): time.sleep(60)
def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
def fill(count): return len(bytearray(b"x") * count)
def fail(text): raise ValueError(text)

print(json.dumps(dataclasses.asdict(isolated({call}, {patience}))))
"""


def outcome(folder: Path, call: str, patience: float = 30) -> dict[str, Any]:
    """The outcome of a call; a program of its own, since it forks, and this one runs threads."""
    script = folder / "call.py"
    script.write_text(CALL.format(call=call, patience=patience))
    python = Command(Path(sys.executable).name, folder, {"PYTHONPATH": str(CHECKOUT / "benchmarks")})
    done = python(script)
    assert done.code == 0, done.stderr
    told: dict[str, Any] = done.json
    return told


def test_an_answer_comes_back_with_what_it_took(tmp_path: Path) -> None:
    told = outcome(tmp_path, "work, 0.2")
    assert (told["value"], told["ended"]) == (None, "")
    assert 0.2 <= told["seconds"] < 1
    assert told["wall"] >= 0.2


def test_memory_is_that_of_the_call(tmp_path: Path) -> None:
    small, large = (outcome(tmp_path, f"fill, {count}") for count in (1_000, 200_000_000))
    assert (small["value"], large["value"]) == (1_000, 200_000_000)
    assert small["peak"] < 100_000_000
    assert large["peak"] >= 200_000_000


@pytest.mark.parametrize(
    ("call", "patience", "ended"),
    [
        ("die, None", 30, "signal 11"),
        ("hang, None", 0.2, "over 0.2 s"),
        ("fail, 'no luck'", 30, "ValueError: no luck"),
    ],
)
def test_a_bad_end_is_told(call: str, patience: float, ended: str, tmp_path: Path) -> None:
    told = outcome(tmp_path, call, patience)
    assert (told["value"], told["ended"]) == (None, ended)


def test_a_long_answer_is_no_hang(tmp_path: Path) -> None:
    assert len(outcome(tmp_path, "lambda n: 'x' * n, 3_000_000")["value"]) == 3_000_000
    assert json.dumps(outcome(tmp_path, "dict, [('a', 1)]")["value"]) == '{"a": 1}'
