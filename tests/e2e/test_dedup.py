"""`pixcrawler dedup`, as a user runs it."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from tests.conftest import PHOTOGRAPHS, Command, Finished, humbly

CASTLES = sorted((PHOTOGRAPHS / "castles").glob("*.jpg"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Five photographs; of three a copy, a PNG and a half as large one, a text, and a broken picture."""
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    for letter, castle in zip("abcde", CASTLES, strict=False):
        shutil.copy(castle, folder / f"{letter}.jpg")
    shutil.copy(CASTLES[0], folder / "below/copy.jpg")
    photograph = Pillow.open(CASTLES[1])
    photograph.save(folder / "below/pixels.png")
    photograph = Pillow.open(CASTLES[2])
    photograph.resize((photograph.width // 2, photograph.height // 2)).save(folder / "below/half.jpg")
    (folder / "below/cut.jpg").write_bytes(CASTLES[3].read_bytes()[:9000])
    (folder / "notes.txt").write_text("no picture " * 200)
    return folder


def groups(done: Finished) -> dict[str, list[tuple[str, str]]]:
    """The JSON of a run: names of kept files with those of their duplicates, and the methods."""
    assert done.code == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {
        Path(each["kept"]).name: [(Path(one["path"]).name, one["method"]) for one in each["duplicates"]]
        for each in told
    }


ALL = {
    "a.jpg": [("copy.jpg", "sha256")],
    "c.jpg": [("half.jpg", "phash")],
    "pixels.png": [("b.jpg", "pixels")],
}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def noted(index: Path) -> set[str]:
    """The names of the files in an index."""
    with closing(sqlite3.connect(index / "files.db")) as database:
        return {Path(os.fsdecode(path)).name for (path,) in database.execute("SELECT path FROM file")}


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


@pytest.mark.parametrize("made", [False, True])
def test_against_others(pixcrawler: Command, pictures: Path, tmp_path: Path, made: bool) -> None:
    others = tmp_path / "others"
    others.mkdir()
    for number in (0, 1, 4):
        shutil.copy(CASTLES[number], others / f"other-{number}.jpg")
    (others / "small").mkdir()
    Pillow.open(CASTLES[2]).resize((300, 200)).save(others / "small/other-2.jpg")
    if made:
        assert pixcrawler("dedup", others, "--index", "known").code == 0
    before = {path: path.stat().st_mtime_ns for path in others.rglob("*")}
    done = pixcrawler("dedup", pictures, "--json", "--against", "known" if made else others)
    assert groups(done) == {
        "other-0.jpg": [("a.jpg", "sha256"), ("copy.jpg", "sha256")],
        "other-1.jpg": [("b.jpg", "sha256"), ("pixels.png", "pixels")],
        "other-2.jpg": [("half.jpg", "phash"), ("c.jpg", "phash")],
        "other-4.jpg": [("e.jpg", "sha256")],
    }
    told = json.loads(done.stdout.splitlines()[0])
    assert told["kept"] == f"{others}/other-0.jpg"
    assert told["reference"] == ("known" if made else str(others))
    assert {path: path.stat().st_mtime_ns for path in others.rglob("*")} == before
    gone = pixcrawler("dedup", pictures, "--against", "known" if made else others, "--delete", "--yes")
    assert gone.code == 0, gone.stderr
    assert names(pictures) == {"d.jpg", "cut.jpg", "notes.txt"}
    assert {path: path.stat().st_mtime_ns for path in others.rglob("*")} == before


def test_nothing_is_deleted_for_a_file_that_is_gone(
    pixcrawler: Command, pictures: Path, tmp_path: Path
) -> None:
    others = tmp_path / "others"
    others.mkdir()
    shutil.copy(CASTLES[0], others / "gone.jpg")
    shutil.copy(CASTLES[4], others / "changed.jpg")
    assert pixcrawler("dedup", others, "--index", "known").code == 0
    (others / "gone.jpg").unlink()
    (others / "changed.jpg").write_bytes(b"x" * CASTLES[4].stat().st_size)
    done = pixcrawler("dedup", pictures, "--against", "known", "--delete", "--yes", "--method", "sha256")
    assert done.code == 0
    assert names(pictures) >= {"a.jpg", "copy.jpg", "e.jpg"}
    told = [line for line in done.stderr.splitlines() if "left alone" in line]
    assert told == [
        f"{pictures}/e.jpg: left alone: {others}/changed.jpg, which is kept, was changed",
        f"{pictures}/a.jpg: left alone: {others}/gone.jpg, which is kept, is not there",
        f"{pictures}/below/copy.jpg: left alone: {others}/gone.jpg, which is kept, is not there",
    ]


def test_what_is_looked_at_is_not_compared_with_itself(pixcrawler: Command, pictures: Path) -> None:
    assert groups(pixcrawler("dedup", pictures, "--json", "--index", "index", "--against", pictures)) == ALL
    assert groups(pixcrawler("dedup", pictures, "--json", "--index", "index", "--against", "index")) == ALL
    found = groups(pixcrawler("dedup", pictures / "below", "--json", "--against", "index"))
    assert found == {
        "a.jpg": [("copy.jpg", "sha256")],
        "b.jpg": [("pixels.png", "pixels")],
        "c.jpg": [("half.jpg", "phash")],
    }


def test_an_index_of_other_methods_is_refused(pixcrawler: Command, pictures: Path) -> None:
    assert pixcrawler("dedup", pictures, "--index", "index", "--method", "sha256").code == 0
    done = pixcrawler("dedup", pictures, "--against", "index")
    assert (done.code, done.stdout) == (2, "")
    assert "the collection index has no fingerprints of pixels@" in done.stderr


def test_links(pixcrawler: Command, pictures: Path) -> None:
    (pictures / "below/copy.jpg").chmod(0o600)
    done = pixcrawler("dedup", pictures, "--link", "--json")
    assert groups(done) == ALL
    assert os.path.samefile(pictures / "a.jpg", pictures / "below/copy.jpg")
    assert (pictures / "below/copy.jpg").read_bytes() == CASTLES[0].read_bytes()
    size = (pictures / "a.jpg").stat().st_size
    assert done.stderr.splitlines()[-1] == f"1 file linked, {size / 1e3:.0f} kB saved"
    assert {"b.jpg", "pixels.png", "half.jpg"} <= names(pictures)
    assert not [name for name in names(pictures) if name.startswith(".")]
    again = pixcrawler("dedup", pictures, "--link", "--json", "--method", "sha256")
    assert groups(again) == {"a.jpg": ALL["a.jpg"]}
    *_, summary, linked = again.stderr.splitlines()
    assert "1 group, 1 duplicate (sha256 1), 0 kB could be saved" in summary
    assert linked == "0 files linked, 0 kB saved"


def test_no_link_leads_to_another_file_system(pixcrawler: Command, pictures: Path) -> None:
    elsewhere = Path("/dev/shm")  # noqa: S108  # memory, on Linux
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == pictures.stat().st_dev:
        pytest.skip("there is no other file system")
    name = elsewhere / f"pixcrawler-{os.getpid()}.jpg"
    shutil.copy(CASTLES[0], name)
    try:
        done = pixcrawler("dedup", pictures / "a.jpg", name, "--link")
        assert len({os.stat(path).st_ino for path in (name, pictures / "a.jpg")}) == 2
        assert f"left alone: it is on another file system than {name}" in done.stderr
        assert os.listdir(pictures) != []
        assert not [path for path in pictures.iterdir() if path.name.startswith(".")]
    finally:
        name.unlink()


def test_duplicates_are_deleted(pixcrawler: Command, pictures: Path) -> None:
    done = pixcrawler("dedup", pictures, "--delete", "--yes", "--index", "index")
    assert done.code == 0, done.stderr
    assert noted(pictures.parent / "index") == names(pictures)
    assert names(pictures) == {
        "a.jpg", "c.jpg", "d.jpg", "e.jpg", "pixels.png", "cut.jpg", "notes.txt",
    }  # fmt: skip
    assert re.fullmatch(r"3 files deleted, \d+ kB saved", done.stderr.splitlines()[-1])
    again = pixcrawler("dedup", pictures, "--delete", "--yes", "--index", "index")
    assert (again.code, again.stdout) == (0, "")
    assert "; 0 read" in again.stderr
    assert noted(pictures.parent / "index") == names(pictures)


def test_without_a_terminal_nothing_is_deleted_unasked(pixcrawler: Command, pictures: Path) -> None:
    done = pixcrawler("dedup", pictures, "--delete")
    assert (done.code, done.stdout) == (2, "")
    assert "add --yes" in done.stderr
    assert len(names(pictures)) == 10


@pytest.mark.parametrize(("answer", "left"), [("n", 10), ("", 10), ("y", 7)])
def test_on_a_terminal_the_user_is_asked(pixcrawler: Command, pictures: Path, answer: str, left: int) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*pixcrawler.program, "dedup", str(pictures), "--delete"],
        env=pixcrawler.environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(ours, f"{answer}\n".encode())
    _, told = process.communicate(timeout=30)
    os.close(ours)
    os.close(theirs)
    assert re.search(r"Delete 3 files \(\d+ kB\)\? \[y/N\]", told)
    assert (process.returncode, len(names(pictures))) == (0, left)


def test_the_question_is_seen_below_the_bar(pixcrawler: Command, pictures: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*pixcrawler.program, "dedup", str(pictures), "--delete"],
        env=pixcrawler.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    shown = b""
    while b"[y/N]" not in shown and (part := os.read(ours, 4096)):
        shown += part
    os.write(ours, b"y\n")
    with suppress(OSError):  # that the other side is closed
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    assert (process.wait(), len(names(pictures))) == (0, 7), shown
    assert re.search(rb"10/10.*Delete 3 files \(\d+ kB\)\? .*3 files deleted", shown, re.DOTALL)


def test_symbolic_links_are_no_duplicates(pixcrawler: Command, pictures: Path, tmp_path: Path) -> None:
    """Else a file would be deleted because of a link to itself."""
    (pictures / "link.jpg").symlink_to(pictures / "d.jpg")
    (pictures / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "outside").mkdir()
    shutil.copy(CASTLES[3], tmp_path / "outside/d.jpg")
    (tmp_path / "way").symlink_to(pictures)
    done = pixcrawler("dedup", pictures, tmp_path / "way", "--json", "--delete", "--yes")
    assert groups(done) == ALL
    assert (pictures / "link.jpg").read_bytes() == (tmp_path / "outside/d.jpg").read_bytes()


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


def table(folder: Path, rows: list[tuple[str, str]]) -> Path:
    path = folder / "labelled.csv"
    path.write_text("path,group\n" + "".join(f"{name},{group}\n" for name, group in rows))
    return path


def test_methods_are_measured(pixcrawler: Command, pictures: Path) -> None:
    labelled = table(
        pictures,
        [
            ("a.jpg", "1"), ("below/copy.jpg", "1"), ("b.jpg", "2"), ("below/pixels.png", "3"),
            ("c.jpg", "4"), ("below/half.jpg", "4"), ("d.jpg", "5"), ("below/cut.jpg", "5"),
        ],
    )  # fmt: skip
    done = pixcrawler("dedup", "--measure", labelled, "--json", "--method", "sha256", "--method", "phash")
    assert done.code == 0, done.stderr
    exact, hashes, both = (json.loads(line) for line in done.stdout.splitlines())
    missed = ["d.jpg", "below/cut.jpg"], ["c.jpg", "below/half.jpg"]
    told = {key: value for key, value in exact.items() if key != "missed"}
    assert told == {
        "method": "sha256", "precision": 1.0, "recall": 1 / 3, "f1": 0.5, "right": 1, "wrong": [],
    }  # fmt: skip
    assert [{Path(path).name for path in two} for two in exact["missed"]] == [
        {Path(path).name for path in two} for two in missed
    ]
    wrong: dict[str, Any] = hashes["wrong"][0]
    assert {Path(path).name for path in wrong["paths"]} == {"b.jpg", "pixels.png"}
    assert (hashes["precision"], hashes["recall"], hashes["f1"]) == (2 / 3, 2 / 3, 2 / 3)
    assert both | {"method": "phash"} == hashes
    assert both["method"] == "together"
    assert "below/cut.jpg: truncated" in done.stderr


def test_a_measurement_to_read(pixcrawler: Command, pictures: Path) -> None:
    labelled = table(pictures, [("a.jpg", "1"), ("below/copy.jpg", "1"), ("b.jpg", "2"), ("c.jpg", "2")])
    done = pixcrawler("dedup", "--measure", labelled, "--method", "sha256")
    assert done.stdout.splitlines() == [
        "method  precision  recall     F1  right  wrong  missed",
        "sha256      1.000   0.500  0.667      1      0       1",
        f"missed: sha256: {pictures}/b.jpg and {pictures}/c.jpg",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("path\na.jpg\n", ":1: there is no column 'group'"),
        ("path,group\na.jpg,\n", ":2: path or group is empty"),
        ("path,group\na.jpg,1\na.jpg,2\n", ":3: 'a.jpg' is named twice"),
        ("path,group\nbelow,1\n", ":2: 'below': there is no such file in"),
        ("path,group\na.jpg,1\nbelow/../a.jpg,2\n", "is named twice, by two ways"),
        ("path,group\n\0,1\n", ":2: '\\x00': there is no such file"),
        ('path,group\n"a.jpg,1\n', "is no CSV table"),
        ("path,group\n\ud800,1\n", "is no CSV table in UTF-8, but something else\n"),
        ("path,group\n", "there are no rows below the header"),
    ],
)
def test_a_wrong_table(pixcrawler: Command, pictures: Path, text: str, told: str) -> None:
    (pictures / "labelled.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
    done = pixcrawler("dedup", "--measure", pictures / "labelled.csv", "--method", "sha256")
    assert (done.code, done.stdout) == (2, "")
    assert told in done.stderr


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
        ((".", "--yes"), "--yes answers the question of --delete"),
        ((".", "--config", "nowhere.toml"), "nowhere.toml: there is no such file"),
        (("--measure", "nowhere.csv"), "nowhere.csv: cannot be read"),
    ],
)
def test_wrong_usage(pixcrawler: Command, arguments: tuple[str, ...], told: str) -> None:
    notes = pixcrawler.folder / "notes"
    notes.mkdir()
    (notes / "empty.txt").touch()
    if "empty.index" in arguments:
        assert pixcrawler("dedup", notes, "--index", "empty.index").code == 0
    done = pixcrawler("dedup", *arguments)
    assert (done.code, done.stdout) == (2, "")
    assert told in done.stderr


def test_what_the_system_refuses_is_a_failure(pixcrawler: Command, pictures: Path) -> None:
    (pictures / "below").chmod(0o500)
    for act in (["--link"], ["--delete", "--yes"]):
        done = pixcrawler("dedup", pictures, *act, "--method", "sha256", preexec_fn=humbly)
        assert (done.code, len(names(pictures))) == (1, 10), done.stderr
        told = f"{pictures}/below/copy.jpg: left alone: the system does not let it: Permission denied\n"
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
