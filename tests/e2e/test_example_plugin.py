"""The example plugin: its wheel is built and installed, and a job uses all that it adds."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import CHECKOUT, Command
from tests.e2e.jobs import check_dataset, ledger, manifest, write_job

PLUGIN = CHECKOUT / "examples/pixcrawler-example-plugin"
PIP = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else ["uv", "pip"]
TABLES = """
[validators.spread]
least = {least}

[labels]
labelers = ["category", "brightness"]

[labels.brightness]
dark = 0.45
bright = 0.46

[export]
formats = ["album"]

[export.album]
width = 200
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed plugin and nothing else; no index of packages is asked."""
    folder = tmp_path_factory.mktemp("example")
    run(PLUGIN, sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    (wheel,) = folder.glob("*.whl")
    run(folder, *PIP, "install", "--quiet", "--no-deps", "--no-index", "--target", "site", str(wheel))
    return folder / "site"


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def theirs(pixcrawler: Command, installed: Path) -> Command:
    """The `pixcrawler` command where the plugin is installed."""
    pixcrawler.environment["PYTHONPATH"] = str(installed)
    return pixcrawler


def spreads(workspace: Path, name: str) -> list[float]:
    """The spread of each image of a dataset, measured anew at the files."""
    folder = workspace / f"datasets/dataset-{name}"
    grey = [Image.open(path).convert("L") for path in sorted(folder.glob("categories/*/*"))]
    return [ImageStat.Stat(picture).stddev[0] / 127.5 for picture in grey]


def brightness_is_labelled(workspace: Path, entry: Mapping[str, Any]) -> bool:
    """Whether an image's labels are its category and how bright it is, measured anew at the file."""
    category, *more = entry["labels"]
    assert category == {"name": entry["category"], "source": "category", "version": "1"}
    assert {label["source"] for label in more} <= {"brightness"}
    grey = Image.open(workspace / "datasets/dataset-example" / entry["path"]).convert("L")
    brightness = ImageStat.Stat(grey).mean[0] / 255
    names = {"dark"} if brightness < 0.44 else {"bright"} if brightness > 0.47 else {"dark", "bright", None}
    return bool(names & {more[0]["name"] if more else None})


def test_the_wheel_holds_the_package_alone(installed: Path) -> None:
    found = {path.name for path in (installed / "pixcrawler_example_plugin").iterdir()}
    modules = {"album.py", "brightness.py", "spread.py", "gallery.py"}
    assert found - {"__pycache__"} == {"__init__.py", *modules, "py.typed"}
    assert not (installed / "tests").exists()


def test_a_job_uses_its_source_its_check_its_labeler_and_its_format(
    tmp_path: Path, theirs: Command, workspace: Path, web: SimulatedWeb
) -> None:
    tables = TABLES.format(least=0.45)
    job = write_job(tmp_path / "example.toml", web, ("castles",), 3, engines=["gallery"], more=tables)
    done = theirs("run", job)
    assert done.code == 0, done.stderr
    assert check_dataset(workspace, "example") == {"castles": 3}
    images = manifest(workspace, "example")["images"]
    assert {each["engine"] for each in images} == {"gallery"}
    assert all(each["licence"] and each["title"] for each in images)
    assert all(each["scores"]["spread"]["score"] >= 0.45 for each in images)
    assert min(spreads(workspace, "example")) > 0.4
    assert all(brightness_is_labelled(workspace, each) for each in images)
    reasons = {row["reason"] for row in ledger(workspace, "example") if row["state"] == "rejected"}
    assert reasons == {"little-spread"}
    page = (workspace / "exports/dataset-example-album/index.html").read_text("utf-8")
    assert page.count("<img ") == 3
    assert all(f'src="{each["path"]}"' in page for each in images)
    assert all((workspace / "exports/dataset-example-album" / each["path"]).is_file() for each in images)


def test_installing_it_changes_no_job(
    tmp_path: Path, theirs: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = write_job(tmp_path / "plain.toml", web, ("castles",), 3, engines=["openverse"])
    assert theirs("run", job).code == 0
    images = manifest(workspace, "plain")["images"]
    assert all("spread" not in each["scores"] for each in images)
    assert {label["source"] for each in images for label in each["labels"]} == {"category"}
    assert list((workspace / "exports").glob("*")) == []
