"""`pixcrawler dedup`, as a user runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image as Pillow

from tests.conftest import Command
from tests.e2e.deduping import ALL, CASTLES, groups, names, noted


def test_groups_and_a_summary(pixcrawler: Command, pictures: Path, workspace: Path) -> None:
    done = pixcrawler("dedup", pictures)
    assert done.code == 0, done.stderr
    blocks = done.stdout.split("\n\n")
    assert blocks[0] == f"{pictures}/a.jpg\n  {pictures}/below/copy.jpg: sha256 0"
    assert re.fullmatch(rf"{pictures}/c.jpg\n  {pictures}/below/half.jpg: phash [0-8]\n", blocks[2])
    assert len(blocks) == 3
    text, cut, summary = done.stderr.splitlines()
    assert cut.startswith(f"{pictures}/below/cut.jpg: truncated: ")
    assert text.startswith(f"{pictures}/notes.txt: unknown-format: ")
    assert re.fullmatch(
        r"10 files: 3 groups, 3 duplicates \((?:\w+ 1,? ?){3}\), \d+ kB could be saved; "
        r"2 cannot be compared; 10 read, [\d.]+ s, [\d.]+ files a second",
        summary,
    )
    assert not workspace.exists()


def test_json_has_a_line_for_each_group(pixcrawler: Command, pictures: Path) -> None:
    done = pixcrawler("dedup", "pictures", "pictures/a.jpg", "--json", "--quiet")
    assert groups(done) == ALL
    assert done.stderr == ""
    assert json.loads(done.stdout.splitlines()[0]) == {
        "kept": "pictures/a.jpg",
        "reference": None,
        "duplicates": [{"path": "pictures/below/copy.jpg", "method": "sha256", "distance": 0.0}],
    }


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (("--method", "sha256"), {"a.jpg"}),
        (("--method", "pixels", "--method", "sha256"), {"a.jpg", "pixels.png"}),
        (("--method", "phash", "--radius", 0), {"a.jpg", "pixels.png"}),
        (("--method", "sha256", "--method", "sha256"), {"a.jpg"}),
    ],
)
def test_methods_that_are_asked(
    pixcrawler: Command, pictures: Path, options: tuple[str, ...], kept: set[str]
) -> None:
    found = groups(pixcrawler("dedup", pictures, "--json", *options))
    assert kept <= set(found) <= {*kept, "c.jpg"}
    first = options[1]
    assert found["a.jpg"] == [("copy.jpg", first)]


def test_a_job_file_names_methods_and_options(pixcrawler: Command, pictures: Path, tmp_path: Path) -> None:
    job = tmp_path / "job.toml"
    job.write_text('[dedup]\nmethods = ["phash"]\n[dedup.phash]\nturned = false\n')
    Pillow.open(CASTLES[4]).transpose(Pillow.Transpose.FLIP_LEFT_RIGHT).save(pictures / "mirrored.jpg")
    assert "e.jpg" in groups(pixcrawler("dedup", pictures, "--json", "--method", "phash"))
    found = groups(pixcrawler("dedup", pictures, "--json", "--config", job))
    assert "e.jpg" not in found
    assert {method for each in found.values() for _, method in each} == {"phash"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[dedup.phash]\nradios = 4\n", "job.toml:2: "),
        ("[dedup]\nmethods = []\n", "job.toml: [dedup] methods is empty"),
    ],
)
def test_a_wrong_job_file(pixcrawler: Command, pictures: Path, text: str, told: str) -> None:
    (pictures.parent / "job.toml").write_text(text)
    done = pixcrawler("dedup", pictures, "--config", "job.toml")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith(told)


def test_all_methods(pixcrawler: Command, pictures: Path, models: object) -> None:
    found = groups(pixcrawler("dedup", pictures, "--json", "--method", "all"))
    assert found == ALL


def test_an_index_is_used_again(pixcrawler: Command, pictures: Path, tmp_path: Path) -> None:
    index = pictures / "index"  # below what is looked at, and yet no part of it
    first, second = (pixcrawler("dedup", pictures, "--json", "--index", index) for _ in range(2))
    assert groups(first) == ALL
    assert first.stdout == second.stdout
    assert ("10 read" in first.stderr, "10 files" in first.stderr) == (True, True)
    assert ("0 read" in second.stderr, "10 files" in second.stderr) == (True, True)
    assert second.stderr.count("cut.jpg: truncated") == 1
    (pictures / "a.jpg").unlink()
    shutil.copy(CASTLES[6], pictures / "f.jpg")
    third = pixcrawler("dedup", pictures, "--json", "--index", index)
    assert groups(third) == {kept: copies for kept, copies in ALL.items() if kept != "a.jpg"}
    assert "; 1 read" in third.stderr
    assert noted(index) == {path.name for path in pictures.rglob("*") if index not in path.parents} - {
        "index",
        "below",
    }


def test_of_an_index_only_the_files_that_are_named_count(pixcrawler: Command, pictures: Path) -> None:
    assert groups(pixcrawler("dedup", pictures, "--json", "--index", "index")) == ALL
    shutil.copy(CASTLES[0], pictures / "below/other.jpg")
    found = groups(pixcrawler("dedup", pictures / "below", "--json", "--index", "index"))
    assert found == {"copy.jpg": [("other.jpg", "sha256")]}


def test_a_page_shows_the_groups(pixcrawler: Command, pictures: Path) -> None:
    odd = pictures / "<script>alert('1')"
    odd.mkdir()
    shutil.copy(CASTLES[4], odd / '&".jpg')
    done = pixcrawler("dedup", pictures, "--report", "report.html")
    assert done.code == 0, done.stderr
    page = (pictures.parent / "report.html").read_text("utf-8")
    assert (page.count("<section>"), page.count("<figure>")) == (4, 8)
    assert page.count('<img src="data:image/jpeg;base64,/9j/') == 8
    assert "<script" not in page
    assert "/&lt;script&gt;alert(&#x27;1&#x27;)/&amp;&quot;.jpg<br>" in page
    assert "<h1>4 groups of duplicates</h1>" in page
    lost = pixcrawler("dedup", pictures, "--report", "nowhere/report.html")
    assert (lost.code, "there is no folder nowhere" in lost.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "name the files or folders"),
        (("nowhere",), "nowhere: there is no such file or folder"),
        ((".", "--method", "phahs"), "did you mean 'phash'?"),
        ((".", "--radius", "3", "--method", "sha256"), "--radius is for the method phash"),
        ((".", "--radius", "65"), "radius"),
        ((".", "--link", "--delete"), "exclude each other"),
        ((".", "--measure", "table.csv"), "--measure goes without"),
        ((".", "--against", "nowhere"), "--against nowhere: there is no such file or folder"),
        ((".", "--against", ""), "a path is empty"),
        ((".", "--against", "notes"), "--against notes: there is no picture to compare with"),
        ((".", "--against", "notes/empty.txt"), "--against notes/empty.txt: there is no picture"),
        ((".", "--against", "empty.index"), "--against empty.index: there is no picture to compare with"),
        (("notes", "--against", "notes"), "--against notes has all files that are to be looked at"),
        ((".", "--yes"), "--yes answers the question of --delete"),
        ((".", "--config", "nowhere.toml"), "nowhere.toml: there is no such file"),
        (("--measure", "nowhere.csv"), "nowhere.csv: cannot be read"),
    ],
)
def test_wrong_usage(pixcrawler: Command, arguments: tuple[str, ...], told: str) -> None:
    notes = pixcrawler.folder / "notes"
    notes.mkdir()
    (notes / "empty.txt").touch()
    (pixcrawler.folder / "other.txt").touch()
    if "empty.index" in arguments:
        assert pixcrawler("dedup", notes, "--index", "empty.index").code == 0
    done = pixcrawler("dedup", *arguments)
    assert (done.code, done.stdout) == (2, "")
    assert told in done.stderr


def test_odd_names(pixcrawler: Command, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    shutil.copy(CASTLES[0], folder / os.fsdecode(b"\xff\n.jpg"))
    shutil.copy(CASTLES[0], folder / "a.jpg")
    done = pixcrawler("dedup", folder)
    assert done.stdout == f"{folder}/a.jpg\n  {folder}/\\udcff\\n.jpg: sha256 0\n"
    (told,) = (json.loads(line) for line in pixcrawler("dedup", folder, "--json").stdout.splitlines())
    assert told["duplicates"][0]["path"] == f"{folder}/\\udcff\n.jpg"
    assert pixcrawler("dedup", folder, "--report", "page.html", "--delete", "--yes").code == 0
    assert names(folder) == {"a.jpg"}
