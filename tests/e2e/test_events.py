"""Who is told what happens: by runs and by `pixcrawler storage`, and that sinks do no harm."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, wait
from tests.e2e.jobs import rows_in_catalog, write_job
from tests.e2e.reviews import CATEGORIES, MORE, NAME, WANTED

FOLDER = f"dataset-{NAME}"
UNIT = f"datasets/{FOLDER}"
EXPORT = f"exports/{FOLDER}.zip"
DEAF = (
    '[events.webhook]\nurl = "http://127.0.0.1:9/secret-path"\nallow_private_hosts = true\nretries = 0\n'
    'secret_env = "DEAF"\n'
)


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


@pytest.fixture
def told(job: Path, workspace: Path, tmp_path: Path) -> Path:
    """The file of events of the workspace's own store, whose archive takes ten hours."""
    store, told = tmp_path / "store", tmp_path / "events.jsonl"
    (workspace / "storage.toml").write_text(
        f'[storage]\nstores = ["filesystem"]\n[storage.filesystem]\npath = {json.dumps(str(store))}\n'
        "rehydration_seconds = 36000\n"
        f'[events]\nsinks = ["file"]\n[events.file]\npath = {json.dumps(str(told))}\n'
    )
    return told


def let_time_pass(store: Path) -> None:
    """Let what was asked for be there."""
    with closing(sqlite3.connect(store / "index/store.sqlite")) as index:
        index.execute("UPDATE object SET ready_at = ready_at - 36001000000")
        index.commit()


def test_a_run_tells_and_a_sink_that_fails_does_no_harm(
    pixcrawler: Command, job: Path, web: SimulatedWeb, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    sinks = f'[events]\nsinks = ["webhook", "file"]\n[events.file]\npath = {json.dumps(str(path))}\n{DEAF}'
    write_job(job, web, CATEGORIES, WANTED, more=MORE + sinks)
    refused = pixcrawler("run", job)
    assert refused.code == 2
    assert "set DEAF in the environment" in refused.stderr
    done = pixcrawler("run", job, environment={"DEAF": "d" * 32})
    assert done.code == 0, done.stderr
    found = events(path)
    assert [(each["kind"], each["subject"]) for each in found] == [
        ("job.started", NAME),
        ("job.finished", NAME),
    ]
    assert found[1]["details"]["status"] == "completed"
    assert found[1]["details"]["accepted"] == len(CATEGORIES) * WANTED
    assert done.stderr.count("sink 'webhook' failed") == 2
    assert "secret-path" not in done.stderr


@pytest.mark.drill
def test_stores_tell(pixcrawler: Command, told: Path, workspace: Path, tmp_path: Path) -> None:
    """A rehydration is told once, though two look at once."""
    assert pixcrawler("storage", "push", NAME, "--what", "exports").code == 0
    assert pixcrawler("storage", "tier", EXPORT, "cold").code == 0
    began = pixcrawler("storage", "rehydrate", EXPORT, "--json")
    assert began.code == 3, began.stderr
    assert (began.json["on_the_way"], began.json["priority"]) == (1, "standard")
    assert began.json["asked_at"] <= began.json["ready_at"]
    (unit,) = pixcrawler("storage", "ls", "--json").stdout.splitlines()
    assert json.loads(unit)["rehydration"]["asked_at"] == began.json["asked_at"]

    let_time_pass(tmp_path / "store")
    looks = [pixcrawler.start("storage", "ls", "--json") for _ in range(2)]
    assert [json.loads(wait(look).stdout)["rehydration"] for look in looks] == [None, None]
    assert Counter(each["kind"] for each in events(told)) == {
        "dataset.stored": 1,
        "storage.moved": 1,
        "storage.rehydrating": 1,
        "storage.rehydrated": 1,
    }
    assert events(told)[-1]["subject"] == EXPORT
    query = "SELECT COUNT(*) FROM activity_log WHERE action = 'rehydrated'"
    assert rows_in_catalog(workspace, query) == [(1,)]


@pytest.mark.drill
def test_waiting_ends_when_it_is_there(pixcrawler: Command, told: Path, workspace: Path) -> None:
    assert pixcrawler("storage", "push", NAME, "--what", "exports").code == 0
    assert pixcrawler("storage", "tier", EXPORT, "cold").code == 0
    out = pixcrawler("storage", "tier", EXPORT, "warm")
    assert out.code == 3
    assert "on the way out of the archive, asked for at" in out.stdout
    table = workspace / "storage.toml"
    table.write_text(table.read_text().replace("36000", "1"))
    back = pixcrawler("storage", "rehydrate", EXPORT, "--wait", "--json")
    assert (back.code, back.json["on_the_way"], back.json["ready_at"]) == (0, 0, None)
    assert events(told)[-1]["kind"] == "storage.rehydrated"
