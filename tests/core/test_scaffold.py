"""`pixcrawler plugins new`: what it writes is sound, and what does not do is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pixcrawler_core.cli import Context, pixcrawler
from pixcrawler_core.components import (
    Command,
    Component,
    Deduper,
    Expander,
    Exporter,
    Labeler,
    Sink,
    Source,
    Storage,
    Validator,
)
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.registry import load
from pixcrawler_core.scaffold import KINDS, plain_name
from pixcrawler_core.service import Meter
from tests.announced import announce

COMPONENTS: list[type[Component]] = [
    *(Command, Deduper, Expander, Exporter, Labeler, Meter, Sink, Source, Storage, Validator)
]
PROGRAMS = Path(sys.executable).parent

FLAGS = ("-q", "-p", "no:asyncio", "-p", "no:cacheprovider")


def new(kind: str, name: str, into: Path, *more: str) -> Result:
    arguments = ["plugins", "new", kind, name, "--into", str(into), *more]
    context = Context()
    vars(context)["registry"] = load(installed=False)
    return CliRunner().invoke(pixcrawler, arguments, obj=context)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package of each kind."""
    folder = tmp_path_factory.mktemp("packages")
    for kind in KINDS:
        assert new(kind, f"Light-house_{kind}", folder).exit_code == 0
    return folder


def package(folder: Path, kind: str) -> Path:
    return folder / f"pixcrawler-light-house-{kind}"


def run(folder: Path, *command: str, path: str = "src") -> str:
    """What a program of this environment prints in a folder, with more places to import from."""
    done = subprocess.run(
        [str(PROGRAMS / command[0]), *command[1:]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_there_is_a_template_for_each_kind() -> None:
    assert [kind.kind() for kind in COMPONENTS] == list(KINDS)


def test_their_tests_pass(folder: Path) -> None:
    """In one process here; `test_its_own_tests_pass` has one for each, as their users have."""
    sources = os.pathsep.join(str(package(folder, kind) / "src") for kind in KINDS)
    tests = [str(package(folder, kind) / "tests") for kind in KINDS]
    assert " passed" in run(folder, "pytest", *FLAGS, "--import-mode=importlib", *tests, path=sources)


@pytest.mark.drill
@pytest.mark.parametrize("kind", KINDS)
def test_its_own_tests_pass(folder: Path, kind: str) -> None:
    assert " passed" in run(package(folder, kind), "pytest", *FLAGS)


def test_ruff_has_nothing_to_say(folder: Path) -> None:
    run(folder, "ruff", "check", "--no-cache")


def test_types_are_sound(folder: Path) -> None:
    sources = [str(package(folder, kind) / part) for kind in KINDS for part in ("src", "tests")]
    flags = ["--strict", "--config-file=", f"--cache-dir={folder / 'cache'}"]
    assert f"in {3 * len(KINDS)} source files" in run(folder, "mypy", *flags, *sources, path="")


def test_installed_packages_are_found(folder: Path, tmp_path: Path) -> None:
    places = [str(package(folder, kind) / "src") for kind in KINDS]
    places += [str(announce(package(folder, kind), tmp_path / kind)) for kind in KINDS]
    rows = json.loads(run(tmp_path, "pixcrawler", "plugins", "list", "--json", path=os.pathsep.join(places)))
    found = {(row["kind"], row["name"]) for row in rows if row["plugin"].startswith("light-house_")}
    assert found == {(kind, f"light-house_{kind}") for kind in KINDS}


def test_it_has_the_shape_of_a_repository(folder: Path) -> None:
    made = package(folder, "source")
    found = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert {path for path in found if "cache" not in path and ".hypothesis" not in path} == {
        "README.md",
        "pyproject.toml",
        "src/pixcrawler_light_house_source/__init__.py",
        "src/pixcrawler_light_house_source/py.typed",
        "src/pixcrawler_light_house_source/source.py",
        "tests/recorded/expected.json",
        "tests/recorded/page.json",
        "tests/test_source.py",
    }


def test_it_says_what_it_wrote_and_what_to_do_next(tmp_path: Path) -> None:
    told = new("exporter", "shoebox", tmp_path).stdout.splitlines()
    made = tmp_path / "pixcrawler-shoebox"
    assert str(made / "pyproject.toml") in told
    assert told[-1] == f"next: cd {made} && pip install --editable . --group dev && pytest"
    assert new("exporter", "crate", tmp_path, "--quiet").stdout == ""


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    made = tmp_path / "pixcrawler-shoebox"
    made.mkdir()
    assert new("exporter", "shoebox", tmp_path).exit_code == 0
    (made / "README.md").write_text("mine")
    refused = new("exporter", "shoebox", tmp_path)
    assert isinstance(refused.exception, ConfigError)
    assert f"{made} is there already" in str(refused.exception)
    assert (made / "README.md").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = new("exporter", "shoebox", tmp_path / "file/below")
    assert isinstance(refused.exception, ConfigError)
    assert "cannot be written" in str(refused.exception)


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    refused = new("exporter", "ZIP", tmp_path)
    assert str(refused.exception) == "the exporter 'zip' is there already; choose another name"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "1st", "-a", "a-", "a--b", "a b", "../a", "a/b", "é", "a.b", "a\n"])
def test_odd_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="begins with a letter"):
        plain_name(name)


@pytest.mark.parametrize("name", ["core", "Spiders", "source", "pixcrawler-server"])
def test_names_of_its_own_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="PixCrawler itself"):
        plain_name(name)


@pytest.mark.parametrize("name", ["flickr", "Flickr", "pixcrawler-flickr", "PIXCRAWLER_flickr"])
def test_what_goes_without_saying_is_left_out(name: str) -> None:
    assert plain_name(name) == "flickr"


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    assert new("zebra", "stripes", tmp_path).exit_code == 2
