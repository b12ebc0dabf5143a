"""A folder in which the commands and programs of the documentation run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pixcrawler_core.testing.drawings import draw, draw_photographs
from tests.docs.pages import ROOT, all_blocks

LIST = "url,image,label,species,licence,title,page\nhttps://photos.example/1.jpg,,,wren,,,\n"
PATIENCE = 60.0


@dataclass(frozen=True)
class Sandbox:
    """A folder with what the examples need: pictures, photographs, a list, job files and a demo dataset."""

    folder: Path
    demo_output: str

    @property
    def dataset(self) -> Path:
        """The demo's dataset."""
        return self.folder / "demo-data/datasets/dataset-demo"

    def run(self, command: str) -> str:
        """Run a command line in a shell; its standard output. Fails the test unless it exits with 0."""
        return run(command, self.folder)


def run(command: str, folder: Path, **environment: str) -> str:
    """Run a command line in a shell with the programs of this environment in its path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{command}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, before the demo."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "examples").symlink_to(ROOT / "examples")
    shutil.copy(ROOT / "scrapy.cfg", folder)
    (folder / "birds.csv").write_text(LIST, "utf-8")
    draw_photographs(folder / "photographs", count=2)
    (folder / "pictures").mkdir()
    draw("a picture").save(folder / "pictures/picture.jpg")
    for block in all_blocks("toml"):
        if block.label:
            (folder / f"{block.label}.toml").write_text(block.text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def sandbox(folder: Path) -> Sandbox:
    """The folder, with the demo run in it as `make demo` runs it."""
    return Sandbox(folder, run(_recipe("demo"), folder))


def _recipe(target: str) -> str:
    """The command of a target of the Makefile, without the folder of the environment."""
    found = re.search(rf"^{target}:.*\n\t(.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert found, target
    return found[1].replace("$(BIN)/", "")
