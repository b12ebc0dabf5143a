"""`pixcrawler review`: what a person decides is applied at once, and holds for all later runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command
from tests.e2e.jobs import check_dataset, ledger, manifest, rows_in_catalog, write_job
from tests.e2e.reviews import (
    CATEGORIES,
    MORE,
    NAME,
    WANTED,
    digests,
    everything,
    images,
    kept,
    too_small,
    write,
)


def test_a_rejected_image_leaves_and_the_next_run_finds_another(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path, web: SimulatedWeb
) -> None:
    first, *others = images(workspace, "castles")
    row = {"path": first["path"], "note": "a church", "reviewer": "ann"}
    done = pixcrawler("review", NAME, "--reject", write(tmp_path / "bad.csv", [row]), "--json")
    assert (done.code, done.stderr) == (0, "")
    assert done.json["images"] == {"added": 0, "removed": 1, "moved": 0}
    assert (done.json["total"], done.json["short"]) == (7, {"castles": 1})
    assert web.log() == []
    assert check_dataset(workspace, NAME) == {"birds": 4, "castles": 3}
    assert [each["path"] for each in images(workspace, "castles")] == [each["path"] for each in others]
    (rejected,) = (row for row in ledger(workspace, NAME) if row["id"] == first["row"])
    assert [rejected[key] for key in ("state", "stage", "reason")] == ["rejected", "review", "reviewed"]
    assert kept(workspace) == [("reject", first["sha256"], None, "a church", "ann")]
    assert pixcrawler("run", job).code == 0
    assert check_dataset(workspace, NAME) == {"birds": 4, "castles": 4}
    assert first["sha256"] not in digests(workspace)
    assert pixcrawler("run", job).code == 0
    assert first["sha256"] not in digests(workspace)


@pytest.mark.drill
def test_a_copy_that_is_found_again_stays_out(
    pixcrawler: Command, workspace: Path, tmp_path: Path, web: SimulatedWeb
) -> None:
    keys = [each["key"] for each in web.photographs()[:3]]
    plain = [web.photograph_url(key) for key in keys]
    (tmp_path / "list.txt").write_text("\n".join(plain[:2]))
    fetch = ("fetch", "list.txt", "--allow-private-host", "localhost")
    assert pixcrawler(*fetch).code == 0
    first = manifest(workspace, "list")["images"][0]
    bad = write(tmp_path / "bad.jsonl", [{"url": first["url"]}])
    assert pixcrawler("review", "list", "--reject", bad).code == 0
    copy = f"{first['url']}?copy=1"
    (tmp_path / "list.txt").write_text("\n".join([copy, *plain[1:]]))
    assert pixcrawler(*fetch).code == 0
    assert check_dataset(workspace, "list") == {"images": 2}
    found = {row["url"]: row for row in ledger(workspace, "list")}
    assert found[copy]["sha256"] == first["sha256"]
    assert (found[copy]["stage"], found[copy]["reason"]) == ("review", "reviewed")


def test_an_accepted_image_comes_in_and_stays(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path, web: SimulatedWeb
) -> None:
    small = too_small(workspace)
    good = write(tmp_path / "good.csv", [{"sha256": small["sha256"].upper()}])
    done = pixcrawler("review", workspace / f"datasets/dataset-{NAME}", "--accept", good, "--json")
    assert (done.code, done.json["images"]["added"], done.json["short"]) == (0, 1, {})
    assert check_dataset(workspace, NAME) == {"birds": 4, "castles": 5}
    path = digests(workspace)[small["sha256"]]
    entry = next(each for each in images(workspace) if each["path"] == path)
    assert (entry["width"] < 800, entry["labels"][0]["name"]) == (True, "castles")
    assert len(entry["phash"]) == 16
    assert web.log() == []
    for changed in (MORE.replace("800", "820"), f"{MORE}[dedup]\nmethods = ['pixels']\n"):
        write_job(job, web, CATEGORIES, WANTED, more=changed)
        assert pixcrawler("run", job).code == 0
        assert digests(workspace)[small["sha256"]] == path
    assert check_dataset(workspace, NAME)["castles"] >= 4


@pytest.mark.drill
def test_a_moved_image_has_a_name_in_its_category_and_keeps_it(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path, web: SimulatedWeb
) -> None:
    moving = images(workspace, "castles")[1]
    rows = [{"path": moving["path"], "sha256": moving["sha256"], "category": "birds"}]
    assert pixcrawler("review", NAME, "--move", write(tmp_path / "move.csv", rows)).code == 0
    assert check_dataset(workspace, NAME) == {"birds": 5, "castles": 3}
    path = digests(workspace)[moving["sha256"]]
    assert path == "categories/birds/image_005.jpg"
    entry = next(each for each in images(workspace) if each["path"] == path)
    assert (entry["category"], entry["row"]) == ("birds", moving["row"])
    assert [label["name"] for label in entry["labels"]] == ["birds"]
    assert web.log() == []
    write_job(job, web, CATEGORIES, WANTED + 1, more=f"{MORE}[dedup]\nmethods = ['phash']\n")
    assert pixcrawler("run", job).code in (0, 3)
    assert digests(workspace)[moving["sha256"]] == path
    assert check_dataset(workspace, NAME)["castles"] >= 4


@pytest.mark.drill
def test_what_a_person_says_of_labels_holds_in_later_runs(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path
) -> None:
    image = images(workspace, "castles")[0]
    said = {"castles": "no", "ruin": "yes"}
    named = {"path": image["path"], "labeler": "category"}
    rows = [{**named, "label": name, "holds": holds} for name, holds in said.items()]
    done = pixcrawler("review", NAME, "--label", write(tmp_path / "labels.csv", rows), "--json")
    assert (done.code, done.json["decisions"]["label"]) == (0, 2)
    for _ in range(2):
        labels = images(workspace, "castles")[0]["labels"]
        assert [(each["name"], each["version"]) for each in labels] == [("ruin", "review")]
        assert pixcrawler("run", job).code == 0
    listed = pixcrawler("review", NAME, "--list").stdout
    assert "'ruin' of category: yes" in listed
    rows[0]["holds"] = "maybe"
    wrong = pixcrawler("review", NAME, "--label", write(tmp_path / "wrong.csv", rows))
    assert wrong.code == 2
    assert "wrong.csv:2: give labeler, label, and yes, no or open as holds" in wrong.stderr


@pytest.mark.drill
def test_a_later_decision_takes_the_place_of_the_first(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path
) -> None:
    first = images(workspace, "castles")[0]
    rows = write(tmp_path / "rows.csv", [{"sha256": first["sha256"], "note": "=1+1"}])
    assert pixcrawler("review", NAME, "--reject", rows).code == 0
    assert first["sha256"] not in digests(workspace)
    assert pixcrawler("review", NAME, "--accept", rows).code == 0
    assert first["sha256"] in digests(workspace)
    assert check_dataset(workspace, NAME) == {"birds": 4, "castles": 4}
    assert [row[0] for row in kept(workspace)] == ["accept"]
    logged = rows_in_catalog(workspace, "SELECT details FROM activity_log WHERE entity = 'image' ORDER BY id")
    told = [json.loads(details) for (details,) in logged]
    assert [each["decision"] for each in told] == ["reject", "accept"]
    assert told[1]["before"]["decision"] == "reject"
    log = (workspace / f"datasets/dataset-{NAME}/metadata/processing_log.txt").read_text()
    assert log.count("images reviewed: ") == 2
    listed = pixcrawler("review", NAME, "--list")
    assert f" {first['sha256']} accept: =1+1\n" in listed.stdout
    (line,) = pixcrawler("review", NAME, "--list", "--json").stdout.splitlines()
    assert (json.loads(line)["decision"], json.loads(line)["sha256"]) == ("accept", first["sha256"])
    requests = pixcrawler("run", job, "--json")
    assert (requests.code, requests.json["fetched"]) == (0, 0)


def test_exports_and_label_files_are_made_anew(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path
) -> None:
    (export,) = (workspace / "exports").iterdir()
    before = export.read_bytes()
    bad = write(tmp_path / "bad.csv", [{"path": images(workspace)[0]["path"]}])
    done = pixcrawler("review", NAME, "--reject", bad, "--json")
    assert done.json["exports"] == [str(export)]
    assert export.read_bytes() != before
    export.unlink()
    bad = write(tmp_path / "bad.csv", [{"path": images(workspace)[0]["path"]}])
    assert pixcrawler("review", NAME, "--reject", bad, "--json").json["exports"] == []
    assert not export.exists()


def test_a_dry_run_changes_nothing(pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path) -> None:
    before = everything(workspace)
    good = write(tmp_path / "good.csv", [{"sha256": too_small(workspace)["sha256"]}])
    bad = write(tmp_path / "bad.csv", [{"path": each["path"]} for each in images(workspace, "birds")])
    done = pixcrawler("review", NAME, "--accept", good, "--reject", bad, "--dry-run", "--json")
    assert (done.code, done.json["images"]) == (0, {"added": 1, "removed": 4, "moved": 0})
    told = pixcrawler("review", NAME, "--accept", good, "--reject", bad, "--dry-run")
    assert "nothing was changed" in told.stdout
    assert (everything(workspace), kept(workspace)) == (before, [])


@pytest.mark.drill
def test_a_duplicate_that_a_person_wants_comes_in_and_comes_back(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    keys = [each["key"] for each in web.photographs()[:2]]
    small = web.url(f"/thumb/400/{keys[0]}", "photos-2")
    urls = [small, *(web.photograph_url(key) for key in keys)]
    (tmp_path / "near.txt").write_text("\n".join(urls))
    job = tmp_path / "near.toml"
    job.write_text(
        '[urls]\nfile = "near.txt"\n[dedup]\nmethods = ["phash"]\n[validators.dimensions]\nmin_width = 300\n'
        '[fetch]\nallow_private_hosts = ["localhost"]\n'
    )
    assert pixcrawler("run", job).code == 0
    assert check_dataset(workspace, "near") == {"images": 2}
    good = write(tmp_path / "good.csv", [{"url": small}])
    assert pixcrawler("review", "near", "--accept", good).code == 0
    assert check_dataset(workspace, "near") == {"images": 3}
    digest = next(each["sha256"] for each in manifest(workspace, "near")["images"] if each["url"] == small)
    (workspace / "blobs" / digest[:2] / digest).unlink()
    job.write_text(job.read_text().replace("300", "500"))
    assert pixcrawler("run", job).code == 0
    assert check_dataset(workspace, "near") == {"images": 3}
    assert digest in {each["sha256"] for each in manifest(workspace, "near")["images"]}
