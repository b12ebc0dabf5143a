"""What `dedup`, `validate` and `label` share: which files they look at, and how they tell of them."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PHOTOGRAPHS, Command, Finished, deaf_to_sigint, humbly, until, wait

CASTLES = sorted((PHOTOGRAPHS / "castles").glob("*.jpg"))
COMMANDS = [["dedup"], ["validate"], ["label", "--labelers", "category"]]

pytestmark = pytest.mark.parametrize("command", COMMANDS, ids=[command[0] for command in COMMANDS])


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three photographs, and one of them once more."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, castle in zip("abcd", [*CASTLES[:3], CASTLES[0]], strict=True):
        shutil.copy(castle, folder / f"{name}.jpg")
    return folder


def on_a_terminal(process: subprocess.Popen[str], ours: int) -> str:
    """What a process shows on a terminal until it ends."""
    shown = b""
    with contextlib.suppress(OSError):  # that the other side is closed
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert wait(process).code == 0, shown.decode()
    return shown.decode()


def test_a_bar_on_a_terminal(pixcrawler: Command, pictures: Path, command: list[str]) -> None:
    ours, theirs = pty.openpty()
    process = pixcrawler.start(*command, pictures, stderr=theirs, environment={"TERM": "xterm"})
    os.close(theirs)
    shown = on_a_terminal(process, ours)
    assert "Traceback" not in shown
    assert "4/4" in shown
    assert "/s" in shown.partition("4 files")[0]


def test_all_on_a_terminal(pixcrawler: Command, pictures: Path, command: list[str]) -> None:
    ours, theirs = pty.openpty()
    process = pixcrawler.start(*command, pictures, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = on_a_terminal(process, ours)
    assert ("Traceback" in shown, "4 files: " in shown) == (False, True)


def test_what_is_empty_is_not_read(pixcrawler: Command, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "empty.jpg").touch()
    paths = ["empty.jpg", *(["/proc/kmsg"] if Path("/proc/kmsg").exists() else [])]
    done = pixcrawler(*command, *paths)
    assert done.code == 0, done.stderr
    empty = re.compile(": (?:empty: the file has no bytes|too-small-file: 0 bytes)")
    told = [line for line in (done.stdout + done.stderr).splitlines() if empty.search(line)]
    assert [line.split(": ")[0] for line in told] == paths
    assert done.seconds < 20


def test_links_are_followed_only_if_they_are_named(
    pixcrawler: Command, pictures: Path, tmp_path: Path, command: list[str]
) -> None:
    (pictures / "link.jpg").symlink_to(CASTLES[5])
    (pictures / "gone.jpg").symlink_to("nowhere")
    (pictures / "folder").symlink_to(PHOTOGRAPHS)
    done = pixcrawler(*command, pictures)
    assert (done.code, "4 files: " in done.stderr) == (0, True), done.stderr
    (tmp_path / "way").symlink_to(pictures)
    done = pixcrawler(*command, tmp_path / "way")
    assert (done.code, "4 files: " in done.stderr) == (0, True), done.stderr


def test_a_folder_that_may_not_be_read(
    pixcrawler: Command, pictures: Path, tmp_path: Path, command: list[str]
) -> None:
    (pictures / "closed").mkdir(mode=0)
    done = pixcrawler(*command, pictures, preexec_fn=humbly)
    assert done.code == 0, done.stderr
    told = done.stdout + done.stderr
    assert f"{pictures}/closed: unreadable: cannot be read: it is a folder that may not be listed\n" in told


def test_no_path_is_obeyed_by_a_terminal(pixcrawler: Command, tmp_path: Path, command: list[str]) -> None:
    odd = tmp_path / os.fsdecode(b"\x1b[2J\n\xff")
    odd.mkdir()
    shutil.copy(CASTLES[0], odd / "a.jpg")
    shutil.copy(CASTLES[0], odd / "b.jpg")
    (odd / "notes.txt").write_text("no picture " * 200)
    done = pixcrawler(*command, odd)
    assert done.code == 0, done.stderr
    assert f"{tmp_path}/\\x1b[2J\\n\\udcff/notes.txt: unknown-format: " in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    done = pixcrawler(*command, odd / "\x07")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path}/\\x1b[2J\\n\\udcff/\\x07: there is no such file or folder\n"


def test_all_that_is_missing_is_named(pixcrawler: Command, pictures: Path, command: list[str]) -> None:
    done = pixcrawler(*command, "one", pictures, "two")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == "one, two: there is no such file or folder\n"


def test_an_empty_path(pixcrawler: Command, tmp_path: Path, command: list[str]) -> None:
    done = pixcrawler(*command, "")
    assert (done.code, done.stdout) == (2, "")
    assert "a path is empty" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_told(
    pixcrawler: Command, pictures: Path, command: list[str], number: signal.Signals
) -> None:
    done = _ended(pixcrawler, pictures, command, number)
    assert (done.code, done.stderr.split()) == (130, ["interrupted"])


def test_sigterm_ends_what_a_script_runs_with_an_ampersand(
    pixcrawler: Command, pictures: Path, command: list[str]
) -> None:
    done = _ended(pixcrawler, pictures, command, signal.SIGTERM, preexec_fn=deaf_to_sigint)
    assert (done.code, done.stderr.split()) == (130, ["interrupted"])


def _ended(
    pixcrawler: Command, pictures: Path, command: list[str], number: signal.Signals, **options: Any
) -> Finished:
    """How a command on 2,000 pictures ends with a signal."""
    for copy in range(2000):
        (pictures / f"{copy}.jpg").hardlink_to(pictures / "a.jpg")
    process = pixcrawler.start(*command, pictures, **options)
    until(lambda: _takes_signals(process.pid))
    time.sleep(0.5)
    os.kill(process.pid, number)
    return wait(process)


def _takes_signals(process: int) -> bool:
    """Whether a process has a handler of SIGTERM: proc(5)."""
    status = Path(f"/proc/{process}/status").read_text()
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)
