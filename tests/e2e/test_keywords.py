"""Keywords that are widened: on the command line, and in jobs that are stopped, run again and topped up."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, until
from tests.e2e.jobs import check_dataset, ledger, manifest, write_job
from tests.e2e.test_plugins import install

PLUGIN = """
import os, time
from pixcrawler_core import hookimpl
from pixcrawler_core.components import Expander
from pixcrawler_core.records import Query

def expand(keyword):
    with open(os.environ["ASKED"], "a") as asked:
        asked.write(keyword.text + " " + str(len(keyword.titles)) + "\\n")
    yield Query(text="ruins", relation="plural")
    yield Query(text="nude " + keyword.text, relation="plural")
    yield Query(text=keyword.text + " in the rain", relation="template", detail="{{keyword}} in the rain")

@hookimpl
def {hook}():
    yield Expander(name="{name}", summary="Somebody's expander", build=lambda _: expand)
"""
KEYWORDS = '[keywords]\nexpanders = ["ruinous"]'


@pytest.fixture
def theirs(tmp_path: Path, pixcrawler: Command) -> Command:
    """The `pixcrawler` command where the package is installed."""
    pixcrawler.environment["PYTHONPATH"] = str(install(tmp_path, "ruinous", "register_expanders", PLUGIN))
    pixcrawler.environment["ASKED"] = str(tmp_path / "asked.txt")
    return pixcrawler


def asked(command: Command) -> list[str]:
    """Keywords that the expander was asked about, each with the number of titles it was told."""
    path = Path(command.environment["ASKED"])
    return path.read_text().splitlines() if path.exists() else []


def queries(workspace: Path, name: str) -> dict[str, Any]:
    """What came of each query, by its text."""
    path = workspace / f"datasets/dataset-{name}/statistics.json"
    return {each["query"]: each for each in json.loads(path.read_text())["queries"]}


def test_a_job_asks_what_its_keywords_are_widened_to(
    tmp_path: Path, theirs: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = write_job(tmp_path / "wide.toml", web, ("castles",), 25, more=KEYWORDS)
    assert theirs("run", job).code in (0, 3)
    told = manifest(workspace, "wide")["keywords"]
    assert [(each["text"], each["origin"], each["relation"]) for each in told["queries"]] == [
        ("castles", "job", "given"),
        ("ruins", "ruinous", "plural"),
        ("castles in the rain", "ruinous", "template"),
    ]
    (dropped,) = told["dropped"]
    assert (dropped["text"], dropped["dropped"]) == ("nude castles", "it has 'nude', which is unfit for work")
    assert told["errors"] == {}
    counts = queries(workspace, "wide")
    assert counts["ruins"]["accepted"] > 0
    assert counts["ruins"]["rate"] == round(counts["ruins"]["accepted"] / counts["ruins"]["decided"], 4)
    assert counts["castles in the rain"]["candidates"] == 0
    images = manifest(workspace, "wide")["images"]
    assert {image["query"] for image in images} == {"castles", "ruins"}
    assert {image["category"] for image in images} == {"castles"}


@pytest.mark.drill
def test_a_stopped_run_asks_the_same_queries_again_and_a_finished_one_new_ones(
    tmp_path: Path, theirs: Command, workspace: Path, web: SimulatedWeb
) -> None:
    web.delay(200)
    job = write_job(tmp_path / "wide.toml", web, ("castles",), 6, more=KEYWORDS)
    process = theirs.start("run", job)
    until(lambda: bool(asked(theirs)) and (workspace / "catalog.db").exists())
    until(lambda: len(list((workspace / "blobs").glob("*/*"))) > 0)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    web.reset()
    assert theirs("run", job).code == 0
    assert asked(theirs) == ["castles 0"]
    assert check_dataset(workspace, "wide") == {"castles": 6}
    job = write_job(job, web, ("castles",), 8, more=KEYWORDS)
    assert theirs("run", job).code == 0
    assert asked(theirs) == ["castles 0", "castles 6"]


@pytest.mark.drill
def test_what_is_to_be_left_out(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    def crawled(name: str, sources: str = "") -> list[dict[str, Any]]:
        engines = ["openverse", "finna"]
        job = write_job(tmp_path / f"{name}.toml", web, ("castles",), 30, engines=engines, sources=sources)
        assert pixcrawler("run", job).code in (0, 3)
        images: list[dict[str, Any]] = manifest(workspace, name)["images"]
        return images

    words = Counter(
        word for image in crawled("all") for word in set(image["title"].split()) if word.isalpha()
    )
    rare = min(words, key=lambda word: (words[word], word))
    kept = crawled("some", f'filters.without = ["{rare.upper()}"]')
    assert kept
    assert not any(rare.casefold() in image["title"].casefold().split() for image in kept)
    filtered = [row for row in ledger(workspace, "some") if row["reason"] == "filtered"]
    assert {row["engine"] for row in filtered} == {"finna"}, "the other one leaves them out itself"
    assert all(repr(rare.upper()) in row["detail"] for row in filtered)


def test_the_command_shows_queries_and_what_is_dropped(tmp_path: Path, theirs: Command) -> None:
    done = theirs("keywords", "castle", "crane (bird)", "--expanders", "ruinous", "--dropped")
    assert done.code == 0, done.stderr
    assert done.stdout.splitlines() == [
        "castle",
        "  1.00  castle  given",
        "  0.95  ruins  ruinous plural",
        "  0.70  castle in the rain  ruinous template  ({keyword} in the rain)",
        "crane (bird)",
        "  1.00  crane bird  given",
        "  0.95  ruins  ruinous plural",
        "  0.70  crane in the rain  ruinous template  ({keyword} in the rain)",
        "not asked for castle: nude castle (ruinous): it has 'nude', which is unfit for work",
        "not asked for crane (bird): nude crane (ruinous): it has 'nude', which is unfit for work",
    ]
    told = theirs("keywords", "castle", "--expanders", "ruinous", "--threshold", "0.9", "--json").json
    assert [query["text"] for query in told["queries"]] == ["castle", "ruins"]
    assert {"its score 0.70 is below 0.9"} < {query["dropped"] for query in told["dropped"]}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "name a keyword"),
        (("dog", "--expanders", "nobody"), "no expander is called 'nobody'"),
        (("dog", "--config", "missing.toml"), "missing.toml"),
        (("dog", "--threshold", "2"), "--threshold"),
        (("dog", " \n", "--expanders", ""), "a KEYWORD is empty"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(
    pixcrawler: Command, arguments: tuple[str, ...], told: str
) -> None:
    done = pixcrawler("keywords", *arguments)
    assert (done.code, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
