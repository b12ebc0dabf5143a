"""`pixcrawler storage gc` beside runs, and with a question that is left open."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from pixcrawler_core.cli import Context, pixcrawler
from pixcrawler_core.workspace import Workspace
from tests.core.storage.shell import Shell


@pytest.fixture
def blob(shell: Shell) -> Path:
    """An old blob that no row of a ledger has."""
    with Workspace(shell.workspace) as workspace:
        path = workspace.blobs.put([b"a picture"]).path
    os.utime(path, (1e9, 1e9))
    return path


def test_nothing_is_removed_under_a_run(shell: Shell, blob: Path) -> None:
    """Whose blob is there a moment before its row, with the time of the one that was kept."""
    with Workspace(shell.workspace).attend():
        assert Workspace(shell.workspace).blobs.put([b"a picture"]).path == blob
        assert "a run is under way in the workspace" in shell("gc", "--yes", code=1)
    assert blob.exists()
    assert shell("gc", "--yes").startswith("0 units and 1 blob (")
    assert not blob.exists()


class Answer(io.BytesIO):
    """A terminal at which somebody says yes, after a blob was written again."""

    def __init__(self, blob: Path) -> None:
        super().__init__(b"y\n")
        self._blob = blob

    def isatty(self) -> bool:
        return True

    def read1(self, size: int | None = -1, /) -> bytes:
        os.utime(self._blob)
        return super().read1(size)


def test_what_is_needed_before_the_answer_stays(shell: Shell, blob: Path) -> None:
    done = CliRunner().invoke(
        pixcrawler, ["storage", "gc"], input=Answer(blob), obj=Context(workspace=shell.workspace)
    )
    assert "Remove 0 stored datasets or export, 1 blob" in done.output
    assert "0 units and 0 blobs (0 kB) removed" in done.output
    assert blob.exists()
