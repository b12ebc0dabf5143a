"""`pixcrawler validate`, as a user runs it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from pixcrawler_core.testing.images import nasty_images
from tests.conftest import PHOTOGRAPHS, Command, wait

CASTLES = sorted((PHOTOGRAPHS / "castles").glob("*.jpg"))
FIELDS = {
    "path", "accepted", "check", "reason", "detail", "format", "width", "height", "size", "sha256", "phash",
    "scores",
}  # fmt: skip


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two photographs, one of them cut, a text, and a hidden file."""
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    shutil.copy(CASTLES[0], folder / "a.jpg")
    (folder / "below/cut.jpg").write_bytes(CASTLES[1].read_bytes()[:9000])
    (folder / "notes.txt").write_text("no picture " * 200)
    (folder / ".hidden.jpg").write_text("not looked at")
    return folder


def test_rejections_and_a_summary(pixcrawler: Command, pictures: Path, workspace: Path) -> None:
    done = pixcrawler("validate", pictures)
    assert done.code == 0, done.stderr
    told = done.stdout.splitlines()
    assert [line.split(": ")[1] for line in told] == ["unknown-format", "truncated"]
    assert told[1].startswith(f"{pictures}/below/cut.jpg: truncated: JPEG cannot be decoded")
    assert done.stderr.startswith("3 files: 1 accepted, 2 rejected (")
    assert not workspace.exists()


def test_json_has_a_line_for_each_file(pixcrawler: Command, pictures: Path) -> None:
    done = pixcrawler("validate", pictures / "a.jpg", pictures / "below", "--json", "--quiet")
    good, cut = lines(done.stdout)
    assert (set(good), done.stderr) == (FIELDS, "")
    assert (good["path"], good["accepted"], good["format"]) == (f"{pictures}/a.jpg", True, "JPEG")
    assert good["scores"]["dimensions"] == {"width": good["width"], "height": good["height"]}  # type: ignore[index]
    assert (cut["accepted"], cut["check"], cut["reason"]) == (False, "integrity", "truncated")


def test_csv_has_a_column_for_each_score(pixcrawler: Command, pictures: Path) -> None:
    done = pixcrawler("validate", pictures, "--csv", "--level", "medium")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [row["reason"] for row in rows] == ["", "unknown-format", "truncated"]
    assert 0 <= float(rows[0]["blur.score"]) <= 1
    assert rows[2]["blur.score"] == ""


def test_a_job_file_says_how_strict(pixcrawler: Command, pictures: Path, tmp_path: Path) -> None:
    job = tmp_path / "strict.toml"
    job.write_text('[job]\nvalidation = "medium"\n[validators.blur]\nthreshold = 1.0\n')
    done = pixcrawler("validate", pictures / "a.jpg", "--config", job, "--json")
    assert (lines(done.stdout)[0]["check"], lines(done.stdout)[0]["accepted"]) == ("blur", False)
    assert lines(pixcrawler("validate", pictures / "a.jpg", "--level", "fast", "--json").stdout)[0][
        "accepted"
    ]
    job.write_text("[validators.blur]\nthreshhold = 1.0\n")
    wrong = pixcrawler("validate", pictures, "--config", job)
    assert (wrong.code, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith(f"{job}:2: ")
    assert "'threshold'" in wrong.stderr


@pytest.mark.drill
def test_processes_say_the_same_in_the_same_order(pixcrawler: Command, tmp_path: Path) -> None:
    nasty_images(tmp_path / "nasty")
    one, two = (
        pixcrawler("validate", tmp_path / "nasty", CASTLES[0], "--json", "--jobs", jobs) for jobs in (1, 2)
    )
    assert len(lines(one.stdout)) > 30
    assert one.stdout == two.stdout


def test_measures_are_kept_where_there_is_a_workspace(
    pixcrawler: Command, pictures: Path, workspace: Path
) -> None:
    assert pixcrawler("db", "upgrade").code == 0
    first, second, fresh = (
        pixcrawler("validate", pictures / "a.jpg", "--level", "medium", "--json", *options)
        for options in ((), (), ("--fresh",))
    )
    assert first.stdout == second.stdout == fresh.stdout
    with sqlite3.connect(workspace / "catalog.db") as catalog:
        kept = catalog.execute("SELECT sha256, check_key FROM kept_measures").fetchall()
        assert {digest for digest, _ in kept} == {lines(first.stdout)[0]["sha256"]}
        assert any(key.startswith("blur@") for _, key in kept)
        catalog.execute("UPDATE kept_measures SET measures = '{}' WHERE check_key LIKE 'blur@%'")
    assert pixcrawler("validate", pictures / "a.jpg", "--level", "medium", "--json").stdout == first.stdout
    with sqlite3.connect(workspace / "catalog.db") as catalog:
        mended = catalog.execute(
            "SELECT measures FROM kept_measures WHERE check_key LIKE 'blur@%'"
        ).fetchone()
    assert mended != ("{}",)


def test_odd_names_and_unreadable_files(pixcrawler: Command, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    shutil.copy(CASTLES[0], folder / os.fsdecode(b'\xff\n,".jpg'))
    os.mkfifo(folder / "pipe.jpg")
    done = pixcrawler("validate", folder, "--csv")
    rows = list(csv.DictReader(done.stdout.splitlines(keepends=True)))
    assert {row["reason"] for row in rows} == {"", "unreadable"}
    assert any("\\udcff\n" in row["path"] for row in rows)


@pytest.mark.parametrize("arguments", [(), ("nowhere",), (".", "--json", "--csv"), (".", "--level", "quick")])
def test_wrong_usage(pixcrawler: Command, arguments: tuple[str, ...]) -> None:
    done = pixcrawler("validate", *arguments)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr


def test_an_interrupt_ends_all_processes(pixcrawler: Command, tmp_path: Path) -> None:
    for number in range(400):
        shutil.copy(CASTLES[number % len(CASTLES)], tmp_path / f"{number}.jpg")
    process = pixcrawler.start("validate", tmp_path, "--jobs", 2, "--json", "--level", "medium")
    assert process.stdout is not None
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    done = wait(process)
    assert (done.code, done.stderr.count("Traceback")) == (130, 0), done.stderr
