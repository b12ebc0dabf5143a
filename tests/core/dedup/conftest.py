"""A collection that is not there yet, and pictures for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.core.dedup.gathering import picture


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a collection that is not there yet."""
    return tmp_path / "collection"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, of which two are the same, and one that is broken."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    picture(folder / "a.png", 10)
    shutil.copy(folder / "a.png", folder / "b.png")
    picture(folder / "c.png", 200)
    (folder / "broken.png").write_bytes((folder / "a.png").read_bytes()[:50])
    return folder
