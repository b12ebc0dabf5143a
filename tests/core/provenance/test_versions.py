"""What changes a dataset's images makes a new version, and keeps the old one whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.catalog.datasets import Image as ImageRecord
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.provenance.verifying import Verification
from pixcrawler_core.records import Labelling
from tests.core.assembly.conftest import NOON, House


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def manifest(folder: Path) -> dict[str, Any]:
    """The manifest in a folder."""
    told: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return told


def version(folder: Path) -> tuple[int, str | None]:
    """A folder's version, and the digest of the one before."""
    told = manifest(folder)
    return told["version"], told["previous"]


def digest(folder: Path) -> str:
    """SHA-256 of the manifest in a folder."""
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()


def problems(folder: Path) -> list[str]:
    """What is wrong with a folder."""
    verification = Verification(folder)
    assert len([*verification.check(2)]) == verification.total
    return [f"{each.kind}: {each.path}" for each in verification.problems]


def folders(folder: Path) -> list[str]:
    """What lies beside a dataset's folder."""
    return sorted(path.name for path in folder.parent.iterdir())


def test_the_first_version_stays_while_nothing_changes(house: House, folder: Path) -> None:
    before = files(folder)
    assert version(folder) == (1, None)
    house.assemble(now=NOON.replace(year=2027))
    assert files(folder) == before
    house.assemble(job={"name": "Set", "other": True}, now=NOON.replace(year=2027))
    assert version(folder) == (1, None)
    assert manifest(folder)["created_at"].startswith("2026-01-15")
    assert folders(folder) == ["dataset-set"]


def test_a_top_up_keeps_the_version_before_it(house: House, folder: Path) -> None:
    before, first = files(folder), digest(folder)
    house.accept(house.find("dog", 1), start=2)
    house.assemble(now=NOON.replace(year=2027))
    kept = folder.with_name("dataset-set.v1")
    assert files(kept) == before
    assert version(folder) == (2, first)
    assert manifest(folder)["created_at"].startswith("2027-01-15")
    image = "categories/cat/image_001.jpg"
    assert os.path.samefile(folder / image, kept / image)
    second = digest(folder)
    ImageRecord.delete().where(ImageRecord.category == "cat").execute()
    house.assemble()
    assert version(folder) == (3, second)
    assert folders(folder) == ["dataset-set", "dataset-set.v1", "dataset-set.v2"]
    assert files(kept) == before
    assert [problems(each) for each in sorted(folder.parent.iterdir())] == [[], [], []]


def test_labels_make_a_version(house: House, folder: Path) -> None:
    row = manifest(folder)["images"][0]["row"]
    label = {"name": "tabby", "source": "mine", "version": "1"}
    house.ledger.save_labels([(row, Labelling(labels=[label], errors={}, made_by={"mine": "1"}))])
    house.assemble()
    assert version(folder)[0] == 2
    assert manifest(folder.with_name("dataset-set.v1"))["images"][0]["labels"] == []


def test_a_change_that_is_undone_before_it_was_made_leaves_no_twin(house: House, folder: Path) -> None:
    before = digest(folder)
    (found,) = house.find("dog", 1)
    house.accept([found], start=2)
    blob = house.blob(hashlib.sha256(found.image_url.encode() + bytes(1000)).hexdigest())
    blob.rename(blob.with_suffix(".away"))
    with pytest.raises(WorkspaceError, match="run the same command again"):
        house.assemble()
    assert folders(folder) == ["dataset-set", "dataset-set.v1"]
    assert digest(folder) == digest(folder.with_name("dataset-set.v1")) == before
    ImageRecord.delete().where(ImageRecord.row == found.id).execute()
    house.assemble()
    assert version(folder) == (1, None)
    assert folders(folder) == ["dataset-set"]
    assert problems(folder) == []


def test_a_folder_that_was_removed_goes_on_counting(house: House, folder: Path) -> None:
    house.accept(house.find("dog", 1), start=2)
    house.assemble()
    shutil.rmtree(folder)
    house.assemble()
    assert version(folder) == (2, digest(folder.with_name("dataset-set.v1")))


def test_a_manifest_that_nobody_can_read_is_written_anew(house: House, folder: Path) -> None:
    (folder / "manifest.json").write_text("{")
    house.assemble()
    assert version(folder) == (1, None)
    assert problems(folder) == []


@pytest.mark.drill
def test_killed_at_any_moment_no_version_is_lost_and_none_is_there_twice(
    house: House, folder: Path, tmp_path: Path
) -> None:
    first, before = digest(folder), files(folder)
    house.accept(house.find("dog", 1), start=2)
    house.workspace.close()
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.provenance.dying", house.workspace.root, tmp_path / "dying"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    moments = int(done.stdout)
    assert moments >= 5, moments
    for place in (tmp_path / "dying").iterdir():
        again = place / "datasets/dataset-set"
        assert folders(again) == ["dataset-set", "dataset-set.v1"], place
        assert files(again.with_name("dataset-set.v1")) == before
        assert version(again) == (2, first)
        assert problems(again) == []
