"""`pixcrawler dedup --against`, as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image as Pillow

from tests.conftest import Command
from tests.e2e.deduping import CASTLES, groups, names, noted


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


def test_nothing_is_deleted_for_a_file_that_is_gone_or_has_changed(
    pixcrawler: Command, pictures: Path, tmp_path: Path
) -> None:
    others = tmp_path / "others"
    others.mkdir()
    gone = Path(shutil.copy(CASTLES[0], others / "gone\x1b[31m.jpg"))
    shutil.copy(CASTLES[4], others / "changed.jpg")
    assert pixcrawler("dedup", others, "--index", "known").code == 0
    gone.unlink()
    (others / "changed.jpg").write_bytes(b"x" * CASTLES[4].stat().st_size)
    done = pixcrawler("dedup", pictures, "--against", "known", "--delete", "--yes", "--method", "sha256")
    assert done.code == 0
    assert names(pictures) >= {"a.jpg", "copy.jpg", "e.jpg"}
    assert "e.jpg" not in done.stdout
    *_, changed, _, one, two, total = done.stderr.splitlines()
    assert changed == f"{others}/changed.jpg: changed: it was changed after it was read"
    told = f"left alone: {others}/gone\\x1b[31m.jpg, which is kept, is not there"
    assert [one, two] == [f"{pictures}/a.jpg: {told}", f"{pictures}/below/copy.jpg: {told}"]
    assert total == "0 files deleted, 0 kB saved"


def test_a_file_that_is_gone_hides_none_that_is_there(
    pixcrawler: Command, pictures: Path, tmp_path: Path
) -> None:
    others = tmp_path / "others"
    others.mkdir()
    for name in ("a.jpg", "b.jpg"):
        shutil.copy(CASTLES[0], others / name)
    assert pixcrawler("dedup", others, "--index", "known").code == 0
    (others / "a.jpg").unlink()
    done = pixcrawler("dedup", pictures, "--against", "known", "--delete", "--yes", "--method", "sha256")
    assert done.stdout.startswith(f"{others}/b.jpg (of known)\n")
    assert not {"a.jpg", "copy.jpg"} & names(pictures)
    assert names(others) == {"b.jpg"}


@pytest.mark.parametrize("made", [False, True])
@pytest.mark.parametrize("act", [("--delete", "--yes"), ("--link",)])
def test_files_of_the_others_are_never_touched_wherever_they_lie(
    pixcrawler: Command, pictures: Path, made: bool, act: tuple[str, ...]
) -> None:
    """The photographs of the fixture that lie `below` are compared with, and so is a copy within them."""
    below = pictures / "below"
    shutil.copy(below / "copy.jpg", below / "again.jpg")
    if made:
        assert pixcrawler("dedup", below, "--index", "known").code == 0
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in below.iterdir()}
    done = pixcrawler("dedup", pictures, "--json", "--against", "known" if made else below, *act)
    assert groups(done) == {
        "again.jpg": [("a.jpg", "sha256")],
        "half.jpg": [("c.jpg", "phash")],
        "pixels.png": [("b.jpg", "pixels")],
    }
    assert "6 files: " in done.stderr
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in below.iterdir()} == before
    own = {path.name for path in pictures.iterdir() if path.is_file()}
    assert own == {"d.jpg", "e.jpg", "notes.txt"} | (
        {"a.jpg", "b.jpg", "c.jpg"} if act == ("--link",) else set()
    )
    assert not made or noted(pictures.parent / "known") == names(below) - {"notes.txt"}


def test_a_collection_whose_folder_was_moved_and_linked_still_has_its_files(
    pixcrawler: Command, pictures: Path, tmp_path: Path
) -> None:
    shutil.copy(CASTLES[0], pictures / "below/again.jpg")
    assert pixcrawler("dedup", pictures / "below", "--index", "known").code == 0
    pictures.rename(tmp_path / "moved")
    pictures.symlink_to(tmp_path / "moved")
    done = pixcrawler("dedup", tmp_path / "moved", "--against", "known", "--delete", "--yes")
    assert done.code == 0, done.stderr
    assert "6 files: " in done.stderr
    assert {"again.jpg", "copy.jpg", "half.jpg", "pixels.png"} <= names(tmp_path / "moved")


@pytest.mark.parametrize("named", ["pictures", "pictures/below", "pictures/a.jpg"])
@pytest.mark.parametrize("against", ["pictures", "way", "known"])
def test_files_are_not_compared_with_themselves(
    pixcrawler: Command, pictures: Path, tmp_path: Path, named: str, against: str
) -> None:
    (tmp_path / "way").symlink_to(pictures)
    if against == "known":
        assert pixcrawler("dedup", pictures, "--index", "known").code == 0
        (pictures / "notes.txt").unlink()  # which is no picture, so that the collection has it not
    before = names(pictures)
    done = pixcrawler("dedup", named, "--against", against, "--delete", "--yes")
    assert (done.code, done.stdout) == (2, "")
    assert f"--against {against} has all files that are to be looked at" in done.stderr
    assert names(pictures) == before


def test_a_file_that_was_only_touched_is_there(pixcrawler: Command, pictures: Path, tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.mkdir()
    for number in (0, 4):
        shutil.copy(CASTLES[number], others / f"{number}.jpg")
    assert pixcrawler("dedup", others, "--index", "known").code == 0
    os.utime(others / "0.jpg", (1, 1))
    done = pixcrawler("dedup", pictures, "--against", "known", "--delete", "--yes", "--method", "sha256")
    assert done.stderr.splitlines()[-1].startswith("3 files deleted")
    assert not {"a.jpg", "copy.jpg", "e.jpg"} & names(pictures)


def test_an_index_of_other_methods_is_refused(pixcrawler: Command, pictures: Path) -> None:
    assert pixcrawler("dedup", pictures / "below", "--index", "index", "--method", "sha256").code == 0
    done = pixcrawler("dedup", pictures, "--against", "index")
    assert (done.code, done.stdout) == (2, "")
    assert "the collection index has no fingerprints of pixels@" in done.stderr
