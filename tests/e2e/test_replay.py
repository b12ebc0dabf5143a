"""`pixcrawler replay`: the dataset of a lock once more, in another workspace, whatever became of the web."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import MODELS, Command, deaf_to_sigint, until
from tests.e2e.jobs import (
    check_dataset,
    dataset,
    image_requests,
    ledger,
    manifest,
    rows_in_catalog,
    write_job,
)

NAME = "original"
WANTED = {"castles": 5, "birds": 5}
MORE = """
[splits]
train = 0.6
test = 0.4
[labels]
labelers = ["category", "title", "colors"]
files = ["json"]
[export]
formats = ["zip"]
"""
ALLOWED = ("--allow-private-host", "localhost", "--contact", "me@example.org")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, running_photographs: SimulatedWeb) -> Path:
    """The folder of a dataset with splits and labels, which tests do not change."""
    folder = tmp_path_factory.mktemp("original")
    running_photographs.reset()
    job = write_job(folder / f"{NAME}.toml", running_photographs, WANTED, 5, more=MORE)
    command = Command("pixcrawler", folder, {"PIXCRAWLER_MODELS": str(MODELS)})
    done = command("run", job, "--workspace", folder / "workspace")
    assert done.code == 0, done.stderr
    return folder / f"workspace/datasets/dataset-{NAME}"


@pytest.fixture
def sent(original: Path, tmp_path: Path, web: SimulatedWeb) -> Path:
    """The lock as a colleague gets it, with the manifest beside it."""
    folder = tmp_path / "sent"
    folder.mkdir()
    shutil.copy(original / "manifest.json", folder)
    return Path(shutil.copy(original / "metadata/pixcrawler.lock", folder))


@pytest.fixture
def lock(original: Path, tmp_path: Path, web: SimulatedWeb) -> Path:
    """The lock alone."""
    return Path(shutil.copy(original / "metadata/pixcrawler.lock", tmp_path))


def edited(lock: Path, rows: Mapping[int, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Change images of a lock, or of a manifest, by their places; returns all of them as they are then."""
    lines = lock.read_text("utf-8").splitlines(keepends=True)
    images: list[dict[str, Any]] = []
    for place, line in enumerate(lines):
        if line.startswith('{"path": "categories/'):
            images.append(json.loads(line.rstrip(",\n")) | rows.get(len(images), {}))
            lines[place] = json.dumps(images[-1], ensure_ascii=False) + line[len(line.rstrip(",\n")) :]
    lock.write_text("".join(lines), "utf-8")
    return images


def told(workspace: Path, name: str, file: str) -> Any:
    """A JSON file of a dataset."""
    return json.loads((workspace / f"datasets/dataset-{name}/{file}").read_bytes())


def test_a_colleague_gets_the_very_same_dataset(
    pixcrawler: Command, workspace: Path, original: Path, sent: Path, web: SimulatedWeb
) -> None:
    done = pixcrawler("replay", sent, *ALLOWED)
    assert done.code == 0, done.stderr
    assert "10 of 10 images" in done.stdout
    assert check_dataset(workspace, NAME) == WANTED
    folder = workspace / f"datasets/dataset-{NAME}"
    assert (folder / "metadata/ATTRIBUTION.md").read_bytes() == (
        original / "metadata/ATTRIBUTION.md"
    ).read_bytes()
    labels = [json.loads((each / "metadata/labels.json").read_bytes()) for each in (folder, original)]
    assert labels[0] == labels[1]
    assert pixcrawler("diff", original, NAME).stdout.splitlines()[-1] == "in all: no difference"
    whole = pixcrawler("verify", NAME)
    assert (whole.code, "all whole" in whole.stdout) == (0, True), whole.stdout
    same = ("phash", "title", "creator", "licence", "spdx", "engine", "query", "final_url", "page")
    for mine, theirs in zip(manifest(workspace, NAME)["images"], images_of(original), strict=True):
        assert [mine[name] for name in same] == [theirs[name] for name in same]
        assert (mine["consent"]["robots_txt"], mine["consent"]["checked_at"][:2]) == ("none", "20")
        assert mine["consent"]["user_agent"].endswith("(+me@example.org)")
    assert "manifest.json" in manifest(workspace, NAME)["files"]
    asked = len(image_requests(web))
    again = pixcrawler("replay", sent, *ALLOWED, "--json")
    assert (again.code, again.json["there"], again.json["lost"]) == (0, 10, [])
    assert len(image_requests(web)) == asked
    assert manifest(workspace, NAME)["version"] == 1
    assert pixcrawler("export", NAME, "--format", "folder", "--format", "croissant").code == 0


def images_of(folder: Path) -> list[dict[str, Any]]:
    """The images of a dataset's manifest."""
    found: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_bytes())["images"]
    return found


def test_the_lock_alone_says_where_images_lie_who_made_them_and_how_they_are_cut(
    pixcrawler: Command, workspace: Path, original: Path, lock: Path
) -> None:
    other = {"train": "test", "test": "train"}
    images = edited(lock, {})
    renamed = [each["path"].replace("/birds/", "/birds-2/") for each in images]
    changes = [
        {"path": path, "split": other[each["split"]]} for path, each in zip(renamed, images, strict=True)
    ]
    edited(lock, dict(enumerate(changes)))
    assert pixcrawler("replay", lock, *ALLOWED, "--name", "From a Lock", "-q").code == 0
    assert pixcrawler("diff", lock, "from-a-lock").stdout.splitlines()[-1] == "in all: no difference"
    found = images_of(workspace / "datasets/dataset-from-a-lock")
    assert [{"path": each["path"], "split": each["split"]} for each in found] == changes
    for name in ("attribution", "licence", "phash", "sha256"):
        assert [each[name] for each in found] == [each[name] for each in images_of(original)]
    assert {label["source"] for each in found for label in each["labels"]} == {"category"}
    assert (workspace / "datasets/dataset-from-a-lock/metadata/labels.json").exists()
    assert told(workspace, "from-a-lock", "metadata/replay.json")["of"]["manifest"] is False


def test_a_manifest_of_another_lock_is_left_out(
    pixcrawler: Command, workspace: Path, sent: Path, web: SimulatedWeb
) -> None:
    edited(sent.with_name("manifest.json"), {0: {"labels": [{"name": "forged"}]}})
    done = pixcrawler("replay", sent, *ALLOWED)
    assert (done.code, done.stderr.count("\n")) == (0, 1)
    assert "manifest.json is left out: it and the lock were not made with each other" in done.stderr
    assert "forged" not in (workspace / f"datasets/dataset-{NAME}/manifest.json").read_text()


@pytest.mark.drill
def test_what_is_gone_is_told_and_numbers_stay(
    pixcrawler: Command, workspace: Path, lock: Path, web: SimulatedWeb
) -> None:
    key = web.photographs()[0]["key"]
    before = edited(lock, {})
    edited(
        lock,
        {
            0: {"url": web.photograph_url("birds/there-is-none.jpg")},
            2: {"sha256": "0" * 64},
            5: {"url": web.photograph_url(key, host="robots-disallow-all")},
            6: {"url": before[7]["url"]},
            8: {"url": "ftp://localhost/x.jpg"},
        },
    )
    done = pixcrawler("replay", lock, *ALLOWED, "--json")
    assert done.code == 3, done.stderr
    assert done.json["counts"] == {"changed": 2, "gone": 1, "refused": 1, "rejected": 1, "failed": 1}
    reasons = {each["path"]: (each["state"], each["reason"]) for each in done.json["lost"]}
    assert reasons == {
        before[0]["path"]: ("gone", "http-404"),
        before[2]["path"]: ("changed", "sha256-mismatch"),
        before[5]["path"]: ("refused", "robots"),
        before[6]["path"]: ("changed", "sha256-mismatch"),
        before[7]["path"]: ("rejected", "twice"),
        before[8]["path"]: ("failed", "bad-url"),
    }
    report = told(workspace, NAME, "metadata/replay.json")
    assert {"dataset": NAME, "folder": done.json["folder"], "exit_code": 3, **report} == done.json
    files = {each["path"] for each in before} - set(reasons)
    assert set(dataset(workspace, NAME)) == files
    categories = manifest(workspace, NAME)["categories"]
    assert [each["wanted"] for each in categories.values()] == [5, 5]
    assert [row[0] for row in rows_in_catalog(workspace, "SELECT status FROM crawl_job")] == [
        "completed_short"
    ]
    words = pixcrawler("replay", lock, *ALLOWED)
    assert (words.code, f"gone: {before[0]['path']}: http" in words.stdout) == (3, True)
    assert words.stdout.splitlines()[-1].startswith("4 of 10 images in ")


def test_bytes_of_the_workspace_are_not_fetched_again_and_consent_is_asked(
    pixcrawler: Command, workspace: Path, original: Path, lock: Path, web: SimulatedWeb
) -> None:
    shutil.copytree(original.parents[1], workspace)
    taken = pixcrawler("replay", original, *ALLOWED)
    assert (taken.code, "choose another name with --name" in taken.stderr) == (2, True)
    refusing = web.photograph_url("any.jpg", host="robots-disallow-all")
    before = edited(lock, {0: {"url": refusing}, 1: {"url": "http://localhost:1/nobody-listens.jpg"}})
    web.reset()
    done = pixcrawler("replay", lock, *ALLOWED, "--name", "twin", "--json")
    assert [(each["url"], each["reason"]) for each in done.json["lost"]] == [(refusing, "robots")]
    assert image_requests(web) == []
    found = manifest(workspace, "twin")["images"]
    assert [each["sha256"] for each in found] == [each["sha256"] for each in before[1:]]
    assert {each["consent"]["x_robots_tag"] for each in found} == {"not asked"}
    assert [each["consent"]["robots_txt"] for each in found] == ["not asked", *["none"] * 8]


def test_what_was_taken_down_does_not_come_back(
    pixcrawler: Command, workspace: Path, sent: Path, original: Path, web: SimulatedWeb
) -> None:
    shutil.copytree(original.parents[1], workspace)
    first, second, third, *_ = images_of(original)
    named = ("--sha256", first["sha256"], "--phash", second["phash"], "--url", third["page"])
    assert pixcrawler("takedown", *named, "--yes", "-q").code == 0
    web.reset()
    done = pixcrawler("replay", sent, *ALLOWED, "--name", "twin", "--json")
    assert (done.code, done.json["counts"]) == (3, {"refused": 3})
    assert {each["reason"] for each in done.json["lost"]} == {"taken-down"}
    assert {each["url"] for each in image_requests(web)} <= {second["url"]}
    assert not (workspace / "blobs" / second["sha256"][:2] / second["sha256"]).exists()


@pytest.mark.drill
def test_a_review_of_a_replay_holds(
    pixcrawler: Command, workspace: Path, sent: Path, original: Path, tmp_path: Path
) -> None:
    first, second, *_, last = images_of(original)
    edited(sent, {0: {"url": first["url"].replace(".jpg", "-is-gone.jpg")}})
    assert pixcrawler("replay", sent, *ALLOWED, "-q").code == 3
    for name, row in (
        ("bad", {"path": second["path"]}),
        ("moved", {"path": last["path"], "category": "birds"}),
    ):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    done = pixcrawler("review", NAME, "--reject", tmp_path / "bad.jsonl", "--move", tmp_path / "moved.jsonl")
    assert done.code == 0, done.stderr
    again = pixcrawler("replay", sent, *ALLOWED, "--json")
    states = {each["path"]: each["state"] for each in again.json["lost"]}
    assert states == {first["path"]: "gone", second["path"]: "rejected"}
    assert told(workspace, NAME, "metadata/replay.json")["lost"] == again.json["lost"]
    assert pixcrawler("verify", NAME).code == 0
    assert manifest(workspace, NAME)["version"] == 2
    assert manifest(workspace, NAME)["categories"]["birds"]["accepted"] == 4


def test_a_lock_with_a_wrong_line_is_refused_as_a_whole(
    pixcrawler: Command, workspace: Path, lock: Path, web: SimulatedWeb
) -> None:
    edited(lock, {9: {"path": "categories/../../../evil/image_001.jpg"}})
    done = pixcrawler("replay", lock, *ALLOWED)
    assert (done.code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert f"{lock}, line " in done.stderr
    assert "may lead out of the folder" in done.stderr
    assert not workspace.exists()
    assert web.log() == []


@pytest.mark.drill
def test_what_is_refused_is_asked_when_it_is_allowed_whatever_the_job_in_the_lock_says(
    pixcrawler: Command, workspace: Path, lock: Path, web: SimulatedWeb
) -> None:
    edited(lock, {0: {"url": web.photograph_url(web.photographs()[0]["key"], host="robots-disallow-all")}})
    text = lock.read_text("utf-8")
    harm = {"allow_private_hosts": True, "robots": False, "user_agent": "Someone"}
    head, _, rest = text.partition(' "job": {')
    _, _, rest = rest.partition(' "parts"')
    job = json.dumps({"fetch": harm, "dedup": {"against": ["/etc"]}, "export": {"formats": ["zip"]}})
    lock.write_text(f'{head} "job": {job},\n "parts"{rest}', "utf-8")
    done = pixcrawler("replay", lock, "--json")
    assert (done.code, done.json["there"], done.json["counts"]) == (3, 0, {"refused": 10})
    assert {each["reason"] for each in done.json["lost"]} == {"private-address"}
    assert web.log() == []
    done = pixcrawler("replay", lock, *ALLOWED, "--json")
    assert [each["reason"] for each in done.json["lost"]] == ["robots"]
    assert not list((workspace / "exports").iterdir())
    last = manifest(workspace, NAME)["images"][-1]
    (workspace / "blobs" / last["sha256"][:2] / last["sha256"]).unlink()
    web.reset()
    assert pixcrawler("replay", lock, *ALLOWED, "-q").code == 3
    assert [each["url"] for each in image_requests(web)] == [last["url"]]


@pytest.mark.drill
@pytest.mark.parametrize("hearing", [None, deaf_to_sigint])
def test_killed_in_the_middle_it_goes_on(
    pixcrawler: Command,
    workspace: Path,
    original: Path,
    sent: Path,
    web: SimulatedWeb,
    hearing: Callable[[], None] | None,
) -> None:
    web.delay(100)
    command = ("replay", sent, *ALLOWED, "--concurrency", 1)
    process = pixcrawler.start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: len(image_requests(web)) > 4 or process.poll() is not None)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    recorded = {
        row[0] for row in rows_in_catalog(workspace, "SELECT url FROM ledger_row WHERE sha256 IS NOT NULL")
    }
    assert 2 <= len(recorded) < 10
    assert not (workspace / f"datasets/dataset-{NAME}").exists()
    web.reset()
    web.delay(100)
    process = pixcrawler.start(*command, preexec_fn=hearing)
    until(lambda: image_requests(web))
    process.terminate()
    _, errors = process.communicate()
    assert (process.returncode, "interrupted" in errors) == (130, True), errors
    assert [row[0] for row in rows_in_catalog(workspace, "SELECT status FROM crawl_job")] == ["paused"]
    web.delay(0)
    assert pixcrawler(*command, "-q").code == 0
    asked = [each["url"] for each in image_requests(web)]
    assert recorded.isdisjoint(asked)
    assert check_dataset(workspace, NAME) == WANTED
    assert "in all: no difference" in pixcrawler("diff", original, NAME).stdout
    assert {row["state"] for row in ledger(workspace, NAME)} == {"accepted"}
