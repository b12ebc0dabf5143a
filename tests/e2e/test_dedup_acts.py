"""`pixcrawler dedup` with `--link` and `--delete`, as a user runs it."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from pixcrawler_core.cli import Context
from pixcrawler_core.commands.duplicates import Copy, Found
from pixcrawler_core.commands.removing import do_away
from pixcrawler_core.dedup.files import File
from pixcrawler_core.dedup.reading import stamp_of
from pixcrawler_core.image import Image
from tests.conftest import Command, humbly
from tests.e2e.deduping import ALL, CASTLES, groups, names, noted


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


def test_what_the_system_refuses_is_a_failure(pixcrawler: Command, pictures: Path) -> None:
    (pictures / "below").chmod(0o500)
    for act in (["--link"], ["--delete", "--yes"]):
        done = pixcrawler("dedup", pictures, *act, "--method", "sha256", preexec_fn=humbly)
        assert (done.code, len(names(pictures))) == (1, 10), done.stderr
        told = f"{pictures}/below/copy.jpg: left alone: the system does not let it: Permission denied\n"
        assert told in done.stderr


def page(text: str) -> Pillow.Image:
    image = Pillow.new("RGB", (300, 400), "white")
    ImageDraw.Draw(image).text((10, 150), text, fill="black", font_size=60)
    return image


@pytest.mark.parametrize(("ending", "options"), [("tif", {}), ("gif", {"duration": 100})])
def test_files_are_not_deleted_for_their_first_page(
    pixcrawler: Command, tmp_path: Path, ending: str, options: dict[str, Any]
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    for name, pages in {"2023": "AB", "2024": "XYZ", "copy": "AB", "small": ""}.items():
        more = [page(each) for each in pages]
        cover = page("Cover").resize((150, 200)) if name == "small" else page("Cover")
        cover.save(folder / f"{name}.{ending}", save_all=True, append_images=more, **options)
    page("Cover").resize((600, 800)).save(folder / "cover.png")
    with Pillow.open(folder / f"2024.{ending}") as again:
        again.save(folder / "again.webp", save_all=True, lossless=True)
    done = pixcrawler("dedup", folder, "--delete", "--yes")
    assert done.code == 0, done.stderr
    left = names(folder)
    assert left == {"cover.png", f"2024.{ending}", f"2023.{ending}", f"copy.{ending}", "again.webp"}
    told = "left alone: it has several frames or pages, and phash compared only the first\n"
    assert f"{folder}/2023.{ending}: {told}" in done.stderr
    assert pixcrawler("dedup", folder, "--delete", "--yes", "--method", "pixels").code == 0
    assert len(names(folder) & {"again.webp", f"2024.{ending}"}) == 1
    assert len(names(folder) & {f"2023.{ending}", f"copy.{ending}"}) == 1
    assert len(names(folder)) == 3


def test_pictures_of_one_colour_are_no_copies_of_others(pixcrawler: Command, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    for colour in ("red", "blue", "black", "white"):
        Pillow.new("RGB", (200, 200), colour).save(folder / f"{colour}.png")
    Pillow.new("L", (200, 200), "black").save(folder / "black.bmp")
    for _ in range(2):
        assert groups(pixcrawler("dedup", folder, "--json", "--index", "index")) == {
            "black.bmp": [("black.png", "pixels")]
        }


def test_reserved_files_are_left_alone_whatever_was_found(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last guard before a file of --against."""
    kept, copy = (
        File(key, path, stamp_of(path), Image.open(path).sha256, 8, 8)
        for key, path in enumerate((pictures / "a.jpg", pictures / "below/copy.jpg"))
    )
    copies = (Copy(file=copy, shown=copy.path, method="sha256", distance=0, saves=1),)
    found = [Found(kept=kept, shown=kept.path, reference=None, copies=copies)]
    for act in ("link", "delete"):
        assert do_away(Context(), found, act, [copy.path].__contains__, yes=True) == ([], True)
        told = f"{copy.path}: left alone: it is a file of --against\n0 files {act.removesuffix('e')}ed"
        assert capsys.readouterr().err.startswith(told)
    assert not os.path.samefile(kept.path, copy.path)
    assert do_away(Context(), found, "delete", [].__contains__, yes=True) == ([copy.key], True)
