"""The page of a dataset: written by runs and by `pixcrawler report`, from what lies in the folder."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.report.page import Report, write_report
from pixcrawler_core.testing.web import SimulatedWeb
from tests.conftest import Command
from tests.e2e.jobs import ledger, manifest, write_job
from tests.e2e.reviews import CATEGORIES, MORE, NAME, WANTED, finish, images, write

HEADING = re.compile(r'<h2 id="h-([a-z-]+)">')


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, running_photographs: SimulatedWeb) -> Path:
    """The folder of a job that was run, and wrote its page."""
    return finish(tmp_path_factory.mktemp("reported"), running_photographs, report=True)


@pytest.fixture
def folder(job: Path, workspace: Path) -> Path:
    """The folder of a finished dataset."""
    return workspace / f"datasets/dataset-{NAME}"


def test_a_page_that_is_not_wanted_is_not_written(
    pixcrawler: Command, folder: Path, job: Path, web: SimulatedWeb
) -> None:
    assert page(folder)
    assert pixcrawler("run", write_job(job, web, CATEGORIES, WANTED + 1, more=MORE)).code == 0
    assert not (folder / "report.html").exists()
    assert pixcrawler("report", NAME).code == 0
    assert page(folder)


def page(folder: Path) -> str:
    """The page that lies in a dataset's folder."""
    return (folder / "report.html").read_text("utf-8")


def index(text: str) -> list[list[object]]:
    """What the gallery of a page is made of."""
    found = re.findall(r'<script type="application/json" class="index">(.*?)</script>', text)
    return [row for block in found for row in json.loads(block)]


def test_a_run_writes_the_page_and_the_command_the_same_again(
    folder: Path, pixcrawler: Command, tmp_path: Path
) -> None:
    before = page(folder)
    done = pixcrawler("report", NAME, "--json")
    assert done.code == 0, done.stderr
    count = WANTED * len(CATEGORIES)
    path, size = str(folder / "report.html"), len(before.encode())
    assert done.json == {"path": path, "images": count, "shown": count, "missing": 0, "bytes": size}
    assert page(folder) == before
    assert HEADING.findall(before) == [
        "categories",
        "figures",
        "left-out",
        "duplicates",
        "consent",
        "gallery",
    ]
    assert [row[0] for row in index(before)] == [each["path"] for each in images(folder.parents[1])]
    assert list(folder.glob(".*")) == []


def test_what_was_left_out_is_shown_with_its_picture(folder: Path, workspace: Path) -> None:
    text = page(folder)
    small = [row for row in ledger(workspace, NAME) if row["reason"] == "too-small"]
    part = text.partition("<b>too-small</b>")[2].partition("</details>")[0]
    assert small
    assert part.startswith(f' <span class="count">{len(small)}</span>')
    assert part.count("<img ") == len(small)
    assert all(row["detail"] in part for row in small)


def test_what_nobody_wants_to_see_is_not_shown(folder: Path, workspace: Path) -> None:
    path = folder / "metadata/ledger.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    for row in [each for each in rows if each["reason"] == "too-small"]:
        row["reason"] = "nsfw"
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)
    text = write_report(folder, BlobStore(workspace / "blobs")).path.read_text("utf-8")
    part = text.partition("<b>nsfw</b>")[2].partition("</details>")[0]
    assert '<span class="none">not shown</span>' in part
    assert "<img " not in part


def test_another_place(folder: Path, pixcrawler: Command, tmp_path: Path) -> None:
    other = tmp_path / "pages/one page.html"
    missing = pixcrawler("report", folder, "--output", other)
    assert (missing.code, missing.stderr) == (1, f"{other} cannot be written: No such file or directory\n")
    other.parent.mkdir()
    done = pixcrawler("report", folder, "--output", other)
    assert (done.code, done.stdout) == (0, f"8 of 8 images in {other}\n")
    assert f'data-base="{folder.resolve().as_uri()}/"' in other.read_text("utf-8")
    near = write_report(folder, output=folder.parent / "near.html").path
    assert f'data-base="{folder.name}/"' in near.read_text("utf-8")


def test_a_dataset_that_is_not_there(pixcrawler: Command, folder: Path) -> None:
    done = pixcrawler("report", "nothing")
    assert done.code == 2
    assert "'nothing'" in done.stderr
    assert f"there are: {NAME}" in done.stderr


def test_files_that_are_gone_or_broken_are_named(folder: Path) -> None:
    gone, broken = images(folder.parents[1])[:2]
    (folder / gone["path"]).unlink()
    (folder / broken["path"]).unlink()
    (folder / broken["path"]).write_bytes(b"nothing that could be decoded")
    (folder / "metadata/ledger.parquet").unlink()
    done = write_report(folder)
    assert done == Report(path=folder / "report.html", images=8, shown=8, missing=1)
    text = page(folder)
    assert [row[-1] for row in index(text)] == ["missing", "cannot be shown", *[""] * 6]
    assert f"<li><code>{gone['path']}</code></li>" in text
    assert "nothing is known of what was left out" in text


@pytest.mark.parametrize("left", ["nothing", "an earlier page"])
def test_a_finished_job_writes_the_page_that_a_killed_run_did_not(
    folder: Path, job: Path, pixcrawler: Command, left: str
) -> None:
    before = page(folder)
    (folder / "report.html").unlink()
    if left != "nothing":
        (folder / "report.html").write_text(left)
        os.utime(folder / "report.html", (1, 1))
    done = pixcrawler("run", job)
    assert done.code == 0, done.stderr
    assert page(folder) == before


def test_a_review_writes_the_page_anew(folder: Path, pixcrawler: Command, tmp_path: Path) -> None:
    bad = images(folder.parents[1])[0]
    file = write(tmp_path / "bad.csv", [{"sha256": bad["sha256"]}])
    done = pixcrawler("review", NAME, "--reject", file)
    assert done.code == 0, done.stderr
    text = page(folder)
    assert len(index(text)) == 7
    assert "<strong>1 missing</strong>" in text
    assert "<b>reviewed</b>" in text


def lines(folder: Path, edit: Callable[[str], str]) -> None:
    """Edit the manifest as a person would."""
    path = folder / "manifest.json"
    path.write_text(edit(path.read_text("utf-8")), "utf-8")


EDITS: dict[str, tuple[Callable[[str], str], str]] = {
    "a number that is a word": (
        lambda text: re.sub(r'"width": \d+', '"width": "wide"', text, count=1),
        r"manifest\.json, line \d+: width is 'wide'; .*take the manifest as it was",
    ),
    "a field that is gone": (
        lambda text: re.sub(r'"url": "[^"]*", ', "", text, count=1),
        r"line \d+: url is nothing; Field required",
    ),
    "a comma": (
        lambda text: text.replace('{"path":', '{"path",', 1),
        r"line \d+: Expecting ':' delimiter",
    ),
    "a path that leads elsewhere": (
        lambda text: text.replace('"categories/', '"categories/../../secrets/', 1),
        r"line \d+: path is 'categories/\.\./\.\./secrets/.*pattern",
    ),
    "an image that is gone": (
        lambda text: re.sub(r'^\{"path".*\n', "", text, count=1, flags=re.MULTILINE),
        "lists 7 images, and counts 8 in its categories",
    ),
    "another form": (
        lambda text: json.dumps(json.loads(text)),
        r"is not the manifest of a dataset \(it has no list of images\)",
    ),
    "no categories": (
        lambda text: re.sub(r' "categories": \{.*?\n \},\n', "", text, flags=re.DOTALL),
        "categories is nothing; Field required",
    ),
}


@pytest.mark.parametrize("what", EDITS)
def test_a_manifest_that_was_edited(folder: Path, what: str) -> None:
    before = page(folder)
    edit, message = EDITS[what]
    lines(folder, edit)
    with pytest.raises(WorkspaceError, match=message):
        write_report(folder)
    assert page(folder) == before
    assert list(folder.glob(".*")) == []


def test_a_page_that_shows_a_part_says_so(folder: Path) -> None:
    done = write_report(folder, most=5)
    assert (done.images, done.shown) == (8, 4)
    text = page(folder)
    assert [row[2] for row in index(text)] == ["birds", "birds", "castles", "castles"]
    assert "shows 4 of 8 images: the first 2 of each category." in text
    assert "<bdi>birds</bdi>: the first 2 of 4." in text


def test_a_ledger_that_is_none(folder: Path) -> None:
    (folder / "metadata/ledger.parquet").write_bytes(b"PAR1 and nothing else PAR1")
    with pytest.raises(WorkspaceError, match=r"ledger\.parquet cannot be read as a ledger .* run the job"):
        write_report(folder)


def test_no_export_has_the_page(pixcrawler: Command, folder: Path, workspace: Path) -> None:
    """It shows what was rejected, and faces as they are."""
    assert page(folder)
    with zipfile.ZipFile(workspace / f"exports/dataset-{NAME}.zip") as archive:
        assert not [name for name in archive.namelist() if name.endswith("report.html")]
    assert "report.html" not in manifest(workspace, NAME)["files"]
    assert pixcrawler("verify", NAME).code == 0
