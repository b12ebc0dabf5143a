"""`pixcrawler verify` and `pixcrawler diff` on a dataset that was crawled, reviewed, copied and exported."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.version import __version__
from tests.conftest import Command
from tests.e2e.jobs import check_dataset, manifest, write_job
from tests.e2e.reviews import NAME, images, write

ALLOWED = ("--online", "--contact", "me@example.org", "--allow-private-host", "localhost")


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    """A copy of the dataset's folder, far from any workspace."""
    return Path(shutil.copytree(finished / f"workspace/datasets/dataset-{NAME}", tmp_path / "copy"))


def edited(folder: Path, rows: Mapping[int, Mapping[str, Any]]) -> None:
    """Change images' rows of a manifest by their places."""
    lines = (folder / "manifest.json").read_text("utf-8").splitlines(keepends=True)
    places = [place for place, line in enumerate(lines) if line.startswith('{"path"')]
    for number, change in rows.items():
        line = lines[places[number]]
        row = json.loads(line.rstrip(",\n")) | change
        lines[places[number]] = json.dumps(row, ensure_ascii=False) + line[len(line.rstrip(",\n")) :]
    (folder / "manifest.json").write_text("".join(lines), "utf-8")


def test_a_crawled_dataset_is_whole_and_tells_what_it_was_made_with(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path, web: SimulatedWeb
) -> None:
    done = pixcrawler("verify", NAME, "--json")
    assert (done.code, done.stderr) == (0, "")
    told = done.json
    assert (told["version"], told["images"], told["whole"], told["problems"]) == (1, 8, True, [])
    assert told["bytes"] > sum(each["size"] for each in images(workspace))
    for name in (f"dataset-{NAME}", f"{NAME}@1", f"{NAME}.v1", "Reviewed"):
        assert pixcrawler("verify", name, "-q").code == 0
    with zipfile.ZipFile(workspace / f"exports/dataset-{NAME}.zip") as archive:
        archive.extractall(tmp_path)
    shutil.rmtree(workspace)
    assert "all whole" in pixcrawler("verify", f"dataset-{NAME}").stdout
    assert web.log() == []
    lock = json.loads((tmp_path / f"dataset-{NAME}/metadata/pixcrawler.lock").read_text("utf-8"))
    found = {(part["kind"], part["name"]): part for part in lock["parts"]["components"]}
    assert {kind for kind, _ in found} == {"source", "validator", "deduper", "labeler", "exporter"}
    ours = found["source", "openverse"]
    assert (ours["distribution"], ours["release"]) == ("pixcrawler", __version__)
    assert found["labeler", "category"]["version"]
    assert {answer["engine"] for answer in lock["answers"]} == {"openverse", "wikimedia"}
    assert all(len(answer["body"]) == 64 for answer in lock["answers"])


def test_each_problem_is_a_line(pixcrawler: Command, copy: Path, workspace: Path) -> None:
    first, second, *_ = (each["path"] for each in json.loads((copy / "manifest.json").read_text())["images"])
    (copy / first).unlink()
    data = (copy / second).read_bytes()
    (copy / second).unlink()
    (copy / second).write_bytes(data[:-1] + b"\0")
    (copy / "no\nte.txt").write_text("")
    done = pixcrawler("verify", copy)
    assert done.code == 1
    *lines, summary = done.stdout.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["missing", first], ["changed", second], ["extra", "no\\nte.txt"],
    ]  # fmt: skip
    assert "3 problems (1 missing, 1 changed, 1 extra)" in summary
    told = pixcrawler("verify", copy, "--json", "--jobs", 1)
    assert (told.code, told.json["whole"], len(told.json["problems"])) == (1, False, 3)
    assert not workspace.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("nothing",), 2, "no finished dataset is called 'nothing'"),
        ((".",), 2, "has no manifest.json"),
        (("",), 2, "no finished dataset is called ''"),
        (("copy@7",), 2, "no finished dataset is called 'copy'"),
        (("copy", "--contact", "me"), 2, "go with --online only"),
        (("copy", "--online", "--contact", "(me)"), 2, "brackets"),
    ],
)
def test_wrong_usage(
    pixcrawler: Command, copy: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    done = pixcrawler("verify", *arguments)
    assert (done.code, told in done.stderr) == (code, True), done.stderr
    assert copy.exists()


def test_a_manifest_that_is_none_is_told_in_a_line(pixcrawler: Command, copy: Path) -> None:
    (copy / "manifest.json").write_text('{"images": [{"path": "../../etc/passwd"}]}')
    for command in (("verify", copy), ("diff", copy, copy)):
        done = pixcrawler(*command)
        assert (done.code, done.stdout) == (1, "")
        assert "no list of images, with a line for each" in done.stderr
        assert done.stderr.count("\n") == 1


def test_links_are_asked_as_politely_as_in_a_crawl(
    pixcrawler: Command, copy: Path, web: SimulatedWeb
) -> None:
    told = json.loads((copy / "manifest.json").read_text("utf-8"))["images"]
    other, key = (each["key"] for each in web.photographs()[:2])
    edited(
        copy,
        {
            0: {"url": web.photograph_url("castles/there-is-none.jpg")},
            1: {"url": web.photograph_url(other if told[1]["sha256"] not in other else key)},
            2: {"url": web.photograph_url(key, host="robots-disallow-all")},
            3: {"final_url": "http://localhost/elsewhere.jpg"},
            4: {"url": "ftp://localhost/x"},
            5: {"url": 7},
            6: {"url": "http://192.168.0.1/x"},
        },
    )
    done = pixcrawler("verify", copy, *ALLOWED, "--json")
    assert done.code == 1
    links = done.json["links"]
    assert links["counts"] == {"gone": 1, "changed": 1, "refused": 2, "moved": 1, "failed": 1, "same": 1}
    states = {each["path"]: (each["state"], each["reason"]) for each in links["lost"]}
    assert states[told[0]["path"]] == ("gone", "http-404")
    assert states[told[1]["path"]] == ("changed", "sha256-mismatch")
    assert states[told[2]["path"]] == ("refused", "robots")
    assert states[told[3]["path"]] == ("moved", None)
    assert states[told[4]["path"]] == ("failed", "bad-url")
    assert states[told[6]["path"]] == ("refused", "private-address")
    asked = [each["path"] for each in web.log()]
    assert "/robots.txt" in asked
    assert all(each["user_agent"].endswith("(+me@example.org)") for each in web.log())


def test_dead_links_do_not_make_a_dataset_less_whole(
    pixcrawler: Command, copy: Path, web: SimulatedWeb
) -> None:
    done = pixcrawler("verify", copy, "--online")
    assert done.code == 0
    assert "link refused" in done.stdout
    assert done.stdout.splitlines()[-1] == "links: 8 refused"
    done = pixcrawler("verify", copy, *ALLOWED)
    assert (done.code, done.stdout.splitlines()[-1]) == (0, "links: 8 same")


@pytest.mark.drill
def test_a_review_and_a_top_up_make_versions_that_can_be_compared(
    pixcrawler: Command, workspace: Path, job: Path, tmp_path: Path
) -> None:
    first, second, *_ = images(workspace, "castles")
    bad = write(tmp_path / "bad.csv", [{"path": first["path"]}])
    moved = write(tmp_path / "moved.csv", [{"path": second["path"], "category": "birds"}])
    assert pixcrawler("review", NAME, "--reject", bad, "--move", moved).code == 0
    assert manifest(workspace, NAME)["version"] == 2
    assert pixcrawler("run", job).code == 3  # there is one more castle, and two are wanted
    assert check_dataset(workspace, NAME)["castles"] == 3
    assert manifest(workspace, NAME)["version"] == 3
    for name in (NAME, f"{NAME}.v1", f"{NAME}@2"):
        assert pixcrawler("verify", name).code == 0
    done = pixcrawler("diff", f"{NAME}@1", f"{NAME}@2", "--json").json
    assert (done["a"]["version"], done["b"]["version"], done["b"]["images"]) == (1, 2, 7)
    assert done["changes"]["removed"] == [{"path": first["path"], "category": "castles"}]
    (move,) = done["changes"]["moved"]
    assert (move["before"], move["path"]) == (second["path"], "categories/birds/image_005.jpg")
    assert done["categories"] == {"birds": {"moved": 1, "labels": 1}, "castles": {"removed": 1}}
    assert done["counts"]["added"] == 0
    lines = pixcrawler("diff", f"{NAME}@2", NAME).stdout.splitlines()
    assert lines[0].startswith("+ categories/castles/")
    assert lines[-1] == "in all: 1 added"
    lock = workspace / f"datasets/dataset-{NAME}/metadata/pixcrawler.lock"
    assert pixcrawler("diff", NAME, lock).stdout.splitlines()[-1] == "in all: no difference"
    summary = pixcrawler("diff", f"{NAME}@1", NAME, "--summary").stdout.splitlines()
    assert [line[:2] for line in summary[:2]] == ["A:", "B:"]
    unknown = pixcrawler("diff", f"{NAME}@9", NAME)
    assert (unknown.code, "has no version 9; there are: 1, 2, 3" in unknown.stderr) == (2, True)
    assert pixcrawler("run", job).code == 3
    assert sorted(path.name for path in (workspace / "datasets").iterdir()) == [
        f"dataset-{NAME}", f"dataset-{NAME}.v1", f"dataset-{NAME}.v2",
    ]  # fmt: skip


@pytest.mark.drill
def test_what_follows_from_the_manifest_is_proved_by_making_it_again(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    """The proof of splits, and label files of single images."""
    more = '[splits]\ntrain = 0.5\nval = 0.5\n[labels]\nfiles = ["json", "csv"]\nper_image = true\n'
    job = write_job(tmp_path / "proved.toml", web, ("castles", "birds"), 3, more=more)
    assert pixcrawler("run", job).code == 0
    whole = pixcrawler("verify", "proved")
    assert whole.code == 0, whole.stdout
    folder = workspace / "datasets/dataset-proved"
    proof = json.loads((folder / "metadata/splits.json").read_text())
    (folder / "metadata/splits.json").write_text(json.dumps({**proof, "errors": ["none at all"]}))
    (folder / "labels/birds/image_001.json").write_text('{"labels": []}')
    (folder / "labels/birds/image_001.yaml").write_text("planted")
    done = pixcrawler("verify", "proved", "--json")
    assert done.code == 1
    found = [(each["kind"], each["path"]) for each in json.loads(done.stdout)["problems"]]
    assert sorted(found) == [
        ("changed", "labels/birds/image_001.json"),
        ("changed", "labels/birds/image_001.yaml"),
        ("changed", "metadata/splits.json"),
    ]
