"""`[splits]` through `pixcrawler run`: no leaks, the shares, top-ups, other rules, and kills."""

from __future__ import annotations

import csv
import json
import os
import signal
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.splitting.report import leak_report
from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command, until
from tests.e2e.jobs import check_dataset, manifest, rows_in_catalog, write_job

TABLE = "[splits]\ntrain = 0.6\nval = 0.2\ntest = 0.2\n"
CATEGORIES = ("castles", "fish", "ruins")
NOTED = "SELECT ledger_row, split FROM image_split ORDER BY ledger_row"
GIVEN = "SELECT COUNT(*) FROM image_split"


def splits(workspace: Path, name: str) -> dict[str, str]:
    """The split of each image, by its path; the report has found nothing."""
    folder = workspace / f"datasets/dataset-{name}"
    report = read_report(workspace, name)
    assert report["errors"] == []
    assert {**report, "moved": []} == leak_report(folder / "manifest.json")
    return {each["path"]: each["split"] for each in manifest(workspace, name)["images"]}


def read_report(workspace: Path, name: str) -> Any:
    path = workspace / f"datasets/dataset-{name}/metadata/splits.json"
    return json.loads(path.read_text("utf-8"))


@pytest.mark.drill
def test_a_search_is_cut_and_a_top_up_keeps_what_was_given(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    zipped = f'{TABLE}[export]\nformats = ["zip"]'
    job = write_job(tmp_path / "cut.toml", web, CATEGORIES, 4, more=zipped)
    assert pixcrawler("run", job).code == 0
    before = splits(workspace, "cut")
    assert check_dataset(workspace, "cut") == dict.fromkeys(CATEGORIES, 4)
    for category in CATEGORIES:
        given = {split for path, split in before.items() if f"/{category}/" in path}
        assert given == {"train", "val", "test"}
    with zipfile.ZipFile(workspace / "exports/dataset-cut.zip") as archive:
        exported = json.loads(archive.read("dataset-cut/metadata/splits.json"))
    assert exported == read_report(workspace, "cut")
    assert pixcrawler("run", write_job(job, web, CATEGORIES, 6, more=zipped)).code == 0
    after = splits(workspace, "cut")
    assert len(after) == 18
    assert before.items() <= after.items()


@pytest.mark.drill
def test_other_rules_cut_anew_without_fetching(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    def cut(more: str) -> dict[str, str]:
        assert pixcrawler("run", write_job(tmp_path / "anew.toml", web, ("fish",), 6, more=more)).code == 0
        return splits(workspace, "anew") if more else {}

    first = cut(TABLE)
    requests = len(web.log())
    cut("")
    assert {each["split"] for each in manifest(workspace, "anew")["images"]} == {None}
    assert not (workspace / "datasets/dataset-anew/metadata/splits.json").exists()
    assert set(cut("[splits]\ntrain = 0.5\ntest = 0.5").values()) == {"train", "test"}
    assert cut(TABLE) == first
    assert len(web.log()) == requests


LIST = """[job]
name = "list"
[urls]
file = "list.csv"
label_column = "label"
page_column = "page"
[fetch]
allow_private_hosts = ["localhost"]
"""


def write_list(path: Path, rows: list[tuple[str, str, str]]) -> None:
    """A list of addresses with categories and pages."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("url", "label", "page"), *rows])


@pytest.mark.drill
def test_pages_and_copies_stay_together_and_what_joins_them_is_told(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    keys = [each["key"] for each in web.photographs()[:30]]
    rows = [
        (web.photograph_url(key), "ab"[number % 2], f"https://a.example/{number // 3}")
        for number, key in enumerate(keys)
    ]
    copies = [(web.fault_url("recompressed", key), "copies", "") for key in keys[:9]]
    write_list(tmp_path / "list.csv", rows + copies)
    (tmp_path / "job.toml").write_text(LIST + TABLE)
    assert pixcrawler("run", tmp_path / "job.toml").code == 0
    before = splits(workspace, "list")
    by_page: defaultdict[str, set[str]] = defaultdict(set)
    for each in manifest(workspace, "list")["images"]:
        by_page[each["page"] or "none"].add(each["split"])
    pages = [by_page[page] for _, _, page in rows]
    assert {len(found) for found in pages} == {1}
    assert set.union(*pages) == {"train", "val", "test"}
    report = read_report(workspace, "list")
    assert report["pairs"]["page"]["count"] == 30
    assert report["pairs"]["duplicates"]["count"] >= 9

    other = next(number for number, found in enumerate(pages) if found != pages[-1])
    joins = (web.fault_url("recompressed", keys[-1]), "a", rows[other][2])
    alone = (web.photograph_url(web.photographs()[31]["key"]), "b", "https://b.example")
    write_list(tmp_path / "list.csv", [*rows, *copies, joins, alone])
    assert pixcrawler("run", tmp_path / "job.toml").code == 0
    after = splits(workspace, "list")
    moved = {each["path"]: (each["from"], each["to"]) for each in read_report(workspace, "list")["moved"]}
    assert moved
    assert moved == {path: (split, after[path]) for path, split in before.items() if split != after[path]}
    joined = {rows[-1][2], rows[other][2]}
    assert (
        len({each["split"] for each in manifest(workspace, "list")["images"] if each["page"] in joined}) == 1
    )


@pytest.mark.drill
def test_killed_when_splits_are_given(
    tmp_path: Path, pixcrawler: Command, workspace: Path, web: SimulatedWeb
) -> None:
    urls = [web.photograph_url(each["key"]) for each in web.photographs()]
    (tmp_path / "killed.txt").write_text("\n".join(urls))
    job = tmp_path / "killed.toml"
    whole = '[urls]\nfile = "killed.txt"\n[fetch]\nallow_private_hosts = ["localhost"]\n'
    job.write_text(whole)
    assert pixcrawler("run", job).code == 0
    job.write_text(whole + TABLE)
    process = pixcrawler.start("run", job)
    until(lambda: rows_in_catalog(workspace, GIVEN) != [(0,)])
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert rows_in_catalog(workspace, GIVEN) == [(len(urls),)]
    given = rows_in_catalog(workspace, NOTED)
    assert pixcrawler("run", job).code == 0
    assert set(splits(workspace, "killed").values()) == {"train", "val", "test"}
    assert rows_in_catalog(workspace, NOTED) == given
