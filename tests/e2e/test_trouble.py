"""Trouble around a run: disk, locks, engines that fail. One clear line, the right exit code, no hang."""

from __future__ import annotations

import json
import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, Finished, until, wait
from tests.e2e.jobs import check_dataset, image_requests, ledger, write_job


def one_line(done: Finished, code: int, *words: str) -> None:
    """The command failed with this code and one clear line."""
    assert done.code == code, done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    for word in words:
        assert word in last


def test_disk_full(tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb) -> None:
    job = write_job(tmp_path / "full.toml", web, ("castles", "ruins"), 8)
    assert pixcrawler("db", "upgrade").code == 0

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    one_line(pixcrawler("run", job, "-q", preexec_fn=small_files), 1, str(workspace))
    assert pixcrawler("run", job).code == 0
    assert check_dataset(workspace, "full") == {"castles": 8, "ruins": 8}


def test_workspace_is_no_folder(tmp_path: Path, pixcrawler: Command, web: SimulatedWeb) -> None:
    job = write_job(tmp_path / "nowhere.toml", web, ("castles",), 1)
    (tmp_path / "file").write_text("")
    one_line(pixcrawler("run", job, "--workspace", tmp_path / "file/x"), 1, "choose another folder")
    assert pixcrawler("run", job, "--workspace", tmp_path / "file").code == 2
    assert web.log() == []


@pytest.mark.drill
def test_catalog_locked_by_another_process(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = write_job(tmp_path / "locked.toml", web, ("castles",), 2)
    assert pixcrawler("db", "upgrade").code == 0
    with closing(sqlite3.connect(workspace / "catalog.db", isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        one_line(pixcrawler("run", job), 1, "another process")
    assert pixcrawler("run", job).code == 0


def test_two_runs_of_one_dataset(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    web.delay(600)
    job = write_job(tmp_path / "twice.toml", web, ("castles",), 6, fetch={"concurrency": 1})
    first = pixcrawler.start("run", job, "-q")
    until(lambda: image_requests(web))
    one_line(pixcrawler("run", job), 1, "twice", str(first.pid))
    web.delay(0)
    assert wait(first).code == 0
    assert check_dataset(workspace, "twice") == {"castles": 6}


def test_one_engine_fails_and_the_other_fills_the_goal(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    web.fail("openverse", how="html")
    job = write_job(tmp_path / "half.toml", web, ("castles",), 6)
    done = pixcrawler("run", job, "--json")
    assert (done.code, done.json["accepted"]) == (0, 6)
    assert "openverse: castles" in done.json["source_failures"]
    assert check_dataset(workspace, "half") == {"castles": 6}


def test_all_engines_fail(tmp_path: Path, pixcrawler: Command, web: SimulatedWeb) -> None:
    web.fail("openverse", how="html")
    web.fail("wikimedia", how="html")
    at_once = "[sources.suspend]\nblocked = 0"
    job = write_job(tmp_path / "broken.toml", web, ("castles",), 6, more=at_once)
    done = pixcrawler("run", job)
    assert done.code == 1
    assert "source ended early: openverse: castles" in done.stdout
    assert "no source gave anything" in done.stderr
    web.reset()
    assert pixcrawler("run", job).code == 0


def test_throttled_engine_is_waited_for(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    web.throttle("openverse", calls=2, seconds=1)
    job = write_job(tmp_path / "wait.toml", web, ("castles",), 5, engines=["openverse"])
    done = pixcrawler("run", job)
    assert (done.code, done.seconds > 2) == (0, True)
    assert check_dataset(workspace, "wait") == {"castles": 5}


def test_a_blocked_engine_is_left_alone_and_the_others_fill_in(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    web.fail("openverse", how="html")
    names = ("castles", "ruins", "birds", "fish", "monuments")
    first = write_job(tmp_path / "first.toml", web, names, 3, sources="save_pages = true")
    done = pixcrawler("run", first, "--json")
    assert done.code == 0
    told = done.json["sources"]["openverse"]
    assert told["pages"]["blocked"] <= 2, (
        "what waits in line is not asked, but for the one already on its way"
    )
    assert told["state"] == "blocked"
    assert (workspace / "pages" / told["evidence"]["page"]).read_bytes().startswith(b"<!doctype html>")
    statistics = json.loads((workspace / "datasets/dataset-first/statistics.json").read_text())
    assert statistics["sources"]["openverse"] == told
    assert told["evidence"]["url"].startswith("http://***/")
    assert web.url("/").split("/")[2] not in json.dumps([statistics["sources"], done.json["source_failures"]])
    web.reset()
    second = pixcrawler("run", write_job(tmp_path / "second.toml", web, ("castles",), 3), "--json")
    assert second.code == 0
    assert "suspended until" in second.json["source_failures"]["openverse: castles"]
    assert not [each for each in web.log() if each["path"].startswith("/openverse/")]
    assert "suspended until" in pixcrawler("sources", "list").stdout


def test_filters_are_applied_to_what_sources_declare(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = tmp_path / "filters.toml"
    wide = "[sources.filters]\nmin_width = 800\ncolor = 'red'"
    done = pixcrawler("run", write_job(job, web, ("castles",), 50, more=wide), "--json")
    assert done.code == 3
    assert "filter 'color' is not known to openverse, wikimedia; it cannot be applied there" in done.stderr
    rows = ledger(workspace, "filters")
    kept = [row for row in rows if row["state"] == "accepted"]
    left_out = [row for row in rows if row["reason"] == "filtered"]
    assert kept
    assert left_out
    assert all(row["stage"] == "discovery" and "are less than 800" in row["detail"] for row in left_out)
    assert all(row["width"] >= 800 for row in kept)
    again = pixcrawler("run", write_job(job, web, ("castles",), 50), "--json")
    assert again.json["accepted"] > len(kept)
    assert not [row for row in ledger(workspace, "filters") if row["reason"] == "filtered"]


def test_a_source_that_asks_for_ages_ends_its_queries(
    tmp_path: Path, pixcrawler: Command, web: SimulatedWeb
) -> None:
    web.throttle("openverse", calls=9, seconds=999_999_999_999)
    job = write_job(tmp_path / "ages.toml", web, ("castles", "ruins"), 3, engines=["openverse"])
    done = pixcrawler("run", job, "--json")
    assert done.code == 1
    assert done.json["sources"]["openverse"]["pages"]["throttled"] <= 2, "the others do not ask at all"
    assert done.json["source_failures"]["openverse: ruins"].startswith("throttled: ")


@pytest.mark.drill
def test_what_a_suspended_source_gave_before_is_still_taken(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    first = write_job(tmp_path / "first.toml", web, ("castles",), 1, engines=["openverse"])
    assert pixcrawler("run", first).code == 0
    web.fail("openverse", how="html")
    blocked = write_job(tmp_path / "other.toml", web, ("ruins",), 1, engines=["openverse"])
    assert pixcrawler("run", blocked).code == 1
    web.reset()
    more = write_job(tmp_path / "first.toml", web, ("castles",), 3, engines=["openverse"])
    done = pixcrawler("run", more, "--json")
    assert (done.code, done.json["accepted"]) == (0, 3)
    assert not [each for each in web.log() if each["path"].startswith("/openverse/")]
