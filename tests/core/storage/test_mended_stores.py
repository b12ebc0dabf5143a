"""`storage check --repair`, and what the catalog says afterwards."""

from __future__ import annotations

from pathlib import Path

from pixcrawler_core.catalog.models import Dataset, StoredUnit
from pixcrawler_core.workspace import Workspace
from tests.core.storage.shell import UNIT, Shell


def noted(workspace: Path) -> dict[str, tuple[int, int, int]]:
    with Workspace(workspace):
        return {row.unit: (row.objects, row.hot, row.cold) for row in StoredUnit.select()}


def test_what_is_mended_is_noted(shell: Shell) -> None:
    """Files that became objects, and an archived one that was lost and is hot now."""
    with Workspace(shell.workspace):
        Dataset.create(id="birds", name="Birds")
    shell("push", "birds")
    shell("tier", "birds", "cold")
    objects, _, size = noted(shell.workspace)[UNIT]
    (pack,) = (shell.folder / "store/cold").glob("*.pack")
    pack.unlink()
    stray = shell.folder / "store/hot/exports/birds.zip"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"a file without an object")
    assert shell("check", "--repair").startswith("0 problems; ")
    assert noted(shell.workspace) == {UNIT: (objects, size, 0), "exports/birds.zip": (1, 24, 0)}
    shell("usage", "--verify")
