"""Label files of a run: what the job asks for is there, and the list of likely mislabels can be reviewed."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command
from tests.e2e.jobs import check_dataset, manifest, write_job
from tests.e2e.reviews import NAME, images

FILES = '[labels]\nfiles = ["json", "csv", "yaml", "txt"]\nper_image = true\n'


def told(workspace: Path, name: str) -> dict[str, list[dict[str, Any]]]:
    """Labels by the image's path, as the manifest has them."""
    return {each["path"]: each["labels"] for each in manifest(workspace, name)["images"]}


def test_every_form_says_what_the_manifest_says(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    job = write_job(tmp_path / "forms.toml", web, ("castles", "birds"), 2, more=FILES)
    assert pixcrawler("run", job).code == 0
    folder = workspace / "datasets/dataset-forms"
    whole = json.loads((folder / "metadata/labels.json").read_text())
    assert {each["path"]: each["labels"] for each in whole} == told(workspace, "forms")
    assert yaml.safe_load((folder / "metadata/labels.yaml").read_text()) == whole
    with (folder / "metadata/labels.csv").open(newline="") as file:
        assert [(row["path"], row["name"]) for row in csv.DictReader(file)] == [
            (each["path"], each["category"]) for each in whole
        ]
    assert (folder / "labels/birds/image_002.txt").read_text() == "birds\n"
    assert len([*(folder / "labels").rglob("*.*")]) == 16
    first = {path: path.read_bytes() for path in folder.rglob("*labels*") if path.is_file()}
    write_job(job, web, ("castles", "birds"), 2)
    assert pixcrawler("run", job).code == 0
    assert len(first) == 4
    assert not any(path.exists() for path in (*first, *(folder / "labels").rglob("*.*")))
    assert not any("labels" in name for name in manifest(workspace, "forms")["files"])


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ('files = ["xml"]', "'xml'"),
        ('files = ["csv", "csv"]', "more than once"),
        ("per_image = true", "per_image needs a form"),
        ("doubtful = 1.5", "doubtful"),
    ],
)
def test_what_cannot_be_asked(pixcrawler: Command, tmp_path: Path, table: str, word: str) -> None:
    (tmp_path / "wrong.toml").write_text(f'[job]\nname = "x"\nkeywords = ["a"]\n[labels]\n{table}\n')
    done = pixcrawler("config", "check", "wrong.toml")
    assert (done.code, done.stderr.count("\n")) == (2, 1)
    assert word in done.stderr
    assert done.stderr.startswith("wrong.toml:5: ")


@pytest.mark.drill
@pytest.mark.usefixtures("models")
def test_likely_mislabels_are_reviewed_as_they_are_listed(
    pixcrawler: Command, workspace: Path, job: Path
) -> None:
    scored = "[labels]\ndoubtful = 1.0\ncategory = { agreement = true }\n"
    job.write_text(job.read_text() + scored)
    assert pixcrawler("run", job).code == 0
    path = workspace / f"datasets/dataset-{NAME}/metadata/mislabels.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    scores = [float(row["score"]) for row in rows]
    assert (len(scores) > 1, scores) == (True, sorted(scores))
    assert all(row["shows"] for row in rows)
    before = {each["sha256"] for each in images(workspace)}
    done = pixcrawler("review", NAME, "--reject", path, "--json")
    assert (done.code, done.json["images"]["removed"]) == (0, len(rows))
    assert {each["sha256"] for each in images(workspace)} == before - {row["sha256"] for row in rows}
    assert not path.exists()
    check_dataset(workspace, NAME)
