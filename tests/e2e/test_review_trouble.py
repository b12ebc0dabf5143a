"""`pixcrawler review`: wrong decisions change nothing, and what is cut off is applied whole or not at all."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from pixcrawler_core.workspace import Workspace
from tests.conftest import Command, until
from tests.e2e.jobs import check_dataset, manifest, rows_in_catalog
from tests.e2e.reviews import NAME, digests, everything, images, kept, too_small, write

WRONG = [
    ("--reject", "path\ncategories/castles/image_999.jpg\n", 2, "no image with path"),
    ("--reject", f"sha256\n{'0' * 64}\n", 2, "no image with sha256"),
    ("--reject", "sha256\nnothing\n", 2, "64 hexadecimal digits"),
    ("--reject", "url\nhttp://nowhere.example/1.jpg\n", 2, "no image with url"),
    ("--reject", "file,note\na.jpg,bad\n", 1, "path, sha256 or url"),
    ("--reject", "", 1, "path, sha256 or url"),
    ("--reject", 'path,note\n"a.jpg', 2, "not a line of a CSV table"),
    ("--reject", "path\na.jpg,b\n", 2, "more cells"),
    ("--reject", "path,note\n,x\n", 2, "does not say which image"),
    ("--reject", '{"path": "a.jpg"\n', 1, "not a line of JSON"),
    ("--reject", '{"path": 5}\n', 1, "should be a string"),
    ("--reject", f'{{"note": "{"x" * 3000}", "path": "a"}}\n', 1, "2000 is the most"),
    ("--move", "path\n{0}\n", 1, "column category is missing"),
    ("--move", "path,category\n{0},\n", 2, "give its category"),
    ("--move", "path,category\n{0},castle\n", 2, "no category 'castle'; did you mean 'castles'?"),
    ("--move", "path,category\n{0},../../etc\n", 2, "there are 'birds', 'castles'"),
    ("--move", "path,category\n{0},birds\n{0},castles\n", 3, "remove one of them"),
    ("--accept", "path,sha256\n{0},{1}\n", 2, "name different images"),
]


@pytest.mark.parametrize(("option", "text", "line", "told"), WRONG)
def test_what_is_wrong_is_told_and_nothing_changes(
    pixcrawler: Command,
    workspace: Path,
    job: Path,
    tmp_path: Path,
    option: str,
    text: str,
    line: int,
    told: str,
) -> None:
    before = everything(workspace)
    first, second = images(workspace, "castles")[:2]
    wrong, fine = tmp_path / "wrong.csv", write(tmp_path / "fine.csv", [{"path": second["path"]}])
    wrong.write_text(text.replace("{0}", first["path"]).replace("{1}", second["sha256"]))
    done = pixcrawler("review", NAME, option, wrong, "--reject", fine)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{wrong}:{line}: ")
    assert (told in done.stderr, done.stderr.count("\n")) == (True, 1)
    assert (everything(workspace), kept(workspace)) == (before, [])


def test_files_that_contradict_each_other(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path
) -> None:
    first = images(workspace)[0]
    good = write(tmp_path / "good.jsonl", [{"sha256": first["sha256"]}])
    bad = write(tmp_path / "bad.csv", [{"path": first["path"]}])
    done = pixcrawler("review", NAME, "--reject", bad, "--accept", good)
    assert done.code == 2
    assert done.stderr.startswith(f"{bad}:2: it says 'reject' of the image of which {good}:1 says 'accept'")
    assert kept(workspace) == []


def test_bytes_that_are_gone_or_no_picture_do_not_come_in(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path
) -> None:
    digest = too_small(workspace)["sha256"]
    blob = workspace / "blobs" / digest[:2] / digest
    good = write(tmp_path / "good.csv", [{"sha256": digest}])
    size = blob.stat().st_size
    blob.unlink()
    blob.write_bytes(bytes(size))
    broken = pixcrawler("review", NAME, "--accept", good)
    assert (broken.code, "cannot come in: " in broken.stderr) == (2, True)
    blob.unlink()
    gone = pixcrawler("review", NAME, "--accept", good)
    assert (gone.code, "are not in the workspace any more" in gone.stderr) == (2, True)
    assert kept(workspace) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((NAME,), "--accept, --reject, --move or --label"),
        ((NAME, "--list", "--dry-run"), "--list goes without"),
        ((NAME, "--reject", "nowhere.csv"), "nowhere.csv: cannot be read"),
        (("nothing", "--list"), "no dataset is called 'nothing'"),
        ((NAME, "--list", "--workspace", "nowhere"), "there is no workspace in nowhere"),
    ],
)
def test_wrong_usage(
    pixcrawler: Command, workspace: Path, job: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = pixcrawler("review", *arguments)
    assert (done.code, told in done.stderr) == (2, True), done.stderr


@pytest.mark.drill
def test_a_folder_that_was_not_written_is_mended_by_the_next_run(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path
) -> None:
    small = too_small(workspace)["sha256"]
    good = write(tmp_path / "good.csv", [{"sha256": small}])
    assert pixcrawler("review", NAME, "--accept", good).code == 0
    before = manifest(workspace, NAME)
    blocked = workspace / f"datasets/dataset-{NAME}/.manifest.json.part"
    blocked.mkdir()
    bad = write(tmp_path / "bad.csv", [{"path": images(workspace, "castles")[0]["path"]}])
    failed = pixcrawler("review", NAME, "--reject", bad)
    assert (failed.code, "run the same command again" in failed.stderr) == (1, True)
    assert sorted(row[0] for row in kept(workspace)) == ["accept", "reject"]
    assert manifest(workspace, NAME) == before
    blocked.rmdir()
    assert pixcrawler("run", job).code == 0
    assert check_dataset(workspace, NAME) == {"birds": 4, "castles": 4}


SLOW = """
CREATE TRIGGER slow BEFORE INSERT ON review BEGIN
  SELECT COUNT(*) FROM (
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000000) SELECT i FROM n
  );
END
"""
"""Lets each decision take a second to be written."""
ACCEPTED = "SELECT id FROM ledger_row WHERE state = 'accepted' ORDER BY id"


def written_to(workspace: Path) -> bool:
    """Whether another process is writing to the catalog."""
    with closing(sqlite3.connect(workspace / "catalog.db", timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def kill(process: subprocess.Popen[str]) -> None:
    """As kill -9 does."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_killed_in_the_middle_no_decision_is_applied(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path
) -> None:
    before, accepted = everything(workspace), rows_in_catalog(workspace, ACCEPTED)
    with closing(sqlite3.connect(workspace / "catalog.db")) as connection:
        connection.execute(SLOW)
    bad = write(tmp_path / "bad.csv", [{"path": each["path"]} for each in images(workspace)])
    process = pixcrawler.start("review", NAME, "--reject", bad)
    until(lambda: written_to(workspace))
    time.sleep(0.3)
    assert process.poll() is None
    kill(process)
    assert rows_in_catalog(workspace, ACCEPTED) == accepted
    assert (everything(workspace), kept(workspace)) == (before, [])


@pytest.mark.drill
def test_killed_afterwards_all_decisions_are_applied_and_the_next_run_goes_on(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path
) -> None:
    rows = [{"sha256": each["sha256"]} for each in images(workspace)]
    process = pixcrawler.start("review", NAME, "--reject", write(tmp_path / "bad.csv", rows))
    until(lambda: kept(workspace))
    kill(process)
    assert len(kept(workspace)) == len(rows)
    assert rows_in_catalog(workspace, ACCEPTED) == []
    assert pixcrawler("run", job).code in (0, 3)
    check_dataset(workspace, NAME)
    assert not {row["sha256"] for row in rows} & digests(workspace).keys()


def test_a_dataset_at_work_is_left_alone(
    tmp_path: Path, pixcrawler: Command, workspace: Path, job: Path
) -> None:
    bad = write(tmp_path / "bad.csv", [{"path": images(workspace)[0]["path"]}])
    with Workspace(workspace).lock(NAME):
        done = pixcrawler("review", NAME, "--reject", bad)
    assert (done.code, "is in use" in done.stderr, kept(workspace)) == (1, True, [])
