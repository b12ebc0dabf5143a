"""A finished dataset, made once and copied for each test that changes it; and a folder of duplicates."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image as Pillow

from pixcrawler_core.testing.web import SimulatedWeb
from tests.e2e.deduping import CASTLES
from tests.e2e.reviews import NAME, finish
from tests.e2e.stores import table


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, running_photographs: SimulatedWeb) -> Path:
    """A folder with a job file, and with the workspace in which it was run; take `job` in tests."""
    return finish(tmp_path_factory.mktemp("finished"), running_photographs)


@pytest.fixture
def job(finished: Path, tmp_path: Path, workspace: Path, web: SimulatedWeb) -> Path:
    """The job file of a finished dataset, which lies in the workspace; `web` has nothing logged."""
    shutil.copytree(finished / "workspace", workspace)
    return Path(shutil.copy(finished / f"{NAME}.toml", tmp_path))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Five photographs; of three a copy, a PNG and a half as large one, a text, and a broken picture."""
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    for letter, castle in zip("abcde", CASTLES, strict=False):
        shutil.copy(castle, folder / f"{letter}.jpg")
    shutil.copy(CASTLES[0], folder / "below/copy.jpg")
    photograph = Pillow.open(CASTLES[1])
    photograph.save(folder / "below/pixels.png")
    photograph = Pillow.open(CASTLES[2])
    photograph.resize((photograph.width // 2, photograph.height // 2)).save(folder / "below/half.jpg")
    (folder / "below/cut.jpg").write_bytes(CASTLES[3].read_bytes()[:9000])
    (folder / "notes.txt").write_text("no picture " * 200)
    return folder


@pytest.fixture
def place(job: Path, workspace: Path, tmp_path: Path) -> Path:
    """The folder of the store that the workspace's own configuration names."""
    place = tmp_path / "store"
    (workspace / "storage.toml").write_text(table(place))
    return place
