"""Labelers of an installed package: what breaks ends no run, and what is labelled is not labelled again."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, until, wait
from tests.e2e.jobs import check_dataset, manifest, rows_in_catalog, write_job
from tests.e2e.test_plugins import install

PLUGIN = """
import os, threading, time
from pixcrawler_core import hookimpl
from pixcrawler_core.components import Labeler
from pixcrawler_core.errors import PassingError
from pixcrawler_core.records import Label

LOCK = threading.Lock()

def ask(image, seconds):
    with LOCK, open(os.environ["ASKED"], "a") as asked:
        asked.write(image.sha256 + "\\n")
        time.sleep(seconds)

def slow(image):
    ask(image, 0.08)
    yield Label(name=image.header.format, score=1)

def broken(image):
    ask(image, 0)
    raise RuntimeError("out of order")

def away(image):
    ask(image, 0)
    raise PassingError("the service is away")

@hookimpl
def {hook}():
    yield Labeler(name="{name}", summary="Somebody's labeler", build=lambda _: slow)
    yield Labeler(name="broken", summary="Somebody else's", build=lambda _: broken)
    yield Labeler(name="away", summary="Of a service", build=lambda _: away)
"""
LABELS = '[labels]\nlabelers = ["category", "{}"]'
LABELLED = "SELECT hash FROM image WHERE labels <> '[]'"


@pytest.fixture
def theirs(tmp_path: Path, pixcrawler: Command) -> Command:
    """The `pixcrawler` command where the package is installed."""
    pixcrawler.environment["PYTHONPATH"] = str(install(tmp_path, "slow", "register_labelers", PLUGIN))
    pixcrawler.environment["ASKED"] = str(tmp_path / "asked.txt")
    return pixcrawler


def asked(command: Command) -> list[str]:
    """Digests of the images that a labeler was asked about, in order."""
    path = Path(command.environment["ASKED"])
    return path.read_text().split() if path.exists() else []


def write_list(folder: Path, web: SimulatedWeb, count: int, fetch: str = "") -> Path:
    """A job over a list of photographs, for the slow labeler; `fetch` are more lines of `[fetch]`."""
    urls = [web.photograph_url(each["key"]) for each in web.photographs()[:count]]
    (folder / "list.txt").write_text("\n".join(urls))
    fetching = f'[fetch]\nallow_private_hosts = ["localhost"]\n{fetch}'
    job = folder / "list.toml"
    job.write_text(f'[urls]\nfile = "list.txt"\n{fetching}\n{LABELS.format("slow")}\n')
    return job


def labelled_now(workspace: Path) -> list[int]:
    """How many images each run labelled, as its log tells."""
    ended = "SELECT details FROM activity_log WHERE action = 'run ended' ORDER BY id"
    return [json.loads(details)["labelled now"] for (details,) in rows_in_catalog(workspace, ended)]


@pytest.mark.drill
def test_a_broken_labeler_ends_no_run_and_is_not_asked_twice(
    tmp_path: Path, theirs: Command, workspace: Path, web: SimulatedWeb
) -> None:
    labels = LABELS.format("broken")
    job = write_job(tmp_path / "broken.toml", web, ("castles",), 3, more=labels)
    done = theirs("run", job)
    assert (done.code, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert done.stderr.count("labeler 'broken' of plugin theirs failed: RuntimeError: out of order (") == 1
    images = manifest(workspace, "broken")["images"]
    assert [[label["name"] for label in each["labels"]] for each in images] == [["castles"]] * 3
    assert all(each["label_errors"]["broken"].endswith("RuntimeError: out of order") for each in images)
    assert theirs("run", job).code == 0
    assert len(asked(theirs)) == 3
    assert theirs("run", write_job(job, web, ("castles",), 4, more=labels)).code == 0
    assert len(asked(theirs)) == len(set(asked(theirs))) == 4
    assert check_dataset(workspace, "broken") == {"castles": 4}


@pytest.mark.drill
def test_a_mended_labeler_labels_a_finished_dataset_anew(
    tmp_path: Path, theirs: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = write_job(tmp_path / "mended.toml", web, ("castles",), 2, more=LABELS.format("broken"))
    assert theirs("run", job).code == 0
    module = tmp_path / "pixcrawler_theirs.py"
    mended = module.read_text().replace('raise RuntimeError("out of order")', 'yield Label(name="mended")')
    module.write_text(mended.replace('name="broken"', 'name="broken", version="2"'))
    requests = len(web.log())
    assert theirs("run", job).code == 0
    assert len(web.log()) == requests
    for each in manifest(workspace, "mended")["images"]:
        assert [label["name"] for label in each["labels"]] == ["castles", "mended"]
        assert each["label_errors"] == {}


@pytest.mark.drill
def test_images_are_labelled_while_others_are_fetched(
    tmp_path: Path, theirs: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = write_list(tmp_path, web, 30, "per_host = 1\ndelay = 0.2")
    process = theirs.start("run", job, "--json")
    until(lambda: asked(theirs) and rows_in_catalog(workspace, LABELLED))
    waiting = rows_in_catalog(workspace, "SELECT 1 FROM ledger_row WHERE state = 'found'")
    assert waiting
    done = wait(process)
    assert done.code == 0, done.stderr
    assert len(asked(theirs)) == len(manifest(workspace, "list")["images"]) == 30
    assert labelled_now(workspace) == [30]
    ((live,),) = rows_in_catalog(workspace, "SELECT live FROM crawl_job")
    assert json.loads(live)["labelled"] == 30


@pytest.mark.drill
def test_a_service_that_is_away_is_asked_once_a_run(
    tmp_path: Path, theirs: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = write_job(tmp_path / "away.toml", web, ("castles",), 3, more=LABELS.format("away"))
    assert [theirs("run", job).code for _ in range(2)] == [0, 0]
    assert Counter(asked(theirs)) == dict.fromkeys(asked(theirs), 2)
    assert labelled_now(workspace) == [3, 3]
    images = manifest(workspace, "away")["images"]
    assert [[label["name"] for label in each["labels"]] for each in images] == [["castles"]] * 3


@pytest.mark.drill
def test_labels_are_noted_within_a_second_whatever_else_is_waited_for(
    tmp_path: Path, theirs: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = write_list(tmp_path, web, 3, "per_host = 1\ndelay = 6")
    process = theirs.start("run", job)
    until(lambda: asked(theirs))
    until(lambda: rows_in_catalog(workspace, LABELLED))
    assert len(asked(theirs)) == 1
    os.killpg(process.pid, signal.SIGKILL)
    wait(process)


@pytest.mark.drill
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_ends_while_it_labels_is_gone_on_with(
    tmp_path: Path, theirs: Command, workspace: Path, web: SimulatedWeb, number: signal.Signals
) -> None:
    job = write_list(tmp_path, web, 30)
    process = theirs.start("run", job, "--json")
    until(lambda: len(asked(theirs)) > 2 and rows_in_catalog(workspace, LABELLED))
    os.killpg(process.pid, number)
    done = wait(process)
    assert done.code in (130, -signal.SIGKILL)
    assert not (workspace / "datasets/dataset-list/manifest.json").exists()
    before = {digest for (digest,) in rows_in_catalog(workspace, LABELLED)}
    known = len(asked(theirs))
    assert 0 < len(before) < 30
    assert theirs("run", job).code == 0
    assert not before & set(asked(theirs)[known:])
    names = [[label["source"] for label in each["labels"]] for each in manifest(workspace, "list")["images"]]
    assert names == [["category", "slow"]] * 30
