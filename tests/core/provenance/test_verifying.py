"""A dataset's folder against its manifest and lock: changes are found, and nothing outside is read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.assembly.label_files import LabelOptions
from pixcrawler_core.errors import DatasetError
from pixcrawler_core.provenance.verifying import Verification
from tests.core.assembly.conftest import House

CAT = "categories/cat/image_001.jpg"
LOCK = "metadata/pixcrawler.lock"


def problems(folder: Path) -> list[tuple[str, str, str]]:
    """What is wrong with a folder."""
    verification = Verification(folder)
    assert len([*verification.check(3)]) == verification.total
    return [(each.kind, each.path, each.detail) for each in verification.problems]


def kinds(folder: Path) -> set[tuple[str, str]]:
    """The same without words."""
    return {(kind, path) for kind, path, _ in problems(folder)}


def edit(folder: Path, change: Callable[[dict[str, Any]], Any], name: str = "manifest.json") -> None:
    """Change the first image's line by hand."""
    lines = (folder / name).read_text("utf-8").splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if line.startswith('{"path"'))
    row = json.loads(lines[place].rstrip(",\n"))
    text = change(row)
    lines[place] = f"{text if isinstance(text, str) else json.dumps(row, ensure_ascii=False)},\n"
    (folder / name).write_text("".join(lines), "utf-8")


def fifo(path: Path) -> None:
    """Put something that is read for ever in the place of a file."""
    path.unlink()
    os.mkfifo(path)


def test_a_dataset_is_whole_wherever_it_is_copied_to(house: House, folder: Path, tmp_path: Path) -> None:
    assert problems(folder) == []
    house.assemble(labels=LabelOptions(forms=("json", "txt"), per_image=True))
    assert (folder / "labels/cat/image_001.txt").exists()
    assert problems(Path(shutil.copytree(folder, tmp_path / "copy"))) == []
    (tmp_path / "link").symlink_to(folder)
    assert problems(tmp_path / "link") == []


def test_an_empty_dataset_is_whole(house: House) -> None:
    assert problems(house.assemble()) == []


@pytest.mark.parametrize(
    ("act", "found"),
    [
        (lambda image: image.unlink(), "missing"),
        (lambda image: image.write_bytes(image.read_bytes() + b"x"), "changed"),
        (lambda image: image.write_bytes(bytes(len(image.read_bytes()))), "changed"),
        (lambda image: (image.unlink(), image.mkdir()), "not-a-file"),
        (fifo, "not-a-file"),
        (
            lambda image: (image.rename(image.with_suffix(".x")), image.symlink_to(image.with_suffix(".x"))),
            "not-a-file",
        ),
    ],
)
def test_what_happened_to_an_image(
    house: House, folder: Path, tmp_path: Path, act: Callable[[Path], Any], found: str
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    act(copy / CAT)
    assert (found, CAT) in kinds(copy)
    assert {path for _, path in kinds(copy)} <= {CAT, CAT.replace(".jpg", ".x")}


@pytest.mark.parametrize("name", ["statistics.json", "metadata/ledger.parquet", "metadata/images.parquet"])
def test_other_files_are_locked_too(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:-1] + b"x")
    assert kinds(folder) == {("changed", name)}
    (folder / name).unlink()
    assert kinds(folder) == {("missing", name)}


def test_what_does_not_belong_there(folder: Path) -> None:
    for name in ("notes.txt", "categories/cat/image_009.jpg", "labels/cat/image_009.json", ".hidden"):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text("")
    (folder / "elsewhere").symlink_to("/etc")
    found = {"notes.txt", "categories/cat/image_009.jpg", "labels/cat/image_009.json", ".hidden", "elsewhere"}
    assert kinds(folder) == {("extra", name) for name in found}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda row: row.update(path="../../secret"), "may lead out of the folder"),
        (lambda row: row.update(path="/etc/passwd"), "may lead out of the folder"),
        (lambda row: row.update(path="a/../../../secret"), "may lead out of the folder"),
        (lambda row: row.update(path="C:\\secret"), "may lead out of the folder"),
        (lambda row: row.update(path=["a"]), "not text"),
        (lambda row: row.update(path=CAT.replace("1", "2")), "is there twice"),
        (lambda row: row.update(size=10**30), "not a number of bytes"),
        (lambda row: row.update(size=True), "not a number of bytes"),
        (lambda row: row.update(size="12"), "not a number of bytes"),
        (lambda row: row.update(sha256="A" * 64), "not 64 hex digits"),
        (lambda row: row.update(sha256=None), "not 64 hex digits"),
        (lambda row: '{"path": "a", "path": "b"}', "is there twice"),
        (lambda row: '{"path": ', "not JSON"),
        (lambda row: '{"size": ' + "9" * 5000 + "}", "4300"),
    ],
)  # fmt: skip
def test_a_row_that_was_edited_by_hand(
    folder: Path, change: Callable[[dict[str, Any]], Any], told: str
) -> None:
    edit(folder, change)
    assert any(kind == "bad-row" and told in detail for kind, _, detail in problems(folder))
    assert ("lock", "manifest.json") in kinds(folder)


def test_what_an_export_says_that_it_did_is_told(folder: Path) -> None:
    data = b"other bytes"
    (folder / CAT).unlink()
    (folder / CAT).write_bytes(data)
    told = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "changes": ["metadata removed"]}
    edit(folder, lambda row: row.update(exported=told))
    (folder / "categories/dog/image_001.jpg").unlink()
    lines = (folder / "manifest.json").read_text("utf-8")
    dog = next(line for line in lines.splitlines() if "dog/image_001" in line)
    out = json.dumps(json.loads(dog) | {"export_error": "broken"}, ensure_ascii=False)
    (folder / "manifest.json").write_text(lines.replace(dog, out), "utf-8")
    verification = Verification(folder)
    assert [*verification.check(1)]
    assert verification.problems == []
    assert (verification.promises.altered, verification.promises.left_out) == (1, 1)
    edit(folder, lambda row: row.update(exported=3))
    assert any("not 64 hex digits" in detail for _, _, detail in problems(folder))


def test_nothing_outside_is_read(house: House, folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copy / "categories/cat").rename(tmp_path / "cat")
    (copy / "categories/cat").symlink_to(tmp_path / "cat")
    found = problems(copy)
    assert {kind for kind, _, _ in found} == {"not-a-file", "extra"}
    assert "categories/cat is a symbolic link" in {detail for _, _, detail in found}
    (copy / "manifest.json").rename(tmp_path / "manifest.json")
    (copy / "manifest.json").symlink_to(tmp_path / "manifest.json")
    with pytest.raises(DatasetError, match=r"manifest\.json cannot be read: a symbolic link"):
        Verification(copy)


def test_manifest_and_lock_prove_each_other(folder: Path) -> None:
    before = (folder / "manifest.json").read_text("utf-8"), (folder / LOCK).read_text("utf-8")
    edit(folder, lambda row: row.update(spdx="CC-BY-4.0"))
    assert kinds(folder) == {("lock", "manifest.json")}
    edit(folder, lambda row: row.update(url="http://other.example/"))
    assert kinds(folder) == {("lock", "manifest.json"), ("lock", CAT)}
    (folder / "manifest.json").write_text(before[0], "utf-8")
    assert kinds(folder) == set()
    edit(folder, lambda row: row.update(url="http://other.example/"), LOCK)
    assert kinds(folder) == {("lock", LOCK), ("lock", CAT)}
    (folder / LOCK).write_text(before[1].replace('"name": "Set"', '"name": "Sex"'), "utf-8")
    assert kinds(folder) == {("lock", LOCK)}
    lines = before[1].splitlines(keepends=True)
    (folder / LOCK).write_text("".join(line for line in lines if CAT not in line), "utf-8")
    assert kinds(folder) == {("lock", LOCK), ("lock", CAT)}


def test_a_lock_that_is_damaged_or_gone(folder: Path) -> None:
    text = (folder / LOCK).read_bytes()
    (folder / LOCK).write_bytes(text[: len(text) // 2])
    assert {path for kind, path in kinds(folder) if kind == "lock"} >= {LOCK}
    (folder / LOCK).unlink()
    assert ("lock", LOCK) in kinds(folder)


def test_a_dataset_of_an_older_version_has_no_lock(folder: Path) -> None:
    (folder / LOCK).unlink()
    text = (folder / "manifest.json").read_text("utf-8").splitlines(keepends=True)
    (folder / "manifest.json").write_text("".join([*text[:-1], ' "files": ["statistics.json"]}\n']), "utf-8")
    verification = Verification(folder)
    assert [*verification.check(1)]
    assert (verification.problems, verification.promises.locked) == ([], False)
