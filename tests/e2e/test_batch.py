"""Many jobs from one command: files, folders, failures, interrupts, and what is complete."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.cli import Context
from pixcrawler_core.commands import batch_children
from pixcrawler_core.commands.batch import checked, job_files, run_batch
from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.workspace import Workspace
from tests.conftest import Command, Finished, until, wait
from tests.e2e.jobs import check_dataset, image_requests, manifest, write_job
from tests.e2e.reviews import write
from tests.server.mill import command_of


def write_jobs(folder: Path, web: SimulatedWeb, **max_images: int) -> Path:
    """A folder with a job of castles for each name."""
    folder.mkdir(exist_ok=True)
    for name, number in max_images.items():
        write_job(folder / f"{name}.toml", web, ("castles",), number)
    return folder


def told(done: Finished, key: str = "status") -> dict[str, Any]:
    """A field of each job by the name of its dataset."""
    return {each["dataset"]: each[key] for each in done.json["jobs"]}


def test_a_folder_is_run_and_what_is_complete_is_not_run_again(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    jobs = write_jobs(tmp_path / "jobs", web, a=3, short=50)
    (jobs / "notes.txt").write_text("no job")
    first = pixcrawler("run", jobs, "--concurrency", 2, "--json")
    assert first.code == first.json["exit_code"] == 3, first.stderr
    assert [Path(each["file"]).name for each in first.json["jobs"]] == ["a.toml", "short.toml"]
    assert told(first) == {"a": "completed", "short": "completed_short"}
    assert check_dataset(workspace, "a") == {"castles": 3}

    (jobs / "short.toml").unlink()
    asked = len(web.log())
    again = pixcrawler("run", jobs)
    assert again.code == 0
    assert again.stdout == f"{jobs / 'a.toml'}: complete before, not run again\n1 jobs: completed 1\n"
    assert len(web.log()) == asked


def test_what_became_of_a_job_is_told_once(tmp_path: Path, pixcrawler: Command, web: SimulatedWeb) -> None:
    jobs = write_jobs(tmp_path / "jobs", web, a=1, short=50)
    done = pixcrawler("run", jobs)
    assert done.stdout.count("a.toml: completed, 1 images") == 1
    assert done.stdout.count("short.toml: completed_short") == 1
    assert ".toml" not in done.stderr


@pytest.mark.drill
def test_a_job_is_complete_until_it_asks_for_more_or_has_less(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    jobs = write_jobs(tmp_path / "jobs", web, a=3)
    assert pixcrawler("run", jobs).code == 0
    write_jobs(jobs, web, a=4)
    assert told(pixcrawler("run", jobs, "--json"), "ran") == {"a": True}
    assert check_dataset(workspace, "a") == {"castles": 4}
    bad = write(tmp_path / "bad.csv", [{"path": manifest(workspace, "a")["images"][0]["path"]}])
    assert pixcrawler("review", "a", "--reject", bad).code == 0
    assert told(pixcrawler("run", jobs, "--json"), "ran") == {"a": True}
    assert check_dataset(workspace, "a") == {"castles": 4}


@pytest.mark.drill
def test_one_that_fails_does_not_end_the_others(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    jobs = write_jobs(tmp_path / "jobs", web, a=2, b=2)
    with Workspace(workspace) as opened:
        lock = opened.lock("a")
        done = pixcrawler("run", jobs / "a.toml", jobs / "b.toml", "--json")
        lock.release()
    assert done.code == 1
    assert told(done) == {"a": "failed", "b": "completed"}
    assert "dataset 'a' is in use" in told(done, "error")["a"]
    assert check_dataset(workspace, "b") == {"castles": 2}


def test_all_files_are_checked_before_the_first_is_run(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    jobs = write_jobs(tmp_path / "jobs", web, a=2, b=2, c=2)
    (jobs / "b.toml").write_text("[job]\nname = 'b'\nkeywrods = ['x']\n")
    (jobs / "c.toml").write_text((jobs / "a.toml").read_text().replace("max_images = 2", "max_images = 3"))
    done = pixcrawler("run", jobs)
    assert done.code == 2
    assert f"{jobs / 'b.toml'}:3: " in done.stderr
    assert f"{jobs / 'c.toml'}: it fills the dataset 'a', as {jobs / 'a.toml'} does" in done.stderr
    assert not web.log()
    assert not workspace.exists()


@pytest.mark.parametrize("what", ["nothing", "an empty folder", "concurrency of one", "missing"])
def test_wrong_usage(tmp_path: Path, pixcrawler: Command, web: SimulatedWeb, what: str) -> None:
    (tmp_path / "empty").mkdir()
    jobs = write_jobs(tmp_path / "jobs", web, a=1)
    given: dict[str, tuple[list[object], str]] = {
        "nothing": ([], "either job files, or --ordered"),
        "an empty folder": ([tmp_path / "empty"], "no file in this folder ends in .toml"),
        "concurrency of one": ([jobs / "a.toml", "--concurrency", 2], "several job files"),
        "missing": ([jobs / "a.toml", jobs / "b.toml"], "there is no such file"),
    }
    arguments, message = given[what]
    done = pixcrawler("run", *arguments)
    assert done.code == 2
    assert message in done.stderr


@pytest.mark.drill
def test_the_same_job_twice_is_run_once(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    jobs = write_jobs(tmp_path / "jobs", web, a=2)
    (jobs / "copy.toml").write_text((jobs / "a.toml").read_text())
    done = pixcrawler("run", jobs, "--concurrency", 2, "--json")
    assert (done.code, len(done.json["jobs"])) == (0, 1)
    assert "the same job as" in done.stderr


@pytest.mark.drill
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_goes_on_after_an_interrupt(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, number: signal.Signals
) -> None:
    jobs = write_jobs(tmp_path / "jobs", web, a=2, b=9, c=2)
    web.delay(300)
    process = pixcrawler.start("run", jobs, "--json")
    until((workspace / "datasets/dataset-a/manifest.json").exists)
    asked = len(image_requests(web))
    until(lambda: len(image_requests(web)) > asked + 2)
    began = time.monotonic()
    os.kill(process.pid, number)
    done = wait(process, began)
    assert (done.code, done.json["exit_code"]) == (130, 130)
    assert done.seconds < 4
    assert told(done) == {"a": "completed", "b": "paused", "c": "not_begun"}
    web.delay(0)
    again = pixcrawler("run", jobs, "--json")
    assert again.code == 0
    assert told(again, "ran") == {"a": False, "b": True, "c": True}
    assert check_dataset(workspace, "b") == {"castles": 9}


def test_a_run_that_cannot_be_started_is_one_that_failed(
    tmp_path: Path, web: SimulatedWeb, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are told of all the same."""
    jobs = write_jobs(tmp_path / "jobs", web, a=2, b=2)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    assert run_batch(Context(workspace=tmp_path / "workspace"), [jobs], 1, as_json=True) == 1
    entries = json.loads(capsys.readouterr().out)["jobs"]
    assert [each["status"] for each in entries] == ["failed", "failed"]
    assert all(each["error"].startswith("its run could not be started") for each in entries)


FOLLOWED = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(subprocess.Popen(["sleep", "600"]).pid, file=sys.stderr, flush=True)
time.sleep(600)
"""
"""A run that does not end, and has begun another process."""


def test_what_a_run_has_begun_is_killed_with_it(
    tmp_path: Path, web: SimulatedWeb, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    context = Context(workspace=tmp_path / "workspace")
    (entry,) = checked(context, job_files([write_jobs(tmp_path / "jobs", web, a=2)]))
    monkeypatch.setattr(batch_children, "PROGRAM", FOLLOWED)
    monkeypatch.setattr(batch_children, "PATIENCE", 0.2)
    children, said = batch_children.Children(context), list[str]()

    def begun() -> bool:
        said.extend(capsys.readouterr().err.split())
        return bool(said)

    with ThreadPoolExecutor() as threads:
        threads.submit(children.run, entry)
        until(begun)
        children.stop(signal.SIGTERM)
    until(lambda: not command_of(int(said[-1])))
    assert entry.end is not None
    assert entry.end.error == "ended by signal 9"


@pytest.mark.drill
def test_runs_end_with_who_began_them(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    jobs = write_jobs(tmp_path / "jobs", web, a=9, b=9)
    web.delay(400)
    process = pixcrawler.start("run", jobs, "--concurrency", 2)
    until(lambda: len(image_requests(web)) > 2)
    os.kill(process.pid, signal.SIGKILL)
    wait(process)
    until(lambda: "paused" in statuses(pixcrawler), patience=10)
    web.delay(0)
    assert pixcrawler("run", jobs).code == 0


def statuses(pixcrawler: Command) -> list[str]:
    """Of all jobs in the catalog."""
    listed = json.loads(pixcrawler("jobs", "list", "--json").stdout)
    return [each["status"] for each in listed]
