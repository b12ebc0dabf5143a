"""A finished dataset, made once and copied for each test that changes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import MODELS, Command
from tests.e2e.jobs import write_job
from tests.e2e.reviews import CATEGORIES, MORE, NAME, WANTED


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, running_photographs: SimulatedWeb) -> Path:
    """A folder with a job file, and with the workspace in which it was run; take `job` in tests."""
    folder = tmp_path_factory.mktemp("finished")
    running_photographs.reset()
    job = write_job(folder / f"{NAME}.toml", running_photographs, CATEGORIES, WANTED, more=MORE)
    command = Command("pixcrawler", folder, {"PIXCRAWLER_MODELS": str(MODELS)})
    done = command("run", job, "--workspace", folder / "workspace")
    assert done.code == 0, done.stderr
    return folder


@pytest.fixture
def job(finished: Path, tmp_path: Path, workspace: Path, web: SimulatedWeb) -> Path:
    """The job file of a finished dataset, which lies in the workspace; `web` has nothing logged."""
    shutil.copytree(finished / "workspace", workspace)
    return Path(shutil.copy(finished / f"{NAME}.toml", tmp_path))
