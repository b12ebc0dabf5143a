"""The demo goes on where it was, also after `kill -9`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.conftest import PHOTOGRAPHS, Command, until
from tests.e2e.jobs import dataset, rows_in_catalog

DEMO = ("demo", "--photographs", PHOTOGRAPHS, "--max-images", 4)


@pytest.mark.drill
def test_a_demo_that_was_killed_goes_on(tmp_path: Path, pixcrawler: Command, workspace: Path) -> None:
    undisturbed = tmp_path / "undisturbed"
    assert pixcrawler(*DEMO, "--quiet", "--workspace", undisturbed).code == 0
    process = pixcrawler.start(*DEMO, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: _images(workspace) >= 6)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert 6 <= _images(workspace) < 36, "it was done before it was killed"
    done = pixcrawler(*DEMO)
    assert done.code == 0, done.stderr
    assert len(_hosts(workspace)) == 1, "the second web was another one"
    assert _hosts(workspace) != _hosts(undisturbed)
    assert dataset(workspace, "demo") == dataset(undisturbed, "demo")
    with socket.create_server(_hosts(workspace).pop()):
        taken = pixcrawler(*DEMO, "--quiet", "--max-images", 5)
    assert taken.code == 0, taken.stderr


def _images(workspace: Path) -> int:
    if not (workspace / "catalog.db").exists():
        return 0
    tables = rows_in_catalog(workspace, "SELECT 1 FROM sqlite_schema WHERE name = 'image'")
    return int(rows_in_catalog(workspace, "SELECT COUNT(*) FROM image")[0][0]) if tables else 0


def _hosts(workspace: Path) -> set[tuple[str, int]]:
    """The addresses on this machine from which a workspace has images."""
    rows = rows_in_catalog(workspace, "SELECT original_url FROM image")
    return {("127.0.0.1", int(str(url).split("/")[2].split(":")[1])) for (url,) in rows}
