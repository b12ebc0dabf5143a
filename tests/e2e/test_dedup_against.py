"""`pixcrawler dedup --against`, as a user runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image as Pillow

from tests.conftest import Command
from tests.e2e.deduping import ALL, CASTLES, groups, names


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
