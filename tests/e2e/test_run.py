"""Whole runs: the demo, the count contract, consent and safety, second runs, shortfalls."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import PHOTOGRAPHS, Command
from tests.e2e.jobs import check_dataset, dataset, image_requests, ledger, manifest, write_job

NINE = sorted(folder.name for folder in PHOTOGRAPHS.iterdir() if folder.is_dir())
FORBIDDING = ("robots-disallow-all", "robots-our-agent", "tdm-reserved")


def test_demo(pixcrawler: Command, workspace: Path) -> None:
    done = pixcrawler("demo", "--photographs", PHOTOGRAPHS, "--max-images", 5, "--json")
    assert done.code == 0, done.stderr
    told = done.json
    assert told["status"] == "completed"
    assert {each["category"]: each["accepted"] for each in told["categories"]} == dict.fromkeys(NINE, 5)
    assert check_dataset(workspace, "demo") == dict.fromkeys(NINE, 5)
    folder = workspace / "datasets/dataset-demo"
    assert told["folder"] == str(folder)
    with zipfile.ZipFile(told["exports"][0]) as archive:
        assert archive.testzip() is None
        held = {name for name in archive.namelist() if not name.endswith("/")}
    on_disk = {path.relative_to(folder.parent).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert held == on_disk - {"dataset-demo/report.html"}


def test_every_fault(tmp_path: Path, pixcrawler: Command, workspace: Path, faulty_web: SimulatedWeb) -> None:
    faulty_web.reset()
    job = write_job(tmp_path / "all.toml", faulty_web, NINE, 9)
    done = pixcrawler("run", job, "--json")
    assert done.code == 0, done.stderr
    assert check_dataset(workspace, "all") == dict.fromkeys(NINE, 9)
    true = {each["sha256"]: each["category"] for each in faulty_web.photographs()}
    for each in manifest(workspace, "all")["images"]:
        assert true[each["sha256"]] == each["category"]
        assert each["licence"]
    _agrees_with_the_log(workspace, faulty_web)
    _consent_was_asked_first(workspace, faulty_web)


def _agrees_with_the_log(workspace: Path, web: SimulatedWeb) -> None:
    rows = ledger(workspace, "all")
    asked = {each["url"] for each in image_requests(web)}
    for row in rows:
        if row["sha256"]:
            assert row["url"] in asked
    known = {row["url"] for row in rows}
    targets = ("/photographs/", "/fault/redirect")
    assert {url for url in asked - known if not any(part in url for part in targets)} == set()
    completed = Counter(
        each["url"] for each in image_requests(web) if each["completed"] and each["status"] == 200
    )
    direct = {url: times for url, times in completed.items() if "/fault/" in url}
    assert max(direct.values()) == 1


def _consent_was_asked_first(workspace: Path, web: SimulatedWeb) -> None:
    log = image_requests(web)
    assert not [each for each in log if each["host"].partition(".")[0] in FORBIDDING]
    assert not [each for each in log if each["path"].startswith("/private/")]
    refused = [row for row in ledger(workspace, "all") if row["state"] == "refused"]
    assert {row["reason"] for row in refused} >= {
        "robots",
        "x-robots-tag",
        "tdm-reservation",
        "private-address",
    }
    for row in refused:
        assert row["sha256"] is None
        if row["reason"] != "private-address":
            assert json.loads(row["consent"])


def test_a_second_run_does_nothing_and_a_larger_one_tops_up(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = write_job(tmp_path / "again.toml", web, ("castles", "ruins"), 4)
    assert pixcrawler("run", job).code == 0
    first = dataset(workspace, "again")
    recorded = {row["url"] for row in ledger(workspace, "again") if row["sha256"]}
    written = (workspace / "datasets/dataset-again/manifest.json").read_bytes()
    asked, images = len(web.log()), len(image_requests(web))

    second = pixcrawler("run", job)
    assert second.code == 0
    assert len(web.log()) == asked
    assert (workspace / "datasets/dataset-again/manifest.json").read_bytes() == written

    write_job(tmp_path / "again.toml", web, ("castles", "ruins"), 8)
    assert pixcrawler("run", job).code == 0
    assert check_dataset(workspace, "again") == {"castles": 8, "ruins": 8}
    assert dataset(workspace, "again").items() > first.items()
    assert not recorded & {each["url"] for each in image_requests(web)[images:]}


@pytest.mark.parametrize("form", ["table", "json"])
def test_shortfall(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb, form: str
) -> None:
    job = write_job(tmp_path / "short.toml", web, ("castles", "unicorns"), 20)
    done = pixcrawler("run", job, *(["--json"] if form == "json" else []))
    assert done.code == 3
    assert check_dataset(workspace, "short") == {"castles": 9, "unicorns": 0}
    if form == "table":
        castles = next(line for line in done.stdout.splitlines() if "castles" in line)
        assert [word for word in castles.split() if word.isdigit()][:3] == ["20", "9", "11"]
        assert "no more" in castles
        assert "exit code 3" in done.stdout
        return
    told = {
        each["category"]: (each["wanted"], each["accepted"], each["short"])
        for each in done.json["categories"]
    }
    assert told == {"castles": (20, 9, 11), "unicorns": (20, 0, 20)}
    assert (done.json["status"], done.json["exit_code"]) == ("completed_short", 3)
