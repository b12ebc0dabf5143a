"""`pixcrawler label`, as a user runs it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PHOTOGRAPHS, Command, wait
from tests.e2e.test_plugins import install

CASTLES = sorted((PHOTOGRAPHS / "castles").glob("*.jpg"))
PLUGIN = """
import time
from pixcrawler_core import hookimpl
from pixcrawler_core.components import Labeler
from pixcrawler_core.records import Label

def say(image):
    if image.path.name == "slow.jpg":
        time.sleep(60)
    if image.path.name == "odd.jpg":
        raise RuntimeError("out of order")
    yield Label(name="=" + image.header.format, score=0.5, box=(0, 0, 0.5, 1))

@hookimpl
def {hook}():
    yield Labeler(name="{name}", summary="Somebody's labeler", build=lambda _: say)
"""


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two photographs, one that is cut, a text, and a pipe."""
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    shutil.copy(CASTLES[0], folder / "a.jpg")
    shutil.copy(CASTLES[1], folder / "odd.jpg")
    (folder / "below/cut.jpg").write_bytes(CASTLES[1].read_bytes()[:9000])
    os.mkfifo(folder / "pipe.jpg")
    (folder / "notes.txt").write_text("no picture " * 200)
    return folder


@pytest.fixture
def theirs(tmp_path: Path, pixcrawler: Command) -> Command:
    """The command where a package with a labeler is installed."""
    pixcrawler.environment["PYTHONPATH"] = str(install(tmp_path, "theirs", "register_labelers", PLUGIN))
    return pixcrawler


def test_a_line_for_each_file_and_broken_ones_stop_nothing(
    theirs: Command, pictures: Path, workspace: Path
) -> None:
    done = theirs("label", pictures, "--labelers", "category, theirs", "--category", "castle")
    assert done.code == 0, done.stderr
    first, notes, odd, pipe, cut = done.stdout.splitlines()
    assert first == f"{pictures}/a.jpg: castle, =JPEG 0.50"
    assert pipe == f"{pictures}/pipe.jpg: unreadable: cannot be read: it is no regular file"
    assert notes.startswith(f"{pictures}/notes.txt: unknown-format: ")
    assert odd.startswith(f"{pictures}/odd.jpg: castle; labeler 'theirs' of plugin theirs failed: RuntimeErr")
    assert cut.startswith(f"{pictures}/below/cut.jpg: truncated: ")
    assert "5 files: 2 labelled, 3 broken (unknown-format 1, unreadable 1, truncated 1); " in done.stderr
    assert not workspace.exists()


def test_json_and_csv(theirs: Command, pictures: Path) -> None:
    asked = ("label", pictures, "--labelers", "category,theirs", "--quiet")
    told = lines(theirs(*asked, "--json").stdout)
    keys = {"path", "sha256", "category", "labels", "label_errors", "reason", "detail"}
    assert [set(each) for each in told] == [keys] * 5
    (label,) = told[0]["labels"]
    assert (label["name"], label["source"], label["box"]) == ("=JPEG", "theirs", [0, 0, 0.5, 1])
    assert [each["reason"] for each in told] == [None, "unknown-format", None, "unreadable", "truncated"]
    assert told[2]["label_errors"]["theirs"].endswith("RuntimeError: out of order")
    done = theirs(*asked, "--csv")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [row["reason"] for row in rows] == [
        "", "unknown-format", "labeler-failed", "unreadable", "truncated",
    ]  # fmt: skip
    assert (rows[0]["name"], rows[0]["score"], rows[0]["width"]) == ("'=JPEG", "0.5", "0.5")
    assert (rows[2]["source"], rows[2]["name"]) == ("theirs", "")
    assert "Traceback" not in done.stderr


def test_a_job_file_names_labelers_and_their_options(
    pixcrawler: Command, pictures: Path, tmp_path: Path
) -> None:
    job = tmp_path / "job.toml"
    job.write_text('[labels]\nlabelers = ["category"]\ncategory = { agreement = false }\n')
    done = pixcrawler("label", pictures / "a.jpg", "--config", job, "--category", "ruin", "--json")
    assert [label["name"] for label in lines(done.stdout)[0]["labels"]] == ["ruin"]
    bare = pixcrawler("label", pictures / "a.jpg", "--config", job)
    assert bare.stdout == f"{pictures}/a.jpg: no labels\n"
    job.write_text("[labels]\ncategory = { agree = true }\n")
    wrong = pixcrawler("label", pictures, "--config", job)
    assert (wrong.code, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith(f"{job}:2: ")


@pytest.mark.drill
def test_processes_say_the_same_in_the_same_order(theirs: Command, pictures: Path) -> None:
    one, two = (
        theirs("label", pictures, *CASTLES, "--labelers", "theirs", "--json", "--jobs", jobs)
        for jobs in (1, 2)
    )
    assert len(lines(one.stdout)) == 5 + len(CASTLES)
    assert one.stdout == two.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("a.jpg",), "--labelers"),
        (("a.jpg", "--labelers", ","), "names no labeler"),
        (("a.jpg", "--labelers", "catgory"), "did you mean 'category'?"),
        (("a.jpg", "--labelers", "category", "--json", "--csv"), "exclude each other"),
        (("nowhere", "--labelers", "category"), "there is no such file or folder"),
        ((), "PATHS"),
    ],
)
def test_wrong_usage(pixcrawler: Command, pictures: Path, arguments: tuple[str, ...], told: str) -> None:
    done = pixcrawler("label", *arguments, cwd=pictures)
    assert (done.code, done.stdout, told in done.stderr) == (2, "", True), done.stderr


def test_ctrl_c_ends_it(theirs: Command, pictures: Path) -> None:
    shutil.copy(CASTLES[0], pictures / "slow.jpg")
    names = [pictures / name for name in ("a.jpg", "slow.jpg")]
    process = theirs.start("label", *names, "--labelers", "theirs", "--jobs", 1)
    assert process.stdout is not None
    assert process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    assert wait(process).code == 130
