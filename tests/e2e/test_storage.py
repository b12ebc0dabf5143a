"""`pixcrawler storage` with a store in a folder: there and back, tiers, cleaning, bad input, kills."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, until
from tests.e2e.jobs import check_dataset, rows_in_catalog, write_job
from tests.e2e.reviews import CATEGORIES, MORE, NAME, WANTED, everything
from tests.e2e.stores import EXPORT, FOLDER, UNIT, age, change, files, listed, noted, table, told


@pytest.mark.usefixtures("place")
def test_there_and_back(pixcrawler: Command, workspace: Path) -> None:
    first = told(pixcrawler, "push", NAME)
    assert [each["unit"] for each in first] == [UNIT, EXPORT]
    assert all(each["sent"] == each["files"] > 0 for each in first)
    assert all(each["sent"] == 0 for each in told(pixcrawler, "push", NAME))
    usage = told(pixcrawler, "usage", "--verify")
    assert usage["differences"] == []
    before = files(workspace / UNIT)
    assert usage["bytes"]["hot"] == sum(map(len, before.values())) + (workspace / EXPORT).stat().st_size
    shutil.rmtree(workspace / UNIT)
    (pulled,) = told(pixcrawler, "pull", FOLDER)
    assert pulled["sent"] == len(before)
    assert files(workspace / UNIT) == before
    assert pixcrawler("verify", NAME).code == 0
    check_dataset(workspace, NAME)


@pytest.mark.drill
@pytest.mark.usefixtures("place")
def test_through_the_tiers(pixcrawler: Command, workspace: Path, tmp_path: Path) -> None:
    told(pixcrawler, "push", NAME)
    for tier in ("warm", "cold"):
        assert pixcrawler("storage", "tier", NAME, tier).code == 0
        assert listed(pixcrawler)[UNIT]["bytes"][tier] > 0
    refused = pixcrawler("storage", "pull", NAME, "--output", tmp_path / "back")
    assert refused.code == 1
    assert f"pixcrawler storage rehydrate {UNIT}" in refused.stderr
    assert not (tmp_path / "back" / FOLDER).exists()
    back = told(pixcrawler, "rehydrate", NAME, "--wait")
    assert (back["unit"], back["on_the_way"], back["ready_at"]) == (UNIT, 0, None)
    assert pixcrawler("storage", "pull", NAME, "--output", tmp_path / "back").code == 0
    assert files(tmp_path / "back" / FOLDER) == files(workspace / UNIT)
    query = "SELECT action FROM activity_log WHERE entity = 'storage' ORDER BY id"
    actions = [action for (action,) in rows_in_catalog(workspace, query)]
    assert actions == ["stored", "stored", "tier changed", "tier changed", "rehydration begun", "rehydrated"]


@pytest.mark.drill
def test_rehydration_takes_its_time(pixcrawler: Command, workspace: Path, place: Path) -> None:
    (workspace / "storage.toml").write_text(f"{table(place)}rehydration_seconds = 36000\n")
    told(pixcrawler, "push", NAME, "--what", "exports")
    assert pixcrawler("storage", "tier", EXPORT, "cold").code == 0
    way = told(pixcrawler, "rehydrate", EXPORT, code=3)
    assert (way["objects"], way["on_the_way"]) == (1, 1)
    assert way["ready_at"] is not None
    assert pixcrawler("storage", "pull", EXPORT).code == 1
    assert told(pixcrawler, "rehydrate", EXPORT, "--priority", "high")["on_the_way"] == 0


@pytest.mark.drill
def test_sweeping_by_age(pixcrawler: Command, workspace: Path, place: Path) -> None:
    (workspace / "storage.toml").write_text(
        table(place).replace("[storage.f", f'warm_after = 0\ncold_after = 40\npins = ["{NAME}"]\n[storage.f')
    )
    told(pixcrawler, "push", NAME)
    assert told(pixcrawler, "sweep") == {"dry_run": False, "rehydrated": [], "moves": []}
    age(place, 41)
    dry = told(pixcrawler, "sweep", "--dry-run")
    assert [(move["unit"], move["tier"], move["days"]) for move in dry["moves"]] == [(EXPORT, "cold", 41)]
    assert listed(pixcrawler)[EXPORT]["bytes"]["hot"] > 0
    assert told(pixcrawler, "sweep")["moves"] == dry["moves"]
    found = listed(pixcrawler)
    assert (found[EXPORT]["bytes"]["hot"], found[UNIT]["bytes"]["cold"]) == (0, 0)


@pytest.mark.drill
def test_what_is_gone_here_can_go_there(pixcrawler: Command, workspace: Path, place: Path) -> None:
    told(pixcrawler, "push", NAME)
    change(workspace, "DELETE FROM dataset")
    stray = workspace / "blobs/00" / ("0" * 64)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"stray")
    assert told(pixcrawler, "gc", "--dry-run", "--grace", "1") == {"removed": False, "units": [], "blobs": []}
    dry = told(pixcrawler, "gc", "--dry-run", "--grace", "0")
    assert [each["unit"] for each in dry["units"]] == [UNIT, EXPORT]
    assert str(stray) in [each["path"] for each in dry["blobs"]]
    assert stray.exists()
    assert told(pixcrawler, "gc", "--grace", "0", "--yes")["removed"] is True
    assert listed(pixcrawler) == {}
    assert not stray.exists()


@pytest.mark.usefixtures("place")
def test_what_differs_is_told(pixcrawler: Command, workspace: Path) -> None:
    told(pixcrawler, "push", NAME)
    (workspace / UNIT / "statistics.json").write_text("{}")
    (workspace / UNIT / "metadata/quality.json").unlink()
    wrong = told(pixcrawler, "usage", "--verify", code=1)["differences"]
    assert sorted((each["what"], each["key"]) for each in wrong) == [
        ("changed", f"{UNIT}/statistics.json"),
        ("extra", f"{UNIT}/metadata/quality.json"),
    ]


@pytest.mark.drill
def test_a_push_that_is_killed_goes_on(pixcrawler: Command, workspace: Path, place: Path) -> None:
    process = pixcrawler.start("storage", "push", NAME)
    until(lambda: place.is_dir() and any(path.is_file() for path in place.rglob("image_*")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    again = told(pixcrawler, "push", NAME)
    assert sum(each["files"] for each in again) == len(files(workspace / UNIT)) + 1
    assert told(pixcrawler, "usage", "--verify")["differences"] == []


def test_a_run_stores_what_it_finished(
    pixcrawler: Command, workspace: Path, job: Path, web: SimulatedWeb, tmp_path: Path
) -> None:
    """As its last step; and what could not be stored goes when the same command is given again."""
    more = f"{MORE}{table(tmp_path / 'store')}"
    (tmp_path / "store").write_text("in the way")
    failed = pixcrawler("run", write_job(job, web, CATEGORIES, WANTED, more=more))
    assert failed.code == 1, failed.stderr
    assert str(tmp_path / "store") in failed.stderr
    (tmp_path / "store").unlink()
    assert pixcrawler("run", job).code == 0
    (tmp_path / "only.toml").write_text(table(tmp_path / "store"))
    found = pixcrawler("storage", "ls", "--config", tmp_path / "only.toml", "--json")
    units = [json.loads(line)["unit"] for line in found.stdout.splitlines()]
    assert units == [UNIT, EXPORT]
    assert {unit: row[0] for unit, row in noted(workspace).items()} == {UNIT: NAME, EXPORT: NAME}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["push", "nothing"], 2, "no finished dataset is called 'nothing'"),
        (["pull", "nothing"], 1, "the store has no 'nothing'"),
        (["pull", "../../etc"], 1, "the store has no '../../etc'"),
        (["ls", "--store", "azure"], 2, "[storage] stores has no 'azure'; it has: filesystem"),
        (["ls", "--config", "nowhere.toml"], 2, "there is no such file"),
        (["gc"], 2, "there is no terminal to ask; add --yes"),
        (["tier", NAME, "lukewarm"], 2, "'lukewarm' is not one of"),
    ],
)
def test_bad_input(
    pixcrawler: Command, workspace: Path, arguments: list[str], code: int, message: str
) -> None:
    before = everything(workspace)
    done = pixcrawler("storage", *arguments)
    assert (done.code, message in done.stderr) == (code, True), done.stderr
    assert everything(workspace) == before


def test_without_configuration(pixcrawler: Command, workspace: Path, job: Path) -> None:
    done = pixcrawler("storage", "ls")
    assert done.code == 2
    assert f"make {workspace / 'storage.toml'}" in done.stderr
    job.write_text('[storage]\nstores = ["filesytem"]\n')
    done = pixcrawler("storage", "ls", "--config", job)
    assert "did you mean 'filesystem'?" in done.stderr
    assert os.listdir(workspace)


@pytest.mark.drill
def test_what_leaves_the_machine_can_be_encrypted(
    pixcrawler: Command, workspace: Path, place: Path, tmp_path: Path
) -> None:
    """The keys are rotated, one of them is lost, and an owner is erased."""
    keys = workspace / "keys.json"
    assert pixcrawler("storage", "keys", "new", keys).code == 0
    options = 'keys = "keys.json"\nowner = "alice"\n[storage.f'
    (workspace / "storage.toml").write_text(table(place).replace("[storage.f", options))
    told(pixcrawler, "push", NAME)
    stored = {path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert not stored & set(files(workspace / UNIT).values())
    assert told(pixcrawler, "usage", "--verify")["differences"] == []
    assert pixcrawler("storage", "keys", "rotate", keys).code == 0
    assert "rewrapped" in pixcrawler("storage", "keys", "rewrap").stdout
    assert pixcrawler("storage", "pull", NAME, "--output", tmp_path / "back").code == 0
    assert files(tmp_path / "back" / FOLDER) == files(workspace / UNIT)
    assert pixcrawler("storage", "keys", "erase", keys, "alice", "--yes").code == 0
    lost = pixcrawler("storage", "pull", NAME, "--output", tmp_path / "lost")
    assert lost.code == 1
    assert "key" in lost.stderr
    assert not (tmp_path / "lost" / FOLDER).exists()
    keys.unlink()
    assert str(keys) in pixcrawler("storage", "ls").stderr
