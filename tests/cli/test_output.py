"""What the command prints where: a bar on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import contextlib
import json
import os
import pty
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, wait
from tests.e2e.jobs import check_dataset, write_job


def test_quiet_says_nothing(tmp_path: Path, pixcrawler: Command, web: SimulatedWeb) -> None:
    job = write_job(tmp_path / "quiet.toml", web, ("castles",), 2)
    done = pixcrawler("run", job, "--quiet")
    assert (done.code, done.stdout, done.stderr) == (0, "", "")


def test_bar_on_a_terminal(tmp_path: Path, pixcrawler: Command, web: SimulatedWeb) -> None:
    web.delay(300)
    job = write_job(tmp_path / "bar.toml", web, ("castles",), 6, fetch={"concurrency": 1})
    ours, theirs = pty.openpty()
    process = pixcrawler.start("run", job, stderr=theirs)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert wait(process).code == 0
    assert b"/6 accepted" in shown
    assert b"left" in shown


def test_odd_names(tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb) -> None:
    job = write_job(tmp_path / "odd.toml", web, ('castles/"of" ../../etc', "城堡"), 2)
    text = job.read_text()
    for old, new in (
        ("odd", "小熊猫 / §"),
        (['castles/"of" ../../etc'], ["castles"]),
        (["城堡"], ["castles"]),
    ):
        text = text.replace(json.dumps(old), json.dumps(new))
    job.write_text(text)
    odd = tmp_path / "wörk 空"
    done = pixcrawler("run", "odd.toml", "--json", "--workspace", odd)
    assert (done.code, done.json["accepted"]) == (0, 4), done.stderr
    assert sum(check_dataset(odd, done.json["dataset"]).values()) == 4
    assert not workspace.exists()


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('[job]\nname = "x"\nkeywords = ["a"]\nmax_imags = 3\n', 4, "max_images"),
        ('[job]\nname = "x"\nkeywords = ["a"]\nmax_images = 0\n', 4, "max_images"),
        ('[job]\nname = "x"\nkeywords = ["a"\n', 4, ""),
        ('[job]\nname = "x"\nkeywords = ["a"]\n[sources]\nengines = ["openvers"]\n', 5, "openverse"),
        ('[job]\nname = "x"\nkeywords = ["a"]\n[export]\nformats = ["zipp"]\n', 5, "zip"),
    ],
)
def test_mistakes_in_a_job_file(tmp_path: Path, pixcrawler: Command, text: str, line: int, told: str) -> None:
    (tmp_path / "wrong.toml").write_text(text)
    for command in (["run"], ["config", "check"]):
        done = pixcrawler(*command, "wrong.toml")
        assert done.code == 2
        assert f"{line}" in done.stderr
        assert told in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


def test_a_reader_that_goes_away(pixcrawler: Command) -> None:
    process = pixcrawler.start("config", "schema")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    assert "Traceback" not in wait(process).stderr
